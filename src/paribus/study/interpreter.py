"""How a process of this Python is started that runs a module of Paribus."""

from __future__ import annotations

import sys


def command(module: str, *words: str) -> list[str]:
    """Return the command that runs a module in a process of its own.

    ``-m`` alone looks for modules in the working directory first. A folder of others in which somebody calls
    Paribus may hold a ``json.py``, and nothing of it is run.

    Args:
        module: The module, by its full name.
        words: What it is called with.

    Example:
        >>> command("paribus.execute.worker")[1:]
        ['-P', '-m', 'paribus.execute.worker']
    """
    return [sys.executable, "-P", "-m", module, *words]
