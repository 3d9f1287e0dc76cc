"""The sheet that figures are drawn on: type, colours, title, legend and caption, and how it is saved.

Colours are those of Okabe and Ito (jfly.uni-koeln.de/color, 2008), which every kind of colour vision can
distinguish; each goes with a line style of its own, so that they differ in grey too.
"""

from __future__ import annotations

import textwrap
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from paribus.record import files
from paribus.texts.inert import inert

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import LineStyleType

    Handle: TypeAlias = "Artist | tuple[Artist, ...]"

INK, SOFT, FAINT = "#1a1a1a", "#595959", "#d9d9d9"
BLUE, VERMILION, GREEN, SKY = "#0072B2", "#D55E00", "#009E73", "#56B4E9"
ORANGE, PURPLE = "#E69F00", "#CC79A7"
RAMP = (
    "#e56a5d",
    "#d5546e",
    "#c43e7f",
    "#b02991",
    "#9613a1",
    "#7b02a8",
    "#5e01a6",
    "#3f049c",
    "#1b068d",
)
"""For doses, the lowest first: a part of matplotlib's plasma, which gets darker throughout, so that its order
is seen by every kind of colour vision and in grey. Each has a contrast of 3 to 1 with white, or more."""

PANEL = (4.4, 3.0)
"""Width and height of a panel, in inches."""

_DOTS = 110  # an inch, in a notebook
_LINE = 14.0  # points from one line of the head or caption to the next
_MARGIN = 8.0

_TYPE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "text.color": INK,
    "lines.linewidth": 1.7,
    "lines.markersize": 5.0,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "text.parse_math": False,  # names may have dollar signs
    "svg.hashsalt": "paribus",
    "savefig.dpi": 150.0,
}


@dataclass(frozen=True)
class Stroke:
    """How a line looks.

    Args:
        colour: Of line and band.
        dashes: As matplotlib takes a line style.
        marker: Drawn at each epoch where a line has too few points to be seen.
    """

    colour: str
    dashes: LineStyleType
    marker: str


TRAIN = Stroke(BLUE, "-", "o")
VALIDATION = Stroke(VERMILION, (0, (4.5, 1.6)), "s")
PENALTY = Stroke(GREEN, (0, (1.2, 1.4)), "D")

STROKES = (
    Stroke(INK, "-", "o"),
    Stroke(VERMILION, (0, (4.5, 1.6)), "s"),
    Stroke(BLUE, (0, (6, 1.5, 1.2, 1.5)), "^"),
    Stroke(GREEN, (0, (1.3, 1.3)), "D"),
    Stroke(PURPLE, (0, (8, 2)), "v"),
    Stroke(ORANGE, (0, (3, 1, 1, 1, 1, 1)), "P"),
    Stroke(SKY, (0, (2.5, 2.5)), "X"),
)
"""For variants overlaid, the first for the reference; taken again from the start when they run out."""

DOSE_STROKES = tuple(Stroke(colour, "-", "o^sDvPX<>"[place]) for place, colour in enumerate(RAMP))
"""For the doses of a sweep overlaid."""


@contextmanager
def style() -> Generator[None]:
    """Draw and save with our own settings, whatever theme the user has set."""
    import matplotlib.style

    with matplotlib.style.context(["default", _TYPE]):
        yield


@dataclass(frozen=True)
class Head:
    """What stands above the panels and below them.

    Args:
        title: One bold line.
        subtitle: A line below it.
        warning: Set apart in the corner: what must not be overlooked.
        caption: Paragraphs below the panels.
        legend: The name of each thing drawn.
    """

    title: str
    subtitle: str = ""
    warning: str = ""
    caption: tuple[str, ...] = ()
    legend: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """An empty figure with its words on it."""

    figure: Figure
    axes: list[Axes]
    head: Head
    anchor: tuple[float, float]  # the legend's upper left corner, in the figure's coordinates
    columns: int  # of the legend

    def legend(self, handles: Sequence[Handle]) -> None:
        """Draw one legend for all panels, between the head and them."""
        shown: list[Any] = list(handles)
        self.figure.legend(
            shown,
            list(self.head.legend),
            loc="upper left",
            bbox_to_anchor=self.anchor,
            ncols=self.columns,
            borderaxespad=0,
            borderpad=0,
            handlelength=2.6,
            columnspacing=1.6,
            labelspacing=0.35,
        ).set_in_layout(False)


