"""The process that reads hand-ins, `python -m paribus.workflow.checking.limited`.

It gets a request as JSON on standard input, loads what reading takes, and forks a process for each hand-in,
which bounds its own memory, processor time and files before it reads anything that a student wrote. Answers
leave on what was standard output, a line of JSON each. Nothing of a hand-in is executed here.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paribus.record.run import DataUsed
    from paribus.study.study import Study

MEMORY = 4 * 2**30
"""Bytes of address space: the statistical libraries alone take half of it."""
SECONDS = 120
"""Processor seconds of one hand-in."""
_LOADED = ("pandas", "scipy.stats", "paribus.workflow.checking.kinds")
MAX_ANSWER = 64 * 2**20
"""Bytes of what is told of one hand-in."""


def limit(memory: int, seconds: int, file_bytes: int) -> None:
    """Bound this process, where the system can: address space, processor seconds, bytes of a file written."""
    try:
        import resource
    except ImportError:  # Windows has none of it; the parent's clock remains
        return
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def answer(handin: str, study: Study, data: Mapping[str, DataUsed]) -> bytes:
    """Return what a hand-in holds, as JSON; what went wrong counts as a hand-in that cannot be read."""
    from paribus.texts import text
    from paribus.workflow.checking.kinds import read_handin
    from paribus.workflow.checking.submission import Submission

    try:
        found = read_handin(Path(handin), study, data)
    except Exception as error:  # whatever a student wrote, the next hand-in is read
        why = type(error).__name__
        found = Submission(kind="nothing", problem=text("check.gave-up", reason=why))
    return found.model_dump_json().encode(errors="replace")


def answer_apart(handin: str, study: Study, data: Mapping[str, DataUsed], seconds: float) -> bytes:
    """Return the same from a process of its own, which is stopped when it takes too long."""
    from paribus.texts import text
    from paribus.workflow.checking.submission import Submission

    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            os.close(read_end)
            limit(MEMORY, SECONDS, 0)
            with os.fdopen(write_end, "wb") as pipe:
                pipe.write(answer(handin, study, data))
        os._exit(0)
    os.close(write_end)
    end, parts, size = time.monotonic() + seconds, list[bytes](), 0
    is_late = False
    while size <= MAX_ANSWER:
        is_late = not select.select([read_end], [], [], max(0.0, end - time.monotonic()))[0]
        part = b"" if is_late else os.read(read_end, 1 << 16)
        if not part:
            break
        parts.append(part)
        size += len(part)
    os.close(read_end)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if parts and not is_late and size <= MAX_ANSWER:
        return b"".join(parts)
    ended = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "memory"
    why = text("check.too-long", seconds=seconds) if is_late else text("check.gave-up", reason=ended)
    return Submission(kind="nothing", problem=why).model_dump_json().encode()


def main() -> None:
    """Answer a request with one line for each hand-in, in their order."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed does not disturb the answers
    request: dict[str, Any] = json.load(sys.stdin)
    from pydantic import TypeAdapter

    from paribus.record.run import DataUsed
    from paribus.study.study import Study

    for each in _LOADED:  # once for all hand-ins
        import_module(each)
    study = Study.model_validate(request["study"])
    data = TypeAdapter(dict[str, DataUsed]).validate_python(request["data"])
    for handin in request["handins"]:
        if hasattr(os, "fork"):
            out.write(answer_apart(handin, study, data, request["seconds"]))
        else:  # then there is one hand-in, and the parent's clock
            out.write(answer(handin, study, data))
        out.write(b"\n")
        out.flush()


if __name__ == "__main__":
    main()
