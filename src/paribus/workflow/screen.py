"""The terminal: colours and movements are ours, and whatever names have of these is not carried out."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from paribus.texts.inert import inert


class Screen(Console):
    """A console on which every text is inert."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return the pieces of what is shown."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else piece._replace(text=inert(piece.text))
