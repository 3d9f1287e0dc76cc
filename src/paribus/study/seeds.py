"""Seeds as named streams, so that two variants at one seed share every draw that they have in common."""

from __future__ import annotations

import hashlib


def stream(seed: int, *names: str | int) -> int:
    """The seed of one named stream, in [0, 2**31).

    Args:
        seed: The run's seed.
        names: What is drawn: ``"split"``, ``"order", epoch``, ``"dropout", place`` or
            ``"initialisation", layer class, place, weight``.

    Example:
        >>> stream(0, "split") == stream(0, "split"), stream(0, "split") == stream(1, "split")
        (True, False)
    """
    words = "/".join(str(word) for word in (seed, *names))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") % 2**31
