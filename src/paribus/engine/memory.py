"""Keep the memory that a compiled step frees, so that the next step need not ask the system for it again.

XLA allocates the working memory of a program at every call. The C library of Linux returns so much at once
to the system, which fills each page with zeros when it is used again: a third of a convolutional step.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

# Source: malloc.h of glibc, mallopt(3).
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
_MOST = 2**31 - 1


def keep_freed() -> bool:
    """Make this process keep up to 2 GiB of freed memory; call it before threads are started.

    Returns:
        Whether the C library can do so; others than glibc are left as they are.
    """
    with suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        # One arena, since XLA's thread frees what another allocated; no maps, which are never kept.
        return all([mallopt(_ARENA_MAX, 1), mallopt(_MMAP_MAX, 0), mallopt(_TRIM_THRESHOLD, _MOST)])
    return False
