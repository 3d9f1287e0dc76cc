"""Simulate how often comparisons are wrong, and write the tables of docs/statistics.md.

``python -m benchmarks.error_rates`` takes a few minutes, needs no images and no training, and gives the same
numbers each time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.questions.per_image import image_intervals
from paribus.analysis.questions.statistics import equivalence, holm, sign_flip, t_test
from paribus.analysis.questions.tails import ALPHA

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "statistics.md"
FIGURE = DOCS / "images" / "power.png"
STUDIES = 10_000
CROSSED_STUDIES = 2_000  # each of seeds × images
SEEDS = (3, 5, 10)
QUESTIONS = 8
MARGIN = 3.0  # standard deviations of a difference
IMAGES = 200
SHAPES = ("normal", "heavy tails", "skewed")
VARIATION = {
    "seeds above all": (1.0, 2.0, 2.0),
    "both alike": (0.3, 4.0, 4.0),
    "images above all": (0.05, 8.0, 4.0),
}
"""Standard deviations of a difference over seeds, over images, and of their interaction."""
EFFECTS = (0.5, 1.0, 2.0, 3.0, 4.0)
POWER_SEEDS = (3, 5, 8, 10, 20)


def drawn(shape: str, size: Sequence[int], draw: np.random.Generator) -> NDArray[np.float64]:
    """Draw differences with mean zero: normal, Student's t with 3 degrees of freedom, or exponential."""
    if shape == "normal":
        return draw.normal(size=size)
    if shape == "heavy tails":
        return draw.standard_t(3, size=size) / np.sqrt(3.0)
    return draw.exponential(size=size) - 1.0


def false_alarms(shape: str, seeds: int, studies: int = STUDIES) -> dict[str, float]:
    """Simulate the shares of studies in which a test is wrong.

    Args:
        shape: Of the differences.
        seeds: Of each study.
        studies: How many are simulated.

    Returns:
        For the paired t-test and the sign-flip test, at a true difference of zero; for equivalence, at a
        true difference as large as the margin; for a whole study of eight questions about variants
        that share their reference, after Holm's method.
    """
    draw = np.random.default_rng([seeds, SHAPES.index(shape)])
    differences = drawn(shape, (studies, seeds), draw)
    runs = drawn(shape, (studies, QUESTIONS + 1, seeds), draw)
    p_values = t_test(runs[:, 1:] - runs[:, :1])[0]
    with patch("gc.collect", lambda: 0):  # multipletests collects garbage each time
        studywise = [min(each for each in holm(list(study)) if each is not None) for study in p_values]
    return {
        "t": float(np.mean(t_test(differences)[0] <= ALPHA)),
        "sign flip": float(np.mean(sign_flip(differences) <= ALPHA)),
        "equivalence": float(np.mean(equivalence(differences + MARGIN, MARGIN) <= ALPHA)),
        "study": float(np.mean(np.array(studywise) <= ALPHA)),
    }


def coverage(variation: str, seeds: int, studies: int = CROSSED_STUDIES) -> dict[str, float]:
    """Simulate the shares of studies whose intervals contain the true difference, with new seeds and images.

    Args:
        variation: A key of `VARIATION`.
        seeds: Of each study.
        studies: How many are simulated.
    """
    of_seed, of_image, rest = VARIATION[variation]
    draw = np.random.default_rng([seeds, list(VARIATION).index(variation)])
    held = np.zeros(3)
    for _ in range(studies):
        differences = (
            draw.normal(0, of_seed, (seeds, 1))
            + draw.normal(0, of_image, (1, IMAGES))
            + draw.normal(0, rest, (seeds, IMAGES))
        )
        found = image_intervals(differences)
        _, low, high = t_test(differences.mean(axis=1))
        ends = ((low, high), found.new_images, found.new_seeds_and_images or (0.0, 0.0))
        held += [first <= 0 <= last for first, last in ends]
    return dict(zip(("seeds", "images", "both"), (float(each) for each in held / studies), strict=True))


