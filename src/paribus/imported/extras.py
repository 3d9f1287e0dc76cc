"""Packages that some formats need: one message with the command that installs what is missing."""

from __future__ import annotations

from importlib.util import find_spec

from paribus.errors import SourceError


def needed(module: str, extra: str, source: str) -> None:
    """Check that a package is there.

    Args:
        module: As it is imported.
        extra: Of Paribus, which brings it.
        source: What is to be read with it.

    Raises:
        SourceError: It is not.
    """
    if find_spec(module) is None:
        raise SourceError("imported.no-package", source=source, package=module, extra=extra)
