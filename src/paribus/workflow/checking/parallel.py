"""Hand-ins read side by side, each in a process of its own whose time and memory are bounded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryFile

from paribus.data.own.function import REFUSED
from paribus.record.run import DataUsed
from paribus.study import reading
from paribus.study.study import Study
from paribus.texts import VARIABLE, current_language, text
from paribus.workflow.checking.submission import Submission

WALL_SECONDS = 300
"""Seconds that one hand-in may take, waiting included."""


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
    }
    environment = {
        **os.environ,
        VARIABLE: current_language(),
        REFUSED: "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def one(handin: Path) -> Submission:
        request = json.dumps({**written, "handin": str(handin.absolute())}).encode()
        return _read(request, environment, seconds)

    with ThreadPoolExecutor(max(1, workers)) as pool:
        return list(pool.map(one, handins))


def _read(request: bytes, environment: Mapping[str, str], seconds: float) -> Submission:
    with TemporaryFile() as told, TemporaryFile() as complaints:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "paribus.workflow.checking.limited"],
                input=request,
                stdout=told,
                stderr=complaints,
                env=dict(environment),
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Submission(kind="nothing", problem=text("check.too-long", seconds=seconds))
        told.seek(0)
        answered = told.read(reading.MAX_JSON + 1)
        complaints.seek(0, os.SEEK_END)
        complaints.seek(max(0, complaints.tell() - 4_000))
        last = complaints.read().decode(errors="replace").strip().splitlines()
    if done.returncode != 0 or len(answered) > reading.MAX_JSON:
        why = last[-1][:200] if last else str(done.returncode)
        return Submission(kind="nothing", problem=text("check.gave-up", reason=why))
    return Submission.model_validate_json(answered)
