"""The process that reads one hand-in, `python -m paribus.workflow.checking.limited`.

It gets a request as JSON on standard input and answers with JSON on what was standard output. It bounds its
own memory, processor time and files before it reads anything that a student wrote. Nothing of a hand-in is
executed here.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

MEMORY = 4 * 2**30
"""Bytes of address space: the statistical libraries alone take half of it."""
SECONDS = 120
"""Processor seconds of one hand-in."""
FILE_BYTES = 64 * 2**20
"""Bytes of the answer, which is the only file that is written."""


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


def answer(request: dict[str, Any]) -> str:
    """Return what a hand-in holds, as JSON.

    Args:
        request: The hand-in's place, the study, and its data, as `parallel` writes them.
    """
    from pydantic import TypeAdapter

    from paribus.record.run import DataUsed
    from paribus.study.study import Study

    study = Study.model_validate(request["study"])
    data = TypeAdapter(dict[str, DataUsed]).validate_python(request["data"])
    from paribus.workflow.checking.kinds import read_handin

    return read_handin(Path(request["handin"]), study, data).model_dump_json()


def main() -> None:
    """Answer one request."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else is printed does not disturb the answer
    request = json.load(sys.stdin)
    limit(MEMORY, SECONDS, FILE_BYTES)
    out.write(answer(request))
    out.close()


if __name__ == "__main__":
    main()
