"""A training of the user's own, as a study names it: ``train: {python: "train.py:train"}``."""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from paribus.errors import Fault
from paribus.study.configuration import OwnTraining
from paribus.study.datasets import DataFacts, Task
from paribus.study.faults import KnownNames, PartReader, format_value
from paribus.study.frozen import Frozen
from paribus.study.keys import KEYS, Group
from paribus.study.yaml_node import KeyPath, YamlNode

KNOWN = (
    "data", "train", "validation", "split", "folds", "train_size", "batch_size", "epochs", "early_stopping",
)  # fmt: skip
"""The settings that mean the same in every training; all others are the function's."""
_KEYS = KEYS[Group.TRAIN]
UNUSABLE = "?"
"""Stands for a function that was handed over and cannot be used, whose fault is known."""
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


class Program(Frozen):
    """A file with a function that trains, as it was when the study was read.

    Args:
        path: Where it lies.
        source: Its text.
    """

    path: Path
    source: str


class Programs(PartReader):
    """Reads what stands under ``train``.

    Args:
        ...: As `PartReader`.
        folder: Against which relative paths are resolved.
        known: A training that is read again, whose file is not looked for.
    """

    def read(
        self, written: YamlNode, folder: Path, known: OwnTraining | None = None
    ) -> tuple[OwnTraining, Program | None] | None:
        """Return a training without its settings, and its file; None where anything is wrong with it."""
        before = len(self.faults)
        if not isinstance(written.value, dict):
            self.faults.add(written.fault("train-form", given=format_value(written.plain())))
            return None
        self.check_keys("argument", written.branches, _KEYS, "train")
        place = self.text(written, "python")
        if place == UNUSABLE:
            return None
        name, _, function = place.rpartition(":")
        if not name or not _IDENTIFIER.fullmatch(function):
            node = written.get("python") or written
            self.faults.add(node.fault("train-form", given=format_value(place or None)))
        if len(self.faults) > before:
            return None
        if known is not None and known.told == f"{Path(name).name}:{function}":
            return known, None
        node, path = written.branches["python"], folder / Path(name).expanduser()
        return self._file(node, path, function)

    def task(self, written: YamlNode) -> Task:
        """Return what is predicted, where the study names no data."""
        return self.setting(written, *_KEYS["task"].as_setting)

    def _file(self, written: YamlNode, path: Path, function: str) -> tuple[OwnTraining, Program] | None:
        try:
            content = path.read_bytes()
            source = content.decode("utf-8")
            tree = ast.parse(source)
        except OSError as error:
            reason = error.strerror or error
            self.faults.add(written.fault("train-no-file", file=path, reason=reason))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 0
            self.faults.add(written.fault("train-not-python", file=path, line=line, reason=error))
        else:
            names = list(_defined(tree))
            if function in names or "*" in names:
                sha256 = hashlib.sha256(content).hexdigest()
                own = OwnTraining(file=path.name, function=function, sha256=sha256)
                return own, Program(path=path.resolve(), source=source)
            known = KnownNames(function, tuple(names))
            given = format_value(function)
            self.faults.add(written.fault("train-no-function", file=path, given=given, known=known))
        return None


def _defined(tree: ast.Module) -> list[str]:
    """Return the names that a file defines or imports at its top; ``*`` where it imports what another has."""
    found: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.ImportFrom):
            found += [alias.asname or alias.name for alias in node.names]
    return found


def name_of(own: OwnTraining) -> str:
    """Return what the data of a training are called that names none: as its file."""
    return own.file


def facts_of(task: Task) -> DataFacts:
    """Return all that is known of data that a function gets by itself.

    Args:
        task: What is predicted.
    """
    return DataFacts(shape=(), train=0, test=0, task=task, values="numbers")


def place_of(function: Callable[..., Any], path: KeyPath) -> str | Fault:
    """Return where a function stands that a program hands over, as a study names it, or why it cannot be.

    A worker is another process and finds the function by its file and its name.

    Args:
        function: Any.
        path: The keys that lead to it.
    """
    name, place = getattr(function, "__qualname__", ""), ""
    with suppress(TypeError):
        place = inspect.getsourcefile(function) or ""
    module = sys.modules.get(getattr(function, "__module__", ""))
    is_there = getattr(module, name, None) is function
    if not _IDENTIFIER.fullmatch(name) or not is_there or not Path(place).is_file():
        kind = "lambda" if name.endswith("<lambda>") else "notebook" if is_there else "inner"
        return Fault(f"study.train-{kind}", path, {"name": name or type(function).__name__})
    return f"{place}:{name}"
