"""Which files of a study's folder are its results, as an archive has them, and how large each may be."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from paribus.record import sealed
from paribus.study import reading

MANIFEST = "manifest.json"
"""The list of a folder's files with their sizes and digests, in an archive or beside them."""
OPENED = "opened.json"
"""In a folder that is the copy of somebody's archive: where it came from. It is never written into."""

_RESERVED = r"(?!(?:aux|con|nul|prn|com\d|lpt\d)\.)"  # devices of Windows, whatever the ending
_FILE = _RESERVED + r"[a-z][a-z0-9_-]{0,63}\."
_OF_STUDY = re.compile(rf"{_FILE}jsonl?")
_OF_RUN = re.compile(rf"runs/[0-9a-f]{{16}}/{_FILE}(?:jsonl?|safetensors)")


@dataclass(frozen=True)
class Listed:
    """A file as a manifest has it.

    Args:
        size: Its bytes.
        sha256: Their digest.
    """

    size: int
    sha256: str


_LISTED = TypeAdapter(dict[str, Listed])


@dataclass(frozen=True)
class Manifest:
    """The files of a study's results.

    Args:
        study: The study's name.
        files: By their path in the folder, with slashes.
    """

    study: str
    files: Mapping[str, Listed]

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(each.size for each in self.files.values())

    def encode(self) -> bytes:
        """Return the manifest's bytes: a sealed file, the same for the same files."""
        listed = {name: asdict(self.files[name]) for name in sorted(self.files)}
        return sealed.encode({"study": self.study, "files": listed})

    @classmethod
    def decode(cls, content: bytes) -> Manifest:
        """Return the manifest in some bytes.

        Raises:
            NewerSchemaError: A newer Paribus wrote it.
            ValueError: It is damaged, or names a file that no study's folder has.
        """
        tree = sealed.decode(content)
        try:
            listed = _LISTED.validate_python(tree["files"])
            name = str(tree["study"])
        except (KeyError, TypeError) as error:
            raise ValueError("no list of files") from error
        for path, each in listed.items():
            if not is_result(path) or not 0 <= each.size <= most_bytes(path):
                raise ValueError(path)
        return cls(name, listed)


def is_result(name: str) -> bool:
    """Return whether a path in a study's folder is that of a file with results.

    Locks, temporary files, reports and what trackers were sent are none.

    Args:
        name: With slashes.

    Example:
        >>> [is_result(each) for each in ("study.json", "runs/0123456789abcdef/result.json")]
        [True, True]
        >>> [is_result(each) for each in ("lock", "report.html", "../study.json", "runs/x/result.json")]
        [False, False, False, False]
    """
    if name in {MANIFEST, OPENED}:
        return False
    return bool(_OF_STUDY.fullmatch(name) or _OF_RUN.fullmatch(name))


def most_bytes(name: str) -> int:
    """Return how many bytes a file may have, as those who read it allow.

    Args:
        name: Its path in the folder.
    """
    if name.endswith(".safetensors"):
        return reading.MAX_TENSORS
    return reading.MAX_LINES if name.endswith(".jsonl") else reading.MAX_JSON


def results_in(folder: Path) -> list[str]:
    """Return the paths of the files with results in a study's folder, sorted; links and pipes are left out.

    Args:
        folder: The study's.

    Raises:
        OSError: It cannot be listed.
    """
    runs = folder / "runs"
    within = [folder]
    if runs.is_dir() and not runs.is_symlink():
        within += [each for each in runs.iterdir() if each.is_dir() and not each.is_symlink()]
    found = (
        path.relative_to(folder).as_posix()
        for each in within
        for path in each.iterdir()
        if not path.is_symlink() and path.is_file()
    )
    return sorted(name for name in found if is_result(name))


def listed(folder: Path, name: str) -> Listed:
    """Return the size and the digest of a file.

    Args:
        folder: The study's.
        name: The file's path in it.

    Raises:
        OSError: It cannot be read.
        ValueError: It is too large.
    """
    with reading.open_file(folder / name, most_bytes(name)) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Listed(file.tell(), digest)
