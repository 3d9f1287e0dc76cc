"""The commands that a report offers on its study, as they are typed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True)
class Commands:
    """The commands on one study.

    Args:
        source: The study's file or a built-in's name; empty where it was made in Python.
        folder: Where its results lie, as a command names it; empty where there is no such place.
        options: With which a command finds the study's images and its folder again.
    """

    source: str = ""
    folder: str = ""
    options: tuple[str, ...] = ()

    def to_read(self, command: str, *options: str) -> str:
        """Return a command that reads the results; empty where they lie nowhere.

        Args:
            command: Such as ``diagnose``.
            options: More words.

        Example:
            >>> Commands("lab2", "paribus-out/lab2").to_read("show", "--details")
            'paribus show paribus-out/lab2 --details'
        """
        return shlex.join(["paribus", command, self.folder, *options]) if self.folder else ""

    def to_train(self, command: str, *options: str) -> str:
        """Return a command that trains runs of the study; empty where the study stands in no file.

        Args:
            command: ``run`` or ``confirm``.
            options: More words.

        Example:
            >>> Commands("lab2", options=("--embedded",)).to_train("run", "--until-decided")
            'paribus run lab2 --until-decided --embedded'
        """
        return shlex.join(["paribus", command, self.source, *options, *self.options]) if self.source else ""


NO_COMMANDS = Commands()
"""Those on a study that lies nowhere."""
