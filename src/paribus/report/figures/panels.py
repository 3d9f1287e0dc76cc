"""One panel: bands, lines and what is marked on them, drawn into matplotlib's axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from paribus.record.run import Status
from paribus.report.curves import Band, CurveInfo
from paribus.report.figures.sheet import INK, PENALTY, SOFT, TRAIN, VALIDATION, VERMILION, Stroke
from paribus.texts import current_language, language, number, text
from paribus.texts.quantities import percent

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from paribus.report.figures.sheet import Handle

_FLATTEST = 5.0  # an accuracy axis spans this many points at least, lest noise look like learning
_RATIO = 30.0  # a loss axis is logarithmic above: the first epoch often dwarfs all others
_REACHES = 0.95  # a line that comes so far is named in the margin, another where it ends
_FEWER = 0.45  # how strongly a line is drawn where fewer runs than at first are alive
_NINES = (50, 90, 99, 99.9)
_TICKS = 7
_RULED = 3  # so many epochs are marked by a line across the panel, more by their triangles alone


def draw_accuracy(info: CurveInfo, axes: Axes) -> None:
    """Training and validation accuracy in percent.

    Args:
        info: The variant's numbers.
        axes: An empty panel.
    """
    _line(axes, info, "accuracy", TRAIN)
    _line(axes, info, "val_accuracy", VALIDATION)
    axes.set_title(text("report.panel-accuracy"))
    _epochs(axes, len(info.epochs))
    _accuracy_axis(axes)
    _mark_ends(axes, info, divergence=0.05)


def draw_loss(info: CurveInfo, axes: Axes, *, part: str = "loss") -> None:
    """Training and validation loss, with the penalty beside them where `part` is the whole of it.

    Args:
        info: The variant's numbers.
        axes: An empty panel.
        part: ``data_loss`` or ``loss``.
    """
    _line(axes, info, part, TRAIN)
    _line(axes, info, f"val_{part}", VALIDATION)
    code = "report.panel-data-loss" if part == "data_loss" else "report.panel-loss"
    if part == "loss" and info.penalised:
        _line(axes, info, "penalty", PENALTY, banded=False)
        code = "report.panel-total-loss"
    axes.set_title(text(code))
    _epochs(axes, len(info.epochs))
    _loss_axis(axes)
    if code == "report.panel-total-loss":
        penalty = info.bands["penalty"].mean
        axes.fill_between(
            info.epochs, axes.get_ylim()[0], penalty, color=PENALTY.colour, alpha=0.12, linewidth=0
        )
    _mark_ends(axes, info)


def draw_metric(infos: Sequence[CurveInfo], strokes: Sequence[Stroke], metric: str, axes: Axes) -> None:
    """One metric of several variants, each named at the end of its line.

    Args:
        infos: The variants' numbers.
        strokes: How each is drawn.
        metric: Its name in the history.
        axes: An empty panel.
    """
    for info, stroke in zip(infos, strokes, strict=True):
        _line(axes, info, metric, stroke)
    _epochs(axes, max((len(info.epochs) for info in infos), default=0))
    if metric.endswith("accuracy"):
        _accuracy_axis(axes)
    else:
        _loss_axis(axes)
    _name_ends(axes, infos, strokes, metric)


def draw_small(info: CurveInfo, axes: Axes) -> None:
    """A variant's accuracies on a scale that every variant fits on, with its test accuracy.

    Args:
        info: The variant's numbers.
        axes: An empty small panel.
    """
    import numpy as np

    _line(axes, info, "accuracy", TRAIN)
    _line(axes, info, "val_accuracy", VALIDATION)
    _epochs(axes, len(info.epochs))

    def stretch(accuracy: NDArray[np.float64]) -> NDArray[np.float64]:
        return -np.log10(np.clip(1.0005 - accuracy / 100, 1e-12, None))

    def shrink(nines: NDArray[np.float64]) -> NDArray[np.float64]:
        return 100 * (1.0005 - 10.0**-nines)

    axes.set_yscale("function", functions=(stretch, shrink))
    axes.set_ylim(0, 100.02)  # room for a line at 100
    axes.set_yticks(_NINES, [number(tick, "g") for tick in _NINES])
    axes.set_ylabel(text("report.axis-accuracy"))
    test = f"{percent(sum(info.test) / len(info.test))} %" if info.test else _unfinished(info)
    axes.set_title(info.variant, fontweight="bold")
    axes.set_title(test, loc="right", fontsize=9, color=SOFT)


def handle(stroke: Stroke, *, banded: bool = False) -> Handle:
    """A line for the legend.

    Args:
        stroke: How it is drawn.
        banded: Whether a band or an area goes with it.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    line = Line2D([], [], color=stroke.colour, linestyle=stroke.dashes)  # pyright: ignore[reportArgumentType]
    return line if not banded else (Patch(facecolor=stroke.colour, alpha=0.18, linewidth=0), line)


