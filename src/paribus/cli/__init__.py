"""The command line: parses and prints, nothing else."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that `sys.argv` names, and exit with its status.

    0: done. 1: a run failed, or a check did not hold. 2: the user's input was wrong. 130: interrupted.
    A user's mistake is told in one message on standard error, without a traceback.
    """
    from paribus.cli.app import app
    from paribus.errors import ParibusError

    try:
        app()
    except ParibusError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_status)
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        sys.stderr.close()
        sys.exit(0)
