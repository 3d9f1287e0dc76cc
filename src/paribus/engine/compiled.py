"""Compiled programs, kept for the processes to come: what XLA needs seconds for is then read in a moment.

JAX has such a cache, but it writes entries in place, so that a killed process leaves half of one, and it
believes what it reads. The entries here are replaced whole and carry their SHA-256: one that is not what
was written is as if it were not there, and the program is compiled again.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import jax
from jax._src import compilation_cache

from paribus.data.cache import cache_folder
from paribus.record import files
from paribus.record.environment import machine

MOST_BYTES = 512 * 2**20
"""What all entries may take together, those of other processors and versions included."""

_ENDING = ".compiled"
_DIGEST_BYTES = hashlib.sha256().digest_size


class Entries:
    """Compiled programs in a folder, in the form that JAX asks of its cache.

    Args:
        folder: Where they lie; whatever cannot be read or written there is as if it were not there.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder  # by this name JAX tells of it

    def get(self, key: str) -> bytes | None:
        """The program kept under a key; None where there is none, or a damaged one.

        Example:
            >>> import tempfile
            >>> entries = Entries(Path(tempfile.mkdtemp(), "compiled"))
            >>> entries.put("jit_sum-12ab", b"program")
            >>> entries.get("jit_sum-12ab"), entries.get("jit_sum-34cd")
            (b'program', None)
        """
        path = self._file(key)
        try:
            content = path.read_bytes()
            os.utime(path)  # the entries that were used last are the last to go
        except OSError:
            return None
        digest, program = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        return program if digest == _digest(key, program) else None

    def put(self, key: str, program: bytes) -> None:
        """Keep a program, in place of what was there under its key."""
        with suppress(OSError):
            self._path.mkdir(parents=True, exist_ok=True)
            files.write(self._file(key), _digest(key, program) + program, durable=False)

    def _file(self, key: str) -> Path:
        return self._path / (hashlib.sha256(key.encode()).hexdigest()[:32] + _ENDING)


def enable_cache() -> None:
    """Have JAX keep what it compiles; to be called before it compiles anything.

    The folder is the one that ``JAX_COMPILATION_CACHE_DIR`` names, else one of this machine and this JAX in
    Paribus's cache. Entries that were used longest ago make room for others.
    """
    chosen = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    folder = Path(chosen) if chosen else cache_folder() / "compiled" / machine()
    compilation_cache.get_file_cache = lambda path: (Entries(folder), path)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    make_room(folder if chosen else folder.parent, MOST_BYTES)


def make_room(folder: Path, most_bytes: int) -> None:
    """Delete the entries used longest ago, and what killed processes left of others, down to a size.

    Args:
        folder: Where the entries lie, at any depth.
        most_bytes: What those may take that stay.
    """
    with suppress(OSError):
        found = [(path, path.stat()) for path in folder.rglob(f"*{_ENDING}*")]
        total = sum(about.st_size for _, about in found)
        for path, about in sorted(found, key=lambda each: each[1].st_mtime):
            if total <= most_bytes:
                return
            total -= about.st_size
            path.unlink(missing_ok=True)


def _digest(key: str, program: bytes) -> bytes:
    return hashlib.sha256(key.encode() + program).digest()
