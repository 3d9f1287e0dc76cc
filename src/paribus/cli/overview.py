"""The first screen of a study on the terminal: what was found, a line a question and a line a variant."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from paribus.analysis.finding import Severity
from paribus.analysis.result_table import Row
from paribus.cli import tuned
from paribus.cli.curves import GAP, mean_curve, shows_bars, spark
from paribus.cli.grid import Cell, Column, show_grid
from paribus.cli.layout import shown
from paribus.cli.tables import say
from paribus.record.run import Status
from paribus.report.answers import Answer, Tone, answers
from paribus.report.charts import Values
from paribus.report.imported import import_notes
from paribus.report.material import Material
from paribus.report.tables import baselines
from paribus.report.tally import tally
from paribus.report.tiles import score_scale
from paribus.study.metrics import title_of
from paribus.texts import text
from paribus.texts.message import Listed
from paribus.texts.quantities import NOTHING, figure, interval

COLORS = {Tone.BETTER: "green", Tone.WORSE: "red", Tone.SAME: "cyan", Tone.OPEN: "yellow"}
"""How each answer looks beside its mark."""

_MOST = 16
"""Rows of either table; what is left is counted in a line."""
_CURVE = 12
_NAMED = 3
_CAUSES = 3


def show_overview(screen: Console, material: Material, requested: int) -> None:
    """Print the answer first: what has run, each question in a line, each variant in a line, warnings.

    Args:
        screen: Where to draw.
        material: Of the study.
        requested: How many runs there are or are to be.
    """
    say(screen, _heading(material, requested))
    found = answers(material.study, material.comparisons)
    if material.comparisons:
        _show_answers(screen, material, found)
    if material.designs:
        _show_designs(screen, material)
    for section in material.ranking_sections:
        screen.print()
        screen.print(Text(section.heading, style="bold"))
        say(screen, str(section.ranked.sentence))
    if any(row.statuses for row in material.rows):
        _show_variants(screen, material)
    tuned.show(screen, material)
    if material.aa_test:
        say(screen, f"\n{material.aa_test.sentence}")
    if material.records and not any(record.has_ended for record in material.records.values()):
        say(screen, text("cli.overview.none-over"))
    for line in _warnings(material):
        say(screen, line, "yellow")


def _heading(material: Material, requested: int) -> str:
    ended = sum(record.has_ended for record in material.records.values())
    parts = [material.study.name, text("cli.overview.runs", ended=ended, runs=requested)]
    if material.records:
        parts.append(material.size)
    counts = material.statuses
    counted = tally(material)
    if material.records and counted.has_others:
        parts.append(counted.words)
    troubles = (Status.RUNNING, Status.INTERRUPTED, Status.FAILED, Status.DIVERGED)
    parts += [f"{counts[each]} {text(f'report.status-{each}')}" for each in troubles if each in counts]
    return " · ".join(parts)


def _show_answers(screen: Console, material: Material, found: Sequence[Answer]) -> None:
    asked, decided = len(material.comparisons), sum(each.is_decided for each in found)
    code = "cli.overview.decided-pairs" if tally(material).has_others else "cli.overview.decided"
    counted = text(code, decided=decided, count=len(found))
    if missing := asked - len(found):
        counted += "; " + text("cli.overview.not-run", count=missing)
    screen.print()
    if not found:
        screen.print(Text(text("cli.overview.none-answered", count=asked), style="bold"))
        return
    first = found[:_MOST]
    spans = _aligned([each.ends if each.is_tested else None for each in first])
    several = len({each.comparison.unit for each in first}) > 1
    rows = [
        list(_answer_cells(each, span, with_unit=several)) for each, span in zip(first, spans, strict=True)
    ]
    columns = [
        Column(),
        Column(wraps=True),
        Column(spare=3),
        Column(text(_unit_of(first)), right=True),
        Column(text("cli.overview.interval"), spare=1),
        Column(text("cli.overview.p"), right=True, spare=2),
    ]
    show_grid(screen, columns, rows, title=counted)
    _show_rest(screen, len(found) - len(first), "questions")
    say(screen, _legend(found), "dim")


def _show_designs(screen: Console, material: Material) -> None:
    """Print each question about factors with its verdict in a sentence."""
    screen.print()
    for each in material.designs:
        screen.print(Text(f"{each.mark} {each.title}: {each.short}", style=COLORS[each.tone]))
        say(screen, each.sentences[0])


def _aligned(intervals: Sequence[tuple[str, str] | None]) -> list[str]:
    """Return intervals with their ends below each other."""
    known = [ends for ends in intervals if ends]
    low, high = (max((len(ends[place]) for ends in known), default=0) for place in (0, 1))
    return [interval(ends[0].rjust(low), ends[1].rjust(high)) if ends else NOTHING for ends in intervals]


def _answer_cells(answer: Answer, interval: str, *, with_unit: bool) -> Iterator[Cell]:
    color, difference = COLORS[answer.tone], answer.difference
    if with_unit and difference and answer.comparison.unit == "percent":
        difference = text("comparison.points-short", value=difference)
    yield Cell(f"{answer.mark} {answer.verdict}", color)
    yield Cell(answer.title_with_means)
    yield Cell(_pair(answer), "dim")
    if answer.failed and not answer.is_tested:
        yield Cell(difference)
        yield Cell(_failed(answer))
        return
    yield Cell(difference, "" if answer.tone is Tone.OPEN else f"bold {color}")
    yield Cell(interval)
    yield Cell(answer.p)


def _pair(answer: Answer) -> str:
    """Return both variants, and what is compared where neither the tables nor the title say it."""
    comparison = answer.comparison
    if comparison.is_of_score or answer.means:
        return answer.pair
    return f"{answer.pair}, {title_of(comparison.metric)}"


def _failed(answer: Answer) -> str:
    """Return in how many runs training failed; of the treatment alone it goes without saying whose."""
    failures = answer.comparison.failures
    if failures is None or failures.reference.failed:
        return answer.failed
    rate = failures.treatment
    return text("cli.overview.failed-in", failed=rate.failed, runs=rate.runs)


def _unit_of(found: Sequence[Answer]) -> str:
    """Return the code of the differences' heading: with their unit, unless some have another."""
    shares = all(each.comparison.unit == "percent" for each in found)
    return f"cli.overview.difference{'' if shares else '-plain'}"


