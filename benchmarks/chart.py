"""The figure of docs/performance.md: images a second by batch size, contenders in their best arrangement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cells import CONTENDERS, DENSE, PARIBUS
from benchmarks.raw import matching
from benchmarks.summary import Summary
from paribus.report.figures.sheet import BLUE, FAINT, GREEN, ORANGE, PURPLE, SOFT, VERMILION, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOOKS: dict[str, tuple[str, str]] = {
    "Paribus": (VERMILION, "-"),
    "scikit-learn": (ORANGE, "-"),
    "Keras on TensorFlow": (BLUE, "-"),
    "Keras on TensorFlow, 50 steps a call": (BLUE, "--"),
    "Keras on JAX": (GREEN, "-"),
    "Keras on JAX, 50 steps a call": (GREEN, "--"),
    "PyTorch": (PURPLE, "-"),
    "PyTorch, compiled": (PURPLE, "--"),
}
"""The contenders in the legend's order, two in each column."""

_TITLES = {"mnist": "MNIST, 784-784-10", "cifar10": "CIFAR-10, 3072-3072-10"}


@dataclass(frozen=True)
class Line:
    """Return a contender's images a second, in its best arrangement for each batch size."""

    contender: str
    sizes: Sequence[int]
    rates: Sequence[float]


def lines(measured: Summary, data: str) -> list[Line]:
    """The panel of one data set."""
    found = []
    cells = sorted((cell for cell in DENSE if cell.data == data), key=lambda cell: cell.batch_size)
    for contender in CONTENDERS:
        best = {
            cell.batch_size: max(each["images_per_second"] for each in rows)
            for cell in cells
            if (rows := matching(measured["epochs"], cell=cell.name, contender=contender.name))
        }
        if best:
            found.append(Line(contender.name, list(best), list(best.values())))
    return found


def draw(measured: Summary, path: Path) -> None:
    """Draw the figure and save it as a PNG."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    with style():
        figure = Figure(figsize=(10.0, 5.2))
        panels = figure.subplots(1, 2)
        figure.subplots_adjust(left=0.068, right=0.985, bottom=0.105, top=0.715, wspace=0.19)
        figure.text(0.012, 0.97, "Training speed by batch size", fontsize=13, fontweight="bold", va="top")
        cores = measured["environment"]["cores"]
        said = f"Images a second, SGD with L2; each contender in its fastest arrangement on {cores} cores."
        figure.text(0.012, 0.912, said, color=SOFT, va="top")
        drawn = [lines(measured, data) for data in _TITLES]
        for axes, each, title in zip(panels, drawn, _TITLES.values(), strict=True):
            _panel(axes, each, title)
        named = {line.contender for each in drawn for line in each}
        handles = {name: Line2D([], [], **_look(name), label=name) for name in _LOOKS if name in named}
        figure.legend(
            handles=list(handles.values()),
            loc="upper left",
            bbox_to_anchor=(0.004, 0.875),
            ncols=4,
            handlelength=3.0,
            columnspacing=1.6,
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=160, metadata={"Software": None})


def _look(contender: str) -> dict[str, Any]:
    """Return the style of a contender's line; a second variant of the same framework is dashed."""
    colour, dashes = _LOOKS[contender]
    ours = contender == PARIBUS.name
    return {
        "color": colour,
        "linestyle": dashes,
        "linewidth": 3.0 if ours else 1.4,
        "marker": "o",
        "markersize": 6.5 if ours else 4.0,
        "markerfacecolor": colour if dashes == "-" else "white",
        "zorder": 3 if ours else 2,
    }


def _panel(axes: Axes, drawn: Sequence[Line], title: str) -> None:
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.grid(visible=False, axis="x")
    axes.grid(visible=True, axis="y", which="major", color=FAINT)
    for line in drawn:
        axes.plot(line.sizes, line.rates, **_look(line.contender))
    sizes = sorted({size for line in drawn for size in line.sizes})
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_title(title, fontweight="bold", pad=10)
    axes.set_xlabel("batch size")
    if drawn:
        low, high = (pick(rate for line in drawn for rate in line.rates) for pick in (min, max))
        axes.set_ylim(low / 1.4, high * 1.5)
    axes.tick_params(length=0)
