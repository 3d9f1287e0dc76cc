"""Draw how likely a verdict is, by the size of the difference and the number of seeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.calibration.price import POWER_QUESTIONS, POWER_SEEDS, power
from benchmarks.calibration.rules import NOW
from paribus.analysis.questions.tails import ALPHA
from paribus.report.figures.sheet import STROKES, Head, sheet, style


def draw_power(path: Path) -> None:
    """Draw power curves, for one question and for the first of fifteen.

    Args:
        path: Of the picture.
    """
    effects = np.linspace(0, 8, 161)
    head = Head(
        title="How many seeds show how small a difference",
        subtitle="Chance of the verdict better or worse, by the difference in standard deviations",
        legend=tuple(f"{seeds} seeds" for seeds in POWER_SEEDS),
    )
    titles = ("One question", f"The first of {POWER_QUESTIONS[1]} questions")
    with style():
        paper = sheet(head, 1, 2)
        lines = []
        for axes, questions, title in zip(paper.axes, POWER_QUESTIONS, titles, strict=True):
            lines = []
            for seeds, stroke in zip(POWER_SEEDS, STROKES, strict=False):
                critical = NOW.two_sided(seeds - 1, ALPHA / questions)
                shares = [100 * power(effect, seeds, critical) for effect in effects]
                lines += axes.plot(effects, shares, color=stroke.colour, linestyle=stroke.dashes)
            axes.set(title=title, xlabel="true difference ÷ its standard deviation", ylabel="power (%)")
        paper.legend(lines)
        path.parent.mkdir(parents=True, exist_ok=True)
        paper.figure.savefig(path, metadata={"Software": None})