def _legend(found: Sequence[Answer]) -> str:
    family = max(each.comparison.family for each in found)
    code = "cli.overview.legend" if family > 1 else "cli.overview.legend-one"
    words = text(code, count=family)
    if any(each.comparison.procedure == "sequential" for each in found):
        words += " " + text("cli.overview.legend-sequential")
    if any(each.comparison.confounded_by for each in found):
        words += " " + text("cli.overview.legend-star")
    return words


def _show_variants(screen: Console, material: Material) -> None:
    ran = [row for row in material.rows if row.statuses]
    ordered = sorted(ran, key=lambda row: -math.inf if row.test is None else row.test, reverse=True)
    first = ordered[:_MOST]
    curves = _curves(material, first) if shows_bars(screen) else {}
    rows = [list(_variant_cells(material, row, curves)) for row in first]
    words = material.study.words
    columns = [
        Column(text("cli.overview.test", **words), right=True),
        Column(text("cli.overview.validation", **words), right=True),
        Column(text("cli.overview.variant"), wraps=True),
        *([Column(text("cli.overview.curve"), spare=1)] if curves else []),
    ]
    screen.print()
    show_grid(screen, columns, rows)
    _show_rest(screen, len(ordered) - len(first), "variants")
    for words in baselines(material.rows):
        say(screen, words, "dim")
    for words in import_notes(material.study, brief=True):
        say(screen, words, "dim")
    if missing := [row.variant for row in material.rows if not row.statuses]:
        say(screen, text("cli.overview.waiting", variants=_listed(material, missing)))


