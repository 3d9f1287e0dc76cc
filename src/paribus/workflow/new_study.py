"""A new study file of the user's own, and the schema that editors check it with."""

from __future__ import annotations

from pathlib import Path

from paribus.errors import UsageError
from paribus.study.faults import printable_text
from paribus.study.reader import builtin_names
from paribus.study.schema import schema_text
from paribus.study.starting import SCHEMA_FILE, starting_text
from paribus.study.variants import name_faults
from paribus.study.yaml_node import YamlNode

_SUFFIXES = (".yaml", ".yml")


def new_study(name: str, origin: str | None = None) -> Path:
    """Write a study file, with every key explained, and beside it the schema where there is none.

    Args:
        name: The study's name, or its file; a folder may stand before it.
        origin: A built-in study to start from; None for a small one on MNIST.

    Returns:
        The file.

    Raises:
        UsageError: The file is there already or cannot be written, or a name is not one that is allowed.
    """
    given = Path(name)
    stem = given.stem if given.suffix in _SUFFIXES else given.name
    file = given if given.suffix in _SUFFIXES else given.with_name(f"{stem}{_SUFFIXES[0]}") if stem else given
    for fault in name_faults(YamlNode(stem), stem):
        raise UsageError(fault.code, **fault.values)
    if stem in builtin_names():
        raise UsageError("new.built-in", given=stem)
    written = starting_text(stem, str(file), origin)
    try:
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(written)
    except FileExistsError:
        raise UsageError("new.exists", file=printable_text(str(file))) from None
    except OSError as error:
        problem = error.strerror or str(error)
        raise UsageError("new.not-written", file=printable_text(str(file)), problem=problem) from None
    _write_schema(file.with_name(SCHEMA_FILE))
    return file


def _write_schema(file: Path) -> None:
    try:
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(schema_text())
    except OSError:  # it is there, or an editor does without it
        return