def sheet(head: Head, rows: int, columns: int, panel: tuple[float, float] = PANEL) -> Sheet:
    """Return a new figure with its words and its empty panels."""
    width = panel[0] * columns
    points = 72 * width - 2 * _MARGIN
    title = _wrapped([head.title], points * (0.75 if head.warning else 1.0), 12.0 * 1.1)
    subtitle = _wrapped([head.subtitle], points, 9.0)
    caption = _wrapped(head.caption, points, 8.0)
    entry = 42.0 + 5.3 * max((len(name) for name in head.legend), default=0)
    abreast = max(1, min(len(head.legend), int(points / entry)))
    over_subtitle = _MARGIN + 1.3 * _LINE * len(title)
    over_legend = over_subtitle + _LINE * len(subtitle) + 2
    top = over_legend + _LINE * (ceil(len(head.legend) / abreast) + 0.3)
    bottom = 0.75 * _LINE * len(caption) + _MARGIN
    height = panel[1] * rows + (top + bottom) / 72
    up, across = 1 / (72 * height), 1 / (72 * width)
    left = _MARGIN * across

    figure = _figure_class()(figsize=(width, height), layout="constrained")
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, bottom * up, 1, 1 - (top + bottom) * up), w_pad=0.09, h_pad=0.06, wspace=0.04)
    above: dict[str, Any] = {"va": "top", "linespacing": 1.3}
    figure.text(left, 1 - _MARGIN * up, "\n".join(title), fontsize=12, fontweight="bold", **above)
    figure.text(left, 1 - over_subtitle * up, "\n".join(subtitle), color=SOFT, **above)
    figure.text(left, bottom * up, "\n".join(caption), fontsize=8, color=SOFT, **above)
    if head.warning:
        box = {"boxstyle": "round,pad=0.35", "facecolor": "#fff3ea", "edgecolor": VERMILION}
        corner = (1 - 1.5 * left, 1 - 1.3 * _MARGIN * up)
        figure.text(*corner, head.warning, color="#9c4300", fontweight="bold", ha="right", va="top", bbox=box)
    axes = figure.subplots(rows, columns, squeeze=False)
    return Sheet(figure, list(axes.flat), head, (left, 1 - over_legend * up), abreast)


def save(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """Write a figure as PNG and as SVG, the same bytes for the same figure.

    Returns:
        The PNG's path and the SVG's.
    """
    png, svg = stem.with_name(f"{stem.name}.png"), stem.with_name(f"{stem.name}.svg")
    stem.parent.mkdir(parents=True, exist_ok=True)
    metadata: dict[Path, dict[str, Any]] = {png: {"Software": None}, svg: {"Date": None, "Creator": None}}
    with style():
        for path, fields in metadata.items():
            drawn = BytesIO()
            figure.savefig(drawn, format=path.suffix[1:], metadata=fields)
            files.write(path, drawn.getvalue())
    return png, svg


def as_png(figure: Figure) -> bytes:
    """Return a figure as PNG, the same bytes for the same figure."""
    drawn = BytesIO()
    with style():
        figure.savefig(drawn, format="png", dpi=_DOTS, metadata={"Software": None})
    return drawn.getvalue()


@cache
def _figure_class() -> type[Figure]:
    """Return a class of figures that a notebook shows without pyplot."""
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    class ShownFigure(Figure):
        def draw(self, renderer: Any) -> None:
            for words in self.findobj(Text):
                words.set_text(inert(words.get_text()))
            super().draw(renderer)

        def _repr_png_(self) -> bytes:
            return as_png(self)

    return ShownFigure


def _wrapped(paragraphs: Sequence[str], points: float, size: float) -> list[str]:
    """Return lines no wider than so many points, at an average letter's width of 0.55 of the type size."""
    width = max(20, int(points / (0.55 * size)))
    return [line for paragraph in paragraphs if paragraph for line in textwrap.wrap(paragraph, width)]
