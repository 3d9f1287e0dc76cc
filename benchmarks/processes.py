"""The processes of contenders, and the messages to them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cells import ONE_THREAD_SETTINGS, Cell, Contender
from benchmarks.networks import NetworkCell

ROOT = Path(__file__).parent.parent
_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu", "PYTHONUNBUFFERED": "1"}


class ContenderError(Exception):
    """A contender's process ended; the message is the last line of its standard error."""


@dataclass(frozen=True)
class Place:
    """The environments that contenders run in.

    Args:
        python: The project's interpreter.
        peers: The one that has TensorFlow and PyTorch; None where there is none.
        folder: Where images lie, and logs are written.
    """

    python: str
    peers: str | None
    folder: Path

    def interpreter(self, contender: Contender) -> str | None:
        """Return the Python that runs a contender; None where there is none."""
        return self.peers if contender.peer else self.python

    def environment(
        self, contender: Contender, *, one_thread: bool, variables: Iterable[tuple[str, str]] = ()
    ) -> dict[str, str]:
        """Return its environment variables."""
        threads = ONE_THREAD_SETTINGS if one_thread else {}
        inherited = {name: value for name, value in os.environ.items() if name not in ONE_THREAD_SETTINGS}
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        here = {"BENCHMARK_IMAGES": str(self.folder / "images"), "PYTHONPATH": path}
        return {**inherited, **_QUIET, **threads, **dict(contender.settings), **dict(variables), **here}


class Process:
    """One process of a contender.

    Args:
        contender: Who.
        place: Where.
        one_thread: Whether it is kept to one.
        variables: Of its environment, beyond those of the contender.
    """

    def __init__(
        self,
        contender: Contender,
        place: Place,
        *,
        one_thread: bool,
        variables: Iterable[tuple[str, str]] = (),
    ) -> None:
        interpreter = place.interpreter(contender)
        assert interpreter is not None
        logs = place.folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self._options = dict(contender.options)
        self._log = logs / f"{contender.module}-{os.getpid()}-{id(self)}.log"
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [interpreter, "-m", f"benchmarks.contenders.{contender.module}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=place.environment(contender, one_thread=one_thread, variables=variables),
                cwd=ROOT,
                text=True,
                encoding="utf-8",
            )

    def ask(self, question: Mapping[str, Any]) -> None:
        """Send a message; `answer` waits for the response."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended; its answer, or rather its last words, say why

    def answer(self) -> dict[str, Any]:
        """Wait for the response."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise ContenderError(self._last_words())
        return json.loads(line)

    def prepare(self, cell: Cell | NetworkCell, threads: int = 1) -> dict[str, Any]:
        """Return the message that makes it build a cell's network; Paribus's on so many threads."""
        return {"do": "prepare", "cell": {**cell.to_json(), **self._options, "threads": threads}}

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _last_words(self) -> str:
        self._process.kill()
        self._process.wait()
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else f"the process ended with {self._process.returncode}"


def together(processes: Sequence[Process], question: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Send a message to all at the same moment, and wait for all."""
    for process in processes:
        process.ask(question)
    return [process.answer() for process in processes]
