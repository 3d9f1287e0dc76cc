"""Networks of the user's own, asked about from a process that builds them; what was found is cached."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from paribus.data.cache import cache_folder
from paribus.data.own.user_file import StudyStarted, check_allowed, is_loading
from paribus.errors import RunError
from paribus.execute.local import ONE_THREAD
from paribus.record import files
from paribus.record.environment import machine
from paribus.study import interpreter
from paribus.texts import current_language

_VERSION = 2
"""Of what is found out; what was found by another version is found out anew."""


class Describer:
    """Asks one process about networks, which it starts for the first that is not known yet."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._errors = TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed by close

    def describe(self, request: Mapping[str, Any], content: bytes) -> dict[str, Any]:
        """Return what is known of a network, as `paribus.engine.describe` has it.

        Args:
            request: As that takes it.
            content: Of the file that it is in, so that a changed file is asked about anew.

        Raises:
            RunError: The engine cannot train it.
            UsageError: The user refuses code that a study brings.
            StudyStarted: A user's file asks for it, which is run only to get a function.
        """
        if is_loading():
            raise StudyStarted
        if "network" not in request or request["network"]["function"] or request["classes"]:
            check_allowed(Path(str(request["classes"] or request["place"])).name)
        kept = _kept(request, content)
        with suppress(OSError, ValueError):
            return json.loads(kept.read_bytes())
        answer = self._ask({**request, "language": current_language()})
        if "error" in answer:
            raise RunError("run.model-refused", reason=answer["error"])
        with suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            files.write(kept, json.dumps(answer).encode(), durable=False)
        return answer

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        process = self._process or self._started()
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process has no pipes")
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        answer = process.stdout.readline()
        if answer:
            return json.loads(answer)
        self._process = None
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return {"error": lines[-1] if lines else str(process.wait())}

    def _started(self) -> subprocess.Popen[str]:
        command = interpreter.command("paribus.engine.describe")
        self._process = subprocess.Popen(  # noqa: S603 - this Python, with a module of Paribus
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **ONE_THREAD},
            text=True,
            encoding="utf-8",
        )
        return self._process

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process.wait()
            self._process = None
        self._errors.close()


@cache
def _versions() -> str:
    return " ".join(version(name) for name in ("keras", "jax", "paribus"))


def _kept(request: Mapping[str, Any], content: bytes) -> Path:
    what = [_VERSION, _versions(), hashlib.sha256(content).hexdigest(), dict(request)]
    digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
    return cache_folder() / "networks" / machine() / f"{digest[:32]}.json"
