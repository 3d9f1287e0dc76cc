"""Hand-ins read side by side, each in a process of its own whose time and memory are bounded."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryFile

from paribus.data.own.function import REFUSED
from paribus.record.run import DataUsed
from paribus.study import interpreter
from paribus.study.study import Study
from paribus.texts import VARIABLE, current_language, text
from paribus.workflow.checking.submission import Submission

WALL_SECONDS = 300
"""Seconds that one hand-in may take, waiting included."""
_START_SECONDS = 300


def read_all(
    handins: Sequence[Path],
    study: Study,
    data: Mapping[str, DataUsed],
    workers: int,
    seconds: float = WALL_SECONDS,
) -> list[Submission]:
    """Read hand-ins and return what each holds, in their order.

    Args:
        handins: Where they lie.
        study: The teacher's.
        data: The data that each of its names stands for.
        workers: How many processes side by side.
        seconds: How long each may take.
    """
    written = {
        "study": study.model_dump(mode="json"),
        "data": {name: used.model_dump(mode="json") for name, used in data.items()},
        "seconds": seconds,
    }
    environment = {
        **os.environ,
        VARIABLE: current_language(),
        REFUSED: "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    places = [str(each.absolute()) for each in handins]
    count = max(1, min(workers, len(places))) if hasattr(os, "fork") else len(places)
    shares = [places[start::count] for start in range(count)]

    def read_share(share: Sequence[str]) -> list[Submission]:
        request = json.dumps({**written, "handins": share}).encode()
        return _read(request, len(share), environment, seconds)

    with ThreadPoolExecutor(max(1, workers)) as pool:
        found = list(pool.map(read_share, shares))
    return [found[place % count][place // count] for place in range(len(places))]


def _read(request: bytes, count: int, environment: Mapping[str, str], seconds: float) -> list[Submission]:
    """Return what is told of some hand-ins, and of the rest that nothing was."""
    why = text("check.gave-up", reason=text("check.stopped"))
    with TemporaryFile() as told:
        try:
            subprocess.run(  # noqa: S603 - this Python, with a module of Paribus
                interpreter.command("paribus.workflow.checking.limited"),
                input=request,
                stdout=told,
                stderr=subprocess.DEVNULL,
                env=dict(environment),
                timeout=_START_SECONDS + seconds * count,
                check=False,
            )
        except subprocess.TimeoutExpired:
            why = text("check.too-long", seconds=seconds)
        told.seek(0)
        found = [Submission.model_validate_json(line) for line in told.readlines() if line.endswith(b"\n")]
    return [*found, *(Submission(kind="nothing", problem=why) for _ in range(count - len(found)))]
