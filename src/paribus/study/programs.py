"""A training of the user's own, as a study names it: ``train: {python: "train.py:train"}``."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from paribus.errors import Fault
from paribus.study.configuration import Configuration, OwnTraining
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
PLACEHOLDER = r"\{([^\W\d][\w.]*)\}"
"""A name in braces, in a command or in the name of a file that it writes."""
SETTINGS_FILE = "settings.json"
UNUSABLE = "?"
"""Stands for a function that was handed over and cannot be used, whose fault is known."""
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


class Program(Frozen):
    """A file with a function that trains or builds a network, a file of Keras, an object, or a command.

    It is kept as it was when the study was read.

    Args:
        path: Where the file lies; of a command the folder in which it is called; of an object a file of the
            program that handed it over, which is gone with it.
        source: The file's text; of a command that of the first file that it names; of an object its own.
        timeout: How many seconds a run may take; None for any.
        pickled: SHA-256 of the file's bytes, of an object that a program handed over; empty of others.
        paths: Where that program finds its modules.
        classes: The file that defines the layers of a file of Keras that are not Keras's own.
    """

    path: Path
    source: str
    timeout: float | None = None
    classes: Path | None = None
    pickled: str = ""
    paths: tuple[str, ...] = ()

    @model_serializer(mode="wrap")
    def _without_nothing(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out later fields at their defaults."""
        written: dict[str, object] = handler(self)
        return {key: value for key, value in written.items() if value or key not in ("pickled", "paths")}


_handed: dict[str, tuple[OwnTraining, Program]] = {}


def hand_over(own: OwnTraining, program: Program) -> dict[str, str]:
    """Remember an object of this program that trains, and return what a study has under ``train`` for it.

    Args:
        own: What it is, and the settings that belong to it.
        program: Where its bytes lie.
    """
    _handed[own.sha256] = own, program
    return {"object": own.sha256}


def is_handed_over(program: Program) -> bool:
    """Return whether this very process made the bytes of an object: no others are ever unpickled."""
    return any(each.path == program.path and each.pickled == program.pickled for _, each in _handed.values())


