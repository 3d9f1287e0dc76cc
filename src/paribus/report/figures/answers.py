"""The figure of all answers: a forest plot, a row a question."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from paribus.analysis.questions.comparison import Comparison
from paribus.record.records import Records
from paribus.report.answers import Answer, Tone, answers
from paribus.report.figures.figures import doubtful_images
from paribus.report.figures.sheet import BLUE, FAINT, SOFT, Head, sheet, style
from paribus.report.forest import Forest, ForestRow, forests, signed
from paribus.report.tables import title
from paribus.study.study import Study
from paribus.texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {Tone.BETTER: "#00664b", Tone.WORSE: "#9c3d00", Tone.SAME: BLUE, Tone.OPEN: SOFT}
_WIDTH, _ROW, _ENDS = 8.6, 0.27, 0.5  # inches: the panel, a row, what an axis needs besides its rows
_LINE = 0.14  # inches that each further line of a row's title takes
_TITLE, _PAIR = 44, 20  # letters left of a panel; of the two variants, which the title names too


def answers_figure(study: Study, comparisons: Sequence[Comparison], records: Records) -> Figure:
    """Draw the answers to a study's questions.

    Args:
        study: What was asked.
        comparisons: In its order.
        records: What has run.
    """
    return draw_answers(study, answers(study, comparisons), doubtful_images(records.values()))


def draw_answers(study: Study, shown: Sequence[Answer], warning: str = "") -> Figure:
    """Draw the answers: thick the 95% interval, thin the corrected one, grey the margin.

    Args:
        study: What was asked.
        shown: The answers, the decided ones first.
        warning: Set apart in the corner: what must not be overlooked.
    """
    found = forests(shown)
    caption = " ".join([found[0].title, found[0].caption]) if found else text("page.lead-unanswered")
    rows = sum(len(forest.rows) for forest in found)
    row = _ROW + _LINE * (max((len(_title_lines(each)) for each in shown), default=1) - 1)
    height = row * rows + _ENDS * max(1, len(found))
    with style():
        paper = sheet(Head(title(study), "", warning, (caption,)), 1, 1, (_WIDTH, height))
        (outer,) = paper.axes
        outer.set_axis_off()
        for axes, forest in zip(_panels(outer, found, row), found, strict=True):
            _draw(forest, axes)
            if len(found) > 1:
                axes.set_xlabel(forest.title)
    return paper.figure


def _title_lines(answer: Answer) -> list[str]:
    """Return a title in lines that fit left of the panel, beside the two variants where these are short."""
    room = _TITLE - (len(_pair(answer)) + 2 if _pair(answer) else 0)
    return wrap(answer.title_with_means, room) or [""]


def _pair(answer: Answer) -> str:
    return answer.pair if len(answer.pair) <= _PAIR else ""


def _panels(outer: Axes, found: Sequence[Forest], row: float) -> list[Axes]:
    """Return a panel for each metric, one below the other, with room for words on both sides."""
    total = sum(len(forest.rows) + _ENDS / row for forest in found)
    top = 1.0
    panels: list[Axes] = []
    for forest in found:
        share = (len(forest.rows) + _ENDS / row) / total
        own = len(forest.rows) / total
        panels.append(outer.inset_axes((0.36, top - own, 0.44, own)))
        top -= share
    return panels


def _draw(forest: Forest, axes: Axes) -> None:
    axis, count = forest.axis, len(forest.rows)
    axes.set_xlim(axis.low, axis.high)
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_xticks(axis.ticks, [forest.label(tick) for tick in axis.ticks])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for place, row in enumerate(forest.rows):
        if row.margin is not None:
            first, last, *_ = forest.shown((-row.margin, row.margin))
            axes.fill_between(
                (first, last), place - 0.5, place + 0.5, color=FAINT, alpha=0.45, linewidth=0, zorder=0
            )
    axes.axvline(0, color=SOFT, linewidth=1, zorder=1)
    for place, row in enumerate(forest.rows):
        _draw_row(forest, row, place, axes)


def _draw_row(forest: Forest, row: ForestRow, place: int, axes: Axes) -> None:
    answer, colour = row.answer, _COLOURS[row.answer.tone]
    beside = axes.get_yaxis_transform()
    weight = "bold" if answer.is_decided else "normal"
    axes.text(-0.80, place, "\n".join(_title_lines(answer)), transform=beside, va="center")
    axes.text(-0.03, place, _pair(answer), transform=beside, va="center", ha="right", color=SOFT, fontsize=8)
    axes.text(
        1.17, place, answer.difference, transform=beside, va="center", ha="right", color=colour, weight=weight
    )
    verdict = f"{answer.mark} {answer.verdict}"
    axes.text(1.2, place, verdict, transform=beside, va="center", color=colour, weight=weight)
    if row.mean is None:
        return
    if row.beyond:
        from matplotlib.patheffects import withStroke

        edge = forest.axis.high if row.beyond > 0 else forest.axis.low
        axes.plot([edge], [place], ">" if row.beyond > 0 else "<", color=colour, markersize=7, clip_on=False)
        words = text("page.off-scale", value=signed(row.mean, ".1f"))
        side = "right" if row.beyond > 0 else "left"
        axes.annotate(
            words,
            (edge, place),
            xytext=(-9 * row.beyond, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            color=SOFT,
            fontsize=8,
            path_effects=[withStroke(linewidth=3, foreground="white")],
        )
        return
    for ends, width, strength in ((row.corrected, 1.3, 1.0), (row.interval, 5.0, 0.55)):
        if ends is not None:
            first, last, cut_low, cut_high = forest.shown(ends)
            axes.plot(
                [first, last],
                [place, place],
                color=colour,
                linewidth=width,
                alpha=strength,
                solid_capstyle="butt",
            )
            for is_cut, end, mark in ((cut_low, first, "<"), (cut_high, last, ">")):
                if is_cut:
                    axes.plot([end], [place], mark, color=colour, markersize=5, clip_on=False)
    axes.plot([row.mean], [place], "o", color=colour, markersize=6, zorder=4)
