"""A command that trains and cannot be changed: called with a variant's settings, its files read."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from paribus.custom.logged import as_logged
from paribus.custom.run import Run
from paribus.errors import RunError, SourceError
from paribus.imported.tensorboard import epochs_of, is_log
from paribus.study import reading
from paribus.study.configuration import OwnTraining
from paribus.study.programs import PLACEHOLDER, SETTINGS_FILE, Program

_PAUSE = 0.2  # seconds between two looks at the history
_OUTPUT = "output.txt"
_MAX_LINE = 120
_MAX_END = 64 * 2**10  # bytes at the end of what a command printed


def by_command(own: OwnTraining, program: Program) -> Callable[[Mapping[str, Any], int, Run], None]:
    """Return a training function that calls a command.

    Args:
        own: With the command, and the files that it writes.
        program: Where it is called, and how long it may take.
    """

    def train(config: Mapping[str, Any], seed: int, run: Run) -> None:
        folder = run.folder
        for left in folder.iterdir():  # of an earlier attempt
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        (folder / SETTINGS_FILE).write_text(json.dumps({**config, "seed": seed}, indent=2), encoding="utf-8")
        values = {**config, **own.factors, "seed": seed, "folder": folder.resolve()}
        values["settings"] = folder.resolve() / SETTINGS_FILE
        history, test = (program.path / _filled(each, values) for each in (own.history, own.test))
        words = [_filled(word, values) for word in shlex.split(own.command)]
        _call(words, program, run, history)
        if not run.should_stop:
            _test(test, run)

    return train


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """Return a text with the values of its placeholders, lists and mappings as JSON."""

    def of(match: re.Match[str]) -> str:
        value = values[match[1]]
        return json.dumps(value) if isinstance(value, list | dict) else str(value)

    return re.sub(PLACEHOLDER, of, template)


def _call(words: list[str], program: Program, run: Run, history: Path) -> None:
    """Call a command, and log each epoch that its history has."""
    output, logged = run.folder / _OUTPUT, 0
    begun = time.monotonic()
    with output.open("wb") as out:
        try:
            process = subprocess.Popen(  # noqa: S603 - the study names it
                words, cwd=program.path, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )
        except OSError as error:
            raise RunError("run.train-command", command=words[0], reason=error.strerror or error) from error
        try:
            while process.poll() is None and not run.should_stop:
                if program.timeout is not None and time.monotonic() - begun > program.timeout:
                    raise RunError("run.train-too-long", seconds=program.timeout)
                time.sleep(_PAUSE)
                logged = _log(history, run, logged, whole=False)
        finally:
            process.kill()
            process.wait()
    if not run.should_stop and process.returncode:
        line = _last_line(output)
        raise RunError("run.train-command-failed", code=process.returncode, line=line)
    if not run.should_stop:
        _log(history, run, logged, whole=True)


def _last_line(output: Path) -> str:
    with output.open("rb") as file:  # which may have become large
        file.seek(max(0, output.stat().st_size - _MAX_END))
        lines = file.read(_MAX_END).decode(errors="replace").strip().splitlines() or [""]
    return lines[-1][:_MAX_LINE]


def _log(history: Path, run: Run, logged: int, *, whole: bool) -> int:
    """Log the epochs that a history has and that were not logged yet, and return how many it has.

    Args:
        whole: Whether the command has ended, so that the last line is complete.
    """
    if is_log(history):
        rows = _rows_of_events(history, whole=whole)
    else:
        try:
            written = reading.read_bytes(history, reading.MAX_LINES).decode()
        except OSError as error:
            if whole:
                raise RunError("run.train-no-history", file=history) from error
            return logged
        except ValueError as error:
            raise RunError("run.train-history", file=history, reason=error) from error
        complete = written if whole else written[: written.rfind("\n") + 1]
        rows = read_rows(complete, history)
    for number, row in enumerate(rows[logged:], logged + 1):
        if run.should_stop:
            break
        if not row:
            raise RunError("run.train-history-numbers", file=history, epoch=number)
        run.log(**as_logged(row))
    return max(logged, len(rows))


def _rows_of_events(history: Path, *, whole: bool) -> list[dict[str, float]]:
    """Return the epochs of TensorBoard's event files; the last one may not be complete before the end.

    They are read at the end alone: a file is read from its start each time, and a step says nothing of how
    many series are still to come.
    """
    if not whole:
        return []
    try:
        rows = epochs_of(history)
    except SourceError as error:
        raise RunError("run.train-history", file=history, reason=error) from error
    if not rows:
        raise RunError("run.train-no-history", file=history)
    return rows


def read_rows(written: str, file: Path) -> list[dict[str, float]]:
    """Return the epochs of a history: lines of JSON, or a table with commas, semicolons or tabs.

    What is no number, and the number of the epoch, are left out.

    Raises:
        RunError: A line is neither.

    Example:
        >>> read_rows("epoch,loss,note\\n0,0.5,a\\n1,0.25,b\\n", Path("log.csv"))
        [{'loss': 0.5}, {'loss': 0.25}]
    """
    lines = [line for line in written.splitlines() if line.strip()]
    try:
        if lines and lines[0].lstrip().startswith("{"):
            found = [cast("Mapping[str, object]", json.loads(line)) for line in lines]
        else:
            separator = next((each for each in "\t;" if lines and each in lines[0]), ",")
            found = list(csv.DictReader(io.StringIO("\n".join(lines)), delimiter=separator))
        rows = [{key.strip(): value for key, value in row.items() if key} for row in found]
    except (ValueError, AttributeError, csv.Error, RecursionError) as error:
        raise RunError("run.train-history", file=file, reason=error) from error
    numbers = [{key: _number(value) for key, value in row.items() if key != "epoch"} for row in rows]
    return [{key: value for key, value in row.items() if value is not None} for row in numbers]


def _number(value: object) -> float | None:
    if value is None or isinstance(value, bool | list | dict):
        return None
    try:
        return float(cast("Any", value))
    except ValueError:
        return None


def _test(file: Path, run: Run) -> None:
    """Record the test that a command wrote: metrics as JSON, or ``labels`` and ``outputs`` as ``.npz``."""
    try:
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as arrays:
                run.test(labels=arrays["labels"], outputs=arrays["outputs"])
            return
        tree = json.loads(reading.read_bytes(file))
        if not isinstance(tree, dict):
            raise RunError("run.train-result-mapping", file=file)
        of_json = cast("dict[str, object]", tree)
        named = {key.removeprefix("test_"): _number(value) for key, value in of_json.items()}
    except OSError as error:
        raise RunError("run.train-no-result", file=file, reason=error.strerror or error) from error
    except (ValueError, KeyError, RecursionError) as error:
        raise RunError("run.train-no-result", file=file, reason=f"{type(error).__name__}: {error}") from error
    known = {name: value for name, value in named.items() if value is not None and math.isfinite(value)}
    run.test(**as_logged(known))
