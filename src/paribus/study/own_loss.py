"""A loss of the user's own: a function, or a class of losses, in a file of theirs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, JsonValue

from paribus.study.frozen import Frozen
from paribus.study.own_network import flat


class OwnLoss(Frozen):
    """A loss of the user's own: where it comes from, and how it is called.

    Args:
        file: Of the function, without folders; of a loss that a network was compiled with, the network's.
        function: The function, or the class of losses.
        sha256: Of the file.
        arguments: What it is called with besides labels and outputs, defaults filled in.
        defaults: Those that the study leaves out, as the file has them.
        targets: Whether it is given labels as the data have them, or a column for each class.
        compiled: Whether the network brings it along.
        is_made: Whether the function, called with the arguments, returns the loss, as a class does.
    """

    file: str
    function: str
    sha256: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    defaults: dict[str, JsonValue] = Field(default_factory=dict)
    targets: Literal["labels", "one_hot"] = "labels"
    compiled: bool = False
    is_made: bool = False

    @property
    def told(self) -> str:
        """Return the file and the function, as a study names them.

        Example:
            >>> OwnLoss(file="nets.py", function="focal", sha256="").told
            'nets.py:focal'
        """
        return f"{self.file}:{self.function}"

    @property
    def factors(self) -> dict[str, Any]:
        """Return every argument by its name; those inside a mapping after its name and a dot."""
        return dict(flat(self.arguments))
