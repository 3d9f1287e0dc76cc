"""The cache of compiled programs, which spares later processes the seconds that XLA needs to compile them.

JAX's own cache writes entries in place, so that a killed process leaves half of one, and does not check what
it reads. The entries here are replaced as a whole and contain their SHA-256: a damaged entry counts as
missing, and the program is compiled again.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import jax
from jax._src import compilation_cache

from paribus.data.cache import cache_folder
from paribus.record import files
from paribus.record.environment import machine
from paribus.study import reading

MAX_BYTES = 512 * 2**20
"""The largest size of all entries together, those of other processors and versions included."""

_ENDING = ".compiled"
_DIGEST_BYTES = hashlib.sha256().digest_size


class Entries:
    """Compiled programs in a folder, with the interface of JAX's cache.

    Args:
        folder: The folder; an entry that cannot be read or written counts as missing.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder  # JAX names it in messages by this attribute
        self.asked: str | None = None
        """The key that was asked for last."""

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self._path

    def get(self, key: str) -> bytes | None:
        """Return the program stored under a key; None where it is missing or damaged.

        Example:
            >>> import tempfile
            >>> entries = Entries(Path(tempfile.mkdtemp(), "compiled"))
            >>> entries.put("jit_sum-12ab", b"program")
            >>> entries.get("jit_sum-12ab"), entries.get("jit_sum-34cd")
            (b'program', None)
        """
        path, self.asked = self._file(key), key
        try:
            content = reading.read_bytes(path, reading.MAX_TENSORS)
            os.utime(path)  # marks the entry as recently used
        except (OSError, ValueError):
            return None
        digest, program = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        return program if digest == _digest(key, program) else None

    def put(self, key: str, program: bytes) -> None:
        """Store a program under a key, replacing an earlier one."""
        with suppress(OSError):
            self._path.mkdir(parents=True, exist_ok=True)
            files.write(self._file(key), _digest(key, program) + program, durable=False)

    def _file(self, key: str) -> Path:
        return self._path / (hashlib.sha256(key.encode()).hexdigest()[:32] + _ENDING)


@cache
def enable_cache() -> Entries:
    """Make JAX cache what it compiles; must be called before it compiles anything.

    The folder is ``JAX_COMPILATION_CACHE_DIR``, else one for this machine and this JAX in Paribus's cache;
    programs for several threads, which are divided among them when they are compiled, lie in a folder of it.
    The least recently used entries are deleted to make room.

    Returns:
        What lies there.
    """
    chosen = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    machines = Path(chosen) if chosen else cache_folder() / "compiled" / machine()
    threads = os.environ.get("NPROC", "1")
    folder = machines if threads == "1" else machines / f"threads-{threads}"
    entries = Entries(folder)
    compilation_cache.get_file_cache = lambda path: (entries, path)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    make_room(machines if chosen else machines.parent, MAX_BYTES)
    return entries


def make_room(folder: Path, max_bytes: int) -> None:
    """Delete the least recently used entries, and the leftovers of killed processes, down to a size.

    Args:
        folder: The folder with the entries, at any depth.
        max_bytes: The largest size of the entries that stay.
    """
    with suppress(OSError):
        found = [(path, path.stat()) for path in folder.rglob(f"*{_ENDING}*")]
        total = sum(about.st_size for _, about in found)
        for path, about in sorted(found, key=lambda each: each[1].st_mtime):
            if total <= max_bytes:
                return
            total -= about.st_size
            path.unlink(missing_ok=True)


def _digest(key: str, program: bytes) -> bytes:
    return hashlib.sha256(key.encode() + program).digest()
