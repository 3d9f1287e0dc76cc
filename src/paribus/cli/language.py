"""The option ``--lang``, wherever it stands on the command line."""

from __future__ import annotations

import os
from collections.abc import Sequence

from paribus.errors import UsageError
from paribus.texts import LANGUAGES, VARIABLE, set_language

OPTION = "--lang"


def choose_language(arguments: Sequence[str]) -> list[str]:
    """Set the language that the option, or else the environment, names; return the other arguments.

    Help is made when the commands are imported; so this comes before that, and Typer never sees the option.

    Raises:
        UsageError: There is no such language.

    Example:
        >>> choose_language(["show", "--lang", "en", "folder"])
        ['show', 'folder']
    """
    origin, given = VARIABLE, os.environ.get(VARIABLE) or LANGUAGES[0]
    others: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            others += [argument, *waiting]
        elif argument == OPTION or argument.startswith(f"{OPTION}="):
            named = argument.removeprefix(OPTION)
            origin, given = OPTION, named[1:] if named else next(waiting, "")
        else:
            others.append(argument)
    if given not in LANGUAGES:
        set_language(LANGUAGES[0])
        raise UsageError("run.unknown-language", origin=origin, given=given)
    set_language(given)
    return others
