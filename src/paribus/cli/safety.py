"""The option ``--no-python``, wherever it stands on the command line."""

from __future__ import annotations

import os
from collections.abc import Sequence

OPTION = "--no-python"
VARIABLE = "PARIBUS_NO_PYTHON"
"""The environment variable that says the same, also to the processes that train."""


def refuse_code(arguments: Sequence[str]) -> list[str]:
    """Refuse a study's code where the option says so, and return the other arguments.

    Example:
        >>> refuse_code(["run", "mine.yaml"])
        ['run', 'mine.yaml']
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    if OPTION in arguments[:end]:
        os.environ[VARIABLE] = "1"
    return [each for place, each in enumerate(arguments) if place >= end or each != OPTION]