def _curves(material: Material, rows: Sequence[Row]) -> dict[str, str]:
    """Return the variants' curves of the validation score as bars, those of one data set on one scale."""
    score = material.study.score
    drawn: dict[str, str] = {}
    by_data: dict[object, list[tuple[Row, list[float]]]] = {}
    for row in rows:
        curve = mean_curve(material.records.of(row.variant).values(), score.val)
        by_data.setdefault(row.data, []).append((row, [_percent(value) for value in curve]))
    for found in by_data.values():
        trained = [curve for row, curve in found if not row.failures.is_total]
        axis = score_scale([_known(curve) for curve in trained or [curve for _, curve in found]])
        for row, curve in found:
            drawn[row.variant] = spark(curve, width=_CURVE, scale=(axis.low, axis.high))
    return drawn if any(bars.strip(GAP) for bars in drawn.values()) else {}


def _percent(score: float) -> float:
    """Return a score in percent of the best; R² may lie far below 0, the score of a constant prediction."""
    return 0.0 if score < 0 else 100 * score


def _known(curve: Sequence[float]) -> Values:
    return tuple(value if math.isfinite(value) else None for value in curve)


def _variant_cells(material: Material, row: Row, curves: Mapping[str, str]) -> Iterator[Cell]:
    yield Cell(_with_deviation(material, row), "bold")
    yield Cell(_figure(material, row.validation))
    words = material.study.named(row.variant)
    if row.failures.failed:
        words += f" ({text('cli.overview.failed', failed=row.failures.failed, runs=row.failures.runs)})"
    yield Cell(words, "red" if row.failures.failed else "")
    if curves:
        yield Cell(curves[row.variant], "blue")


def _with_deviation(material: Material, row: Row) -> str:
    if row.test is None:
        return NOTHING
    words = _figure(material, row.test)
    tests = [run.test_score for run in material.records.of(row.variant).values()]
    known = [test for test in tests if test is not None]
    if len(known) < 2:
        return words
    return f"{words} ±{_figure(material, statistics.stdev(known))}"


def _figure(material: Material, value: float | None) -> str:
    return figure(value, material.study.score.unit, ".3f", ".1f")


def cause_lines(material: Material) -> Iterator[str]:
    """Yield why runs failed or diverged: a line for each variant and cause, with its seeds."""
    for variant in material.records.variants:
        for cause, seeds in material.records.causes(variant).items():
            named = shown(material.study.named(variant))
            yield text("cli.cause", variant=named, count=len(seeds), seeds=Listed(seeds), cause=cause)


def _warnings(material: Material) -> Iterator[str]:
    if material.damaged:
        names = Listed(tuple(material.damaged))
        yield text("cli.overview.damaged", files=names, count=len(material.damaged))
    if not material.looks.is_recorded:
        yield text("page.looks-unrecorded")
    for kind, names in material.doubtful_images.items():
        yield text(f"cli.overview.{kind}", names=names)
    if count := material.statuses.get(Status.INTERRUPTED):
        yield text("cli.interrupted-runs", count=count, study=material.study.name)
    causes = list(cause_lines(material))
    yield from causes[:_CAUSES]
    if len(causes) > _CAUSES:
        yield text("cli.overview.more-causes", count=len(causes) - _CAUSES)
    found = {
        severity: [name for name, its in material.severities.items() if severity in its]
        for severity in (Severity.SERIOUS, Severity.WARNING)
    }
    for severity, variants in found.items():
        if variants:
            yield text(f"cli.overview.{severity}", variants=_listed(material, variants))


def _listed(material: Material, variants: Sequence[str]) -> str:
    """Return variants by name and label, as many as a line has room for."""
    return shown(str(Listed(tuple(map(material.study.named, variants)), _NAMED)))


def _show_rest(screen: Console, count: int, kind: str) -> None:
    if count > 0:
        say(screen, text(f"cli.overview.more-{kind}", count=count))