def settings_of(configuration: Configuration) -> dict[str, Any]:
    """Return what a function is handed as its settings: those that it has, and those that Paribus knows.

    Args:
        configuration: With a training of the user's own.
    """
    known = configuration.model_dump(
        mode="json", include={"validation", "batch_size", "epochs", "early_stopping"}
    )
    own = configuration.train
    if own is None:
        raise ValueError("the run is not one of a function")
    return {**known, **own.model_dump(mode="json")["settings"]}


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
        if (handed := self.text(written, "object")) and len(self.faults) == before:
            return self._object(written, handed, known)
        self.check_keys("argument", written.branches, _KEYS, "train")
        if written.get("command") is not None:
            return self._command(written, folder, known)
        place = self.text(written, "python")
        name, _, function = place.rpartition(":")
        if place != UNUSABLE and (not name or not _IDENTIFIER.fullmatch(function)):
            node = written.get("python") or written
            self.faults.add(node.fault("train-form", given=format_value(place or None)))
        if len(self.faults) > before or place == UNUSABLE:
            return None
        if known is not None and known.told == f"{Path(name).name}:{function}":
            return known, None
        timeout = self.setting(written, *_KEYS["timeout"].as_setting)
        node, path = written.branches["python"], folder / Path(name).expanduser()
        found = self.file(node, path, function)
        return None if found is None else (found[0], found[1].model_copy(update={"timeout": timeout}))

    def task(self, written: YamlNode) -> Task:
        """Return what is predicted, where the study names no data."""
        return self.setting(written, *_KEYS["task"].as_setting)

    def _object(
        self, written: YamlNode, sha256: str, known: OwnTraining | None
    ) -> tuple[OwnTraining, Program | None] | None:
        """Return an object that this program handed over."""
        if known is not None and known.sha256 == sha256:
            return known, None
        if sha256 in _handed:
            own, program = _handed[sha256]
            timeout = self.setting(written, *_KEYS["timeout"].as_setting)
            return own, program.model_copy(update={"timeout": timeout})
        self.faults.add(written.fault("train-gone"))
        return None

    def _command(
        self, written: YamlNode, folder: Path, known: OwnTraining | None
    ) -> tuple[OwnTraining, Program | None] | None:
        texts = {key: self.text(written, key) for key in ("command", "history", "test")}
        timeout = self.setting(written, *_KEYS["timeout"].as_setting)
        for key in ("history", "test"):
            if not texts[key]:
                self.faults.add(written.fault("train-command-lacks", key, key=key))
        if written.get("python") is not None:
            self.faults.add(written.branches["python"].fault("train-two-ways"))
        try:
            words = shlex.split(texts["command"])
        except ValueError as error:
            self.faults.add(written.branches["command"].fault("train-not-a-command", reason=error))
            return None
        if len(self.faults) or not words:
            return None
        if known is not None and known.command == texts["command"]:
            return known, None
        files = [path for path in map(folder.__truediv__, words) if path.is_file()]
        parts = [json.dumps(texts, sort_keys=True).encode(), *(path.read_bytes() for path in files)]
        sha256 = hashlib.sha256(b"\0".join(parts)).hexdigest()
        source = files[0].read_text(encoding="utf-8", errors="replace") if files else ""
        name = files[0].name if files else Path(words[0]).name
        own = OwnTraining(
            file=name,
            function="",
            sha256=sha256,
            command=texts["command"],
            history=texts["history"],
            test=texts["test"],
        )
        return own, Program(path=folder.resolve(), source=source, timeout=timeout)

    def file(
        self, written: YamlNode, path: Path, function: str, *, classes: bool = False
    ) -> tuple[OwnTraining, Program] | None:
        """Return a file with a function, and what it holds; None where it cannot be read or has none.

        Args:
            written: What names it.
            path: The file.
            function: Its name.
            classes: Whether a class will do.
        """
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
            names = list(_defined(tree, classes=classes))
            if function in names or "*" in names:
                sha256 = hashlib.sha256(content).hexdigest()
                own = OwnTraining(file=path.name, function=function, sha256=sha256)
                return own, Program(path=path.resolve(), source=source)
            known = KnownNames(function, tuple(names))
            given = format_value(function)
            self.faults.add(written.fault("train-no-function", file=path, given=given, known=known))
        return None


def is_identifier(name: str) -> bool:
    """Return whether a name can be a function's.

    Args:
        name: Any.
    """
    return _IDENTIFIER.fullmatch(name) is not None


def _defined(tree: ast.Module, *, classes: bool) -> list[str]:
    """Return the names that a file defines or imports at its top; ``*`` where it imports what another has."""
    found: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) or (classes and isinstance(node, ast.ClassDef)):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.ImportFrom):
            found += [alias.asname or alias.name for alias in node.names]
    return found


def placeholder_faults(own: OwnTraining, written: YamlNode) -> Iterator[Fault]:
    """Yield what is wrong with the names in a command's braces: unknown ones, and settings it does not use.

    Args:
        own: With its settings.
        written: The mapping under ``train``.
    """
    if not own.command:
        return
    shared = ("seed", "folder", "settings", "epochs", "batch_size", "validation")
    known = tuple(dict.fromkeys((*own.factors, *own.settings, *shared)))
    for key in ("command", "history", "test"):
        for name in re.findall(PLACEHOLDER, getattr(own, key)):
            if name not in known:
                given, names = format_value(name), KnownNames(name, known)
                yield written.branches[key].fault("train-placeholder", given=given, known=names)
    used = set(re.findall(PLACEHOLDER, own.command))
    unused = [name for name in own.factors if not {name, name.partition(".")[0], "settings"} & used]
    if unused:
        yield written.branches["command"].fault("train-unused", names=", ".join(unused))


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
