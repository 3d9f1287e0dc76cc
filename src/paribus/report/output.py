"""The files that reports are written to."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from paribus.errors import UsageError


@contextmanager
def writing(output: Path) -> Generator[None]:
    """Make the folder of a file that is written in this context.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise UsageError("report.not-written", file=output, reason=error.strerror or error) from error
