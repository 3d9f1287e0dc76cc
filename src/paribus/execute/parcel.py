"""What travels between the process of a study and a machine that trains for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paribus.execute.messages import Assignment, DataSource
from paribus.record import mirror
from paribus.record.mirror import Change
from paribus.record.store import Store
from paribus.study.programs import Program


@dataclass(frozen=True)
class Parcel:
    """An assignment with all that it needs where there is nothing of the study.

    Args:
        assignment: As a worker is told it, in a line; its paths are those of the study's machine.
        runs: What the study's folder has of each run, by the run's digest and the file's name.
        programs: The user's files, by their paths on the study's machine.
        data: Holds the reference to the data's arrays, which a machine gets once, by their digest; empty
            where the function that trains gets its data by itself. A reference that lies in something is not
            resolved before it is asked for.
    """

    assignment: str
    runs: Mapping[str, Mapping[str, bytes]]
    programs: Mapping[str, bytes]
    data: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Turn:
    """What has happened since the last turn.

    Args:
        changes: What is new in the folder of each run, by its digest.
        events: What the worker has reported, a line each, once these changes are written.
        is_idle: Whether the assignment is over.
    """

    changes: Mapping[str, tuple[Change, ...]]
    events: tuple[str, ...]
    is_idle: bool = False


@dataclass(frozen=True)
class About:
    """The machine that trains."""

    node: str
    host: str


def send(assignment: Assignment, data: tuple[Any, ...]) -> Parcel:
    """Pack an assignment.

    Raises:
        OSError: A file of the user's, or of a run that goes on, cannot be read.
    """
    store = Store(assignment.folder)
    runs = {spec.digest: mirror.pack(store.run(spec).path) for spec in assignment.specs}
    paths = {path for each in _programs(assignment.source) for path in (each.path, each.classes) if path}
    files = {str(path): path.read_bytes() for path in paths if path.is_file()}
    return Parcel(assignment.to_line(), runs, files, data)


def receive(parcel: Parcel, scratch: Path) -> Assignment:
    """Unpack an assignment into a folder of this machine, and return it with the paths that it has here.

    Raises:
        OSError: The folder cannot be written.
    """
    assignment = Assignment.model_validate_json(parcel.assignment)
    folder = scratch / "study"
    store = Store(folder)
    for spec in assignment.specs:
        mirror.unpack(store.run(spec).path, parcel.runs.get(spec.digest, {}))
    here: dict[str, Path] = {}
    for name, content in parcel.programs.items():
        here[name] = scratch / "programs" / hashlib.sha256(content).hexdigest()[:16] / Path(name).name
        here[name].parent.mkdir(parents=True, exist_ok=True)
        here[name].write_bytes(content)
    source = assignment.source
    moved = source.model_copy(
        update={
            "program": _moved(source.program, here),
            "functions": {sha256: _moved(each, here) for sha256, each in source.functions.items()},
        }
    )
    return assignment.model_copy(update={"folder": folder, "source": moved})


def _programs(source: DataSource) -> list[Program]:
    return [*([source.program] if source.program else []), *source.functions.values()]


def _moved(program: Program | None, here: Mapping[str, Path]) -> Program | None:
    if program is None:
        return None
    classes = here.get(str(program.classes), program.classes)
    return program.model_copy(update={"path": here.get(str(program.path), program.path), "classes": classes})