def power(effect: float, seeds: int, level: float = ALPHA) -> float:
    """Return the power of the paired t-test: Student's t, noncentral by effect·√seeds.

    Args:
        effect: The true difference, in standard deviations of a single difference.
        seeds: Number of pairs.
        level: Of the test.
    """
    from scipy import stats

    freedom, shift = seeds - 1, effect * np.sqrt(seeds)
    critical = stats.t.isf(level / 2, freedom)
    # The wrong sign is rarer than Φ(−shift); scipy cannot compute it where that is all but zero.
    wrong = stats.nct.cdf(-critical, freedom, shift) if shift < 6 else 0.0
    return float(stats.nct.sf(critical, freedom, shift) + wrong)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, ["---"] * len(headings), *rows))


def share(value: float) -> str:
    """Format a share in percent."""
    return f"{100 * value:.1f}"


def alarms_table() -> str:
    """Tabulate false alarms by the shape of the differences and the number of seeds."""
    rows = [
        [shape, str(seeds), *map(share, false_alarms(shape, seeds).values())]
        for shape in SHAPES
        for seeds in SEEDS
    ]
    return table(["differences", "seeds", "t-test", "sign flip", "equivalence", "study of 8, Holm"], rows)


def coverage_table() -> str:
    """Tabulate coverage by the source of variation and the number of seeds."""
    rows = [
        [variation, str(seeds), *map(share, coverage(variation, seeds).values())]
        for variation in VARIATION
        for seeds in SEEDS
    ]
    return table(["variation in", "seeds", "new seeds", "new images", "new seeds and images"], rows)


def power_table(level: float = ALPHA) -> str:
    """Tabulate power by effect and number of seeds."""
    rows = [
        [f"{effect:g}", *(share(power(effect, seeds, level)) for seeds in POWER_SEEDS)] for effect in EFFECTS
    ]
    return table(["effect", *(f"{seeds} seeds" for seeds in POWER_SEEDS)], rows)


def draw_power(path: Path) -> None:
    """Draw power curves, for one question and for the first of eight."""
    from paribus.report.figures.sheet import STROKES, Head, sheet, style

    effects = np.linspace(0, 5, 101)
    names = tuple(f"{seeds} seeds" for seeds in POWER_SEEDS)
    head = Head(
        title="How many seeds show how small a difference",
        subtitle="Chance that the paired t-test shows a difference, by its size in standard deviations",
        legend=names,
    )
    with style():
        paper = sheet(head, 1, 2)
        lines = []
        for axes, level, title in zip(
            paper.axes, (ALPHA, ALPHA / QUESTIONS), ("One question", "The first of eight, Holm"), strict=True
        ):
            lines = [
                axes.plot(
                    effects,
                    [100 * power(effect, seeds, level) for effect in effects],
                    color=stroke.colour,
                    linestyle=stroke.dashes,
                )[0]
                for seeds, stroke in zip(POWER_SEEDS, STROKES, strict=False)
            ]
            axes.set(title=title, xlabel="true difference ÷ its standard deviation", ylabel="power (%)")
        paper.legend(lines)
        path.parent.mkdir(parents=True, exist_ok=True)
        paper.figure.savefig(path, metadata={"Software": None})


def written(page: str, tables: dict[str, str]) -> str:
    """Return the page with new tables, each between its two marks.

    Args:
        page: The page.
        tables: By the name in the marks.
    """
    for name, rows in tables.items():
        block = f"<!-- {name} -->\n\n{rows}\n\n<!-- end of {name} -->"
        page, found = re.subn(
            rf"<!-- {name} -->.*?<!-- end of {name} -->", lambda _, block=block: block, page, flags=re.DOTALL
        )
        if found != 1:
            raise ValueError(f"{PAGE} has no place for {name}")
    return page


def main() -> None:
    """Simulate, and write the tables and the figure."""
    tables = {
        "power": power_table(),
        "power of the first of eight": power_table(ALPHA / QUESTIONS),
        "false alarms": alarms_table(),
        "coverage": coverage_table(),
    }
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    draw_power(FIGURE)


if __name__ == "__main__":
    main()
