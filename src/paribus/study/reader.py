"""Studies by a built-in's name, from a file or from a mapping; an error has everything that is wrong."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from paribus.errors import Fault, StudyError, UsageError
from paribus.study import document, reading
from paribus.study.assemble import StudyReader, read_mapping
from paribus.study.faults import KnownNames, format_value
from paribus.study.study import Study

_SUFFIX = ".yaml"


def builtin_names() -> tuple[str, ...]:
    """Return the names of the built-in studies, sorted.

    Example:
        >>> "lab2" in builtin_names()
        True
    """
    folder = resources.files("paribus.study").joinpath("studies")
    files = (file.name for file in folder.iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in files if name.endswith(_SUFFIX)))


def builtin_text(name: str) -> bytes:
    """Return the text of a built-in study."""
    return resources.files("paribus.study").joinpath("studies", f"{name}{_SUFFIX}").read_bytes()


def load(source: Study | str | Path | Mapping[str, object]) -> Study:
    """Read a study and check all of it.

    Args:
        source: A built-in's name, a YAML file, a mapping with the keys of one, or a study, returned as it is.

    Raises:
        StudyError: Anything is wrong with it; the error has every fault, each with its line.
        UsageError: It is nothing that a study can be read from.

    Example:
        >>> load("lab2").variants["5"].configuration.batch_size
        8
    """
    if isinstance(source, Study):
        return source
    if isinstance(source, Mapping):
        return Study.model_validate(read_mapping(source))
    try:
        path = Path(source)
    except TypeError:
        known = ", ".join(builtin_names())
        raise UsageError("run.not-a-study", given=type(source).__name__, known=known) from None
    if str(source) in builtin_names():
        return from_text(builtin_text(str(source)), str(source))
    return from_text(_bytes(path), str(source))


def from_text(data: bytes, source: str) -> Study:
    """Read a study from the bytes of a YAML file.

    Args:
        data: What is in the file.
        source: The file, for the messages; its stem is the study's name where the study gives none.

    Raises:
        StudyError: Anything is wrong with it.
    """
    try:
        root, faults = document.read(data)
    except document.NotReadableError as error:
        raise StudyError(source, [error.fault]) from None
    return Study.model_validate(StudyReader(root, faults).fields(Path(source).stem, source))


def _bytes(path: Path) -> bytes:
    try:
        with reading.open_file(path, sys.maxsize) as file:
            return file.read(document.MAX_BYTES + 1)
    except FileNotFoundError:
        known = KnownNames(path.stem, builtin_names())
        fault = Fault("study.no-file", values={"given": format_value(path.stem), "known": known})
        raise StudyError(str(path), [fault]) from None
    except IsADirectoryError:
        files = tuple(sorted(file.name for file in path.glob(f"*{_SUFFIX}")))
        code = "study.a-folder-with" if files else "study.a-folder"
        raise StudyError(str(path), [Fault(code, values={"known": KnownNames("", files)})]) from None
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise StudyError(str(path), [Fault("study.no-access", values={"problem": problem})]) from None
