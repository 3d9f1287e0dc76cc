"""The files that reports are written to."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from paribus.errors import UsageError


def check_folder(output: Path) -> None:
    """Check that the folder of a file exists: one that is not there is more likely misspelt than wished for.

    Raises:
        UsageError: It does not.
    """
    if not output.parent.is_dir():
        raise UsageError("report.no-folder", file=output, folder=output.parent)


@contextmanager
def writing(output: Path) -> Generator[None]:
    """Report what keeps a file from being written in this context.

    Raises:
        UsageError: It cannot be written, or its folder does not exist.
    """
    check_folder(output)
    try:
        yield
    except OSError as error:
        raise UsageError("report.not-written", file=output, reason=error.strerror or error) from error
