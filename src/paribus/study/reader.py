"""A study from a file, a built-in's name or a mapping; everything that is wrong with it in one error."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from paribus.errors import Fault, StudyError, UsageError
from paribus.study import document
from paribus.study.assemble import study
from paribus.study.faults import Faults, Known, shown
from paribus.study.model import Study
from paribus.study.yaml_node import YamlNode

_SUFFIX = ".yaml"


def builtin_names() -> tuple[str, ...]:
    """The names of the built-in studies, sorted.

    Example:
        >>> "lab2" in builtin_names()
        True
    """
    folder = resources.files("paribus.study").joinpath("studies")
    files = (file.name for file in folder.iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in files if name.endswith(_SUFFIX)))


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
        return from_mapping(source)
    try:
        path = Path(source)
    except TypeError:
        known = ", ".join(builtin_names())
        raise UsageError("run.not-a-study", given=type(source).__name__, known=known) from None
    if str(source) in builtin_names():
        file = resources.files("paribus.study").joinpath("studies", f"{source}{_SUFFIX}")
        return from_text(file.read_bytes(), str(source))
    return from_text(_bytes(path), str(source))


def from_text(data: bytes, source: str) -> Study:
    """A study from the bytes of a YAML file.

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
    return _study(root, faults, source, Path(source).stem)


def from_mapping(source: Mapping[str, object], name: str = "the study") -> Study:
    """A study from a mapping with the keys of a study file; ``model`` may also be a ``keras.Sequential``.

    Raises:
        StudyError: Anything is wrong with it.
    """
    from paribus.study.keras_model import convert
    from paribus.study.yaml_node import SameKeyError, write

    faults = Faults()
    try:
        root = write(source, convert=lambda value, path: convert(value, path, faults))
    except RecursionError:
        raise StudyError(name, [Fault("study.recursive")]) from None
    except SameKeyError as error:
        raise StudyError(name, [Fault("study.same-key", values={"given": shown(str(error))})]) from None
    return _study(root, list(faults), name, "study")


def _study(root: YamlNode, early: list[Fault], source: str, name: str) -> Study:
    faults = Faults()
    faults.take(*early)
    found = study(root, name, source, faults)
    if len(faults) or found is None:
        raise StudyError(source, list(faults))
    return found


def _bytes(path: Path) -> bytes:
    """The file's bytes, no more of them than a study may have."""
    try:
        with path.open("rb") as file:
            return file.read(document.LARGEST + 1)
    except FileNotFoundError:
        known = Known(path.stem, builtin_names())
        raise StudyError(
            str(path), [Fault("study.no-file", values={"given": shown(path.stem), "known": known})]
        ) from None
    except IsADirectoryError:
        files = tuple(sorted(file.name for file in path.glob(f"*{_SUFFIX}")))
        code = "study.a-folder-with" if files else "study.a-folder"
        raise StudyError(str(path), [Fault(code, values={"known": Known("", files)})]) from None
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise StudyError(str(path), [Fault("study.no-access", values={"problem": problem})]) from None