def _line(axes: Axes, info: CurveInfo, metric: str, stroke: Stroke, *, banded: bool = True) -> None:
    band = info.bands.get(metric)
    if band is None:
        return
    unit = 100 if metric.endswith("accuracy") else 1
    mean, low, high = unit * band.mean, unit * band.low, unit * band.high
    if banded and info.runs > 1:
        axes.fill_between(info.epochs, low, high, color=stroke.colour, alpha=0.18, linewidth=0)
    for stray in info.strays:
        if metric in stray:
            curve = unit * stray[metric]
            axes.plot(
                info.epochs[: len(curve)], curve, color=stroke.colour, linestyle=stroke.dashes, linewidth=0.9
            )
    whole = band.whole
    marker = stroke.marker if len(info.epochs) == 1 else None
    for rows, strength in ((slice(None, whole), 1.0), (slice(max(0, whole - 1), None), _FEWER)):
        if strength == 1.0 or whole < len(mean):
            axes.plot(
                info.epochs[rows],
                mean[rows],
                color=stroke.colour,
                linestyle=stroke.dashes,
                alpha=strength,
                marker=marker,
                solid_capstyle="butt",
                zorder=3,
            )


def _epochs(axes: Axes, longest: int) -> None:
    axes.set_xlabel(text("report.axis-epoch"))
    axes.set_xlim(*((0.5, 1.5) if longest < 2 else (1 - 0.02 * longest, longest + 0.02 * longest)))
    axes.set_xticks(_whole_ticks(longest))
    axes.grid(visible=False, axis="x")
    if longest == 0:
        axes.set_yticks([])
        axes.text(0.5, 0.5, text("report.no-epoch"), transform=axes.transAxes, ha="center", color=SOFT)


def _whole_ticks(longest: int) -> list[int]:
    """Epochs to be named: the first, and the multiples of a round number."""
    step = next(
        step * 10**power for power in range(10) for step in (1, 2, 5) if longest <= _TICKS * step * 10**power
    )
    return [1, *range(step, longest + 1, step)] if step > 1 else list(range(1, longest + 1))


def _drawn(axes: Axes) -> NDArray[np.float64]:
    """Every finite value on the panel, bands included."""
    import numpy as np

    lines = [np.asarray(line.get_ydata(), dtype=np.float64) for line in axes.lines]
    bands = [np.asarray(path.vertices)[:, 1] for shape in axes.collections for path in shape.get_paths()]
    values = np.concatenate([*lines, *bands, np.empty(0)])
    return values[np.isfinite(values)]


def _numbered(axes: Axes) -> None:
    """Numbers beside an axis as the language writes them."""
    from matplotlib.ticker import ScalarFormatter

    spoken = current_language()  # a figure may be drawn when another one is

    class Numbers(ScalarFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            with language(spoken):
                return number(super().__call__(x, pos))

    axes.yaxis.set_major_formatter(Numbers())


def _accuracy_axis(axes: Axes) -> None:
    axes.set_ylabel(text("report.axis-accuracy"))
    _numbered(axes)
    values = _drawn(axes)
    if not len(values):
        return
    low, high = float(values.min()), float(values.max())
    slack = max(0.05 * (high - low), (_FLATTEST - (high - low)) / 2)
    bottom = max(-0.8, min(low - slack, 100.8 - _FLATTEST))
    axes.set_ylim(bottom, min(100.8, max(high + slack, bottom + _FLATTEST)))


def _loss_axis(axes: Axes) -> None:
    axes.set_ylabel(text("report.axis-loss"))
    _numbered(axes)
    values = _drawn(axes)
    if not len(values):
        return
    low, high = float(values.min()), float(values.max())
    if low > 0 and high / low > _RATIO:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.4, high * 1.4)
        _plain_decades(axes, low, high)
        axes.set_ylabel(text("report.axis-loss-log"))
    else:
        axes.set_ylim(min(0.0, 1.05 * low), 1.05 * high if high > 0 else 1.0)


