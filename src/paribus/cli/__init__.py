"""The command line: parses and prints, nothing else."""

from __future__ import annotations

import sys
from contextlib import suppress
from shutil import get_terminal_size


def main() -> None:
    """Run the command that `sys.argv` names, and exit with its status.

    0: done. 1: a run failed or diverged, or a check did not hold. 2: the user's input was wrong.
    128 and a signal's number: stopped by it; 130 by Ctrl-C, 143 by SIGTERM.
    A user's mistake is one message on standard error, without a traceback.
    """
    from paribus.cli.encoding import tolerate_narrow_encodings
    from paribus.cli.signals import Stopped, stopping
    from paribus.errors import on_command_line

    tolerate_narrow_encodings()
    try:
        with stopping(), on_command_line():
            _call()
    except Stopped as stopped:
        from paribus.texts import text

        with suppress(OSError):  # the terminal may be what has gone
            _complain(stopped.message or text("cli.stopped"))
        sys.exit(stopped.exit_status)


def _call() -> None:
    from paribus.cli.language import choose_language
    from paribus.cli.safety import refuse_code
    from paribus.errors import ParibusError

    try:
        arguments = refuse_code(choose_language(sys.argv[1:]))
        from paribus.cli.app import app  # its help is made as it is imported

        app(arguments)
    except ParibusError as error:
        _complain(str(error))
        sys.exit(error.exit_status)
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        sys.stderr.close()
        sys.exit(0)


def _complain(words: str) -> None:
    """Write to the terminal's error output, broken between words; as it is where that is no terminal."""
    from paribus.texts.inert import inert

    words = inert(words)
    if sys.stderr.isatty():
        from paribus.cli.layout import wrapped

        words = wrapped(words, get_terminal_size().columns)
    sys.stderr.write(f"{words}\n")