def _plain_decades(axes: Axes, low: float, high: float) -> None:
    """Numbers on a logarithmic axis as a person writes them, 1, 2 and 5 where the decades are few."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    spoken = current_language()

    def plain(tick: float, _: int | None) -> str:
        with language(spoken):
            return number(tick, "g")

    axes.yaxis.set_minor_formatter(NullFormatter())
    if high / low < 300:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    if low > 1e-4 and high < 1e4:
        axes.yaxis.set_major_formatter(FuncFormatter(plain))


def _mark_ends(axes: Axes, info: CurveInfo, *, divergence: float = 0.95) -> None:
    """A triangle on the axis for the epoch each run keeps, and a cross where a run diverged, so high up."""
    foot = axes.get_xaxis_transform()
    kept = marked(info)
    for epoch in kept:
        axes.plot([epoch], [0.0], "^", color=INK, markersize=6.5, transform=foot, clip_on=False, zorder=5)
    for epoch in kept if len(kept) <= _RULED else ():
        axes.axvline(epoch, color=SOFT, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    for epoch in diverged(info):
        axes.plot(
            [epoch], [0.96], "X", color=VERMILION, markersize=7, transform=foot, clip_on=False, zorder=5
        )


def marked(info: CurveInfo) -> tuple[int, ...]:
    """The epochs whose weights were kept, where that says more than that training went to its end.

    Args:
        info: The variant's numbers.
    """
    told = [
        end
        for end in info.ends
        if end.status is Status.EARLY_STOPPED or end.kept_epoch not in (None, end.epochs)
    ]
    return tuple(sorted({end.kept_epoch for end in told if end.kept_epoch}))


def diverged(info: CurveInfo) -> tuple[int, ...]:
    """The epochs after which runs diverged.

    Args:
        info: The variant's numbers.
    """
    return tuple(sorted({end.epochs for end in info.ends if end.status is Status.DIVERGED}))


def _unfinished(info: CurveInfo) -> str:
    statuses = dict.fromkeys(end.status for end in info.ends)
    return ", ".join(text(f"report.status-{status}") for status in statuses)


def _name_ends(axes: Axes, infos: Sequence[CurveInfo], strokes: Sequence[Stroke], metric: str) -> None:
    """Write each variant's name where its line ends, none on another: right of the panel if it ends there."""
    from matplotlib.patheffects import withStroke

    longest = max((len(info.epochs) for info in infos), default=0)
    known = [
        (_end(axes, info.bands[metric], metric), info.variant, stroke)
        for info, stroke in zip(infos, strokes, strict=True)
        if metric in info.bands
    ]
    for reaches in (True, False):
        ends = sorted(
            (end[1], end[0], name, stroke.colour, stroke.marker)
            for end, name, stroke in known
            if end is not None and (end[0] >= _REACHES * longest) is reaches
        )
        heights = spread([end[0] for end in ends])
        for height, (own, epoch, name, colour, marker) in zip(heights, ends, strict=True):
            x = 1.0
            if not reaches:
                x = float(axes.transLimits.transform((epoch, 0))[0])
                axes.plot([x], [own], marker, color=colour, transform=axes.transAxes, zorder=4)
            axes.annotate(
                name,
                (x, height),
                xycoords="axes fraction",
                xytext=(4 if reaches else 6, 0),
                textcoords="offset points",
                color=colour,
                fontweight="bold",
                va="center",
                path_effects=[withStroke(linewidth=3, foreground="white")],
            )


def _end(axes: Axes, band: Band, metric: str) -> tuple[int, float] | None:
    """The epoch of the mean's last value, and how high on the panel, in [0, 1], it lies."""
    import numpy as np

    finite = np.flatnonzero(np.isfinite(band.mean))
    if not len(finite):
        return None
    value = float(band.mean[finite[-1]]) * (100 if metric.endswith("accuracy") else 1)
    shown = axes.transData.transform((1.0, value))
    return int(finite[-1]) + 1, float(axes.transAxes.inverted().transform(shown)[1])


def spread(heights: Sequence[float], gap: float = 0.065) -> list[float]:
    """Move ascending heights apart until no two are closer than `gap`, as little as that takes.

    Args:
        heights: In ascending order.
        gap: The least distance.

    Example:
        >>> [round(height, 2) for height in spread([0.5, 0.5, 0.9], gap=0.1)]
        [0.45, 0.55, 0.9]
    """
    groups: list[tuple[float, int]] = []
    for height in heights:
        centre, size = height, 1
        while groups and centre - groups[-1][0] < gap * (size + groups[-1][1]) / 2:
            other, members = groups.pop()
            centre = (centre * size + other * members) / (size + members)
            size += members
        groups.append((centre, size))
    return [centre + gap * (place - (size - 1) / 2) for centre, size in groups for place in range(size)]
