"""Remarks and conclusions, as a lab report has them: written from findings and verdicts, no more.

Each remark is a list of sentences; its numbers are those of the findings and of the comparisons.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.per_image import wilson
from paribus.analysis.questions.verdict import Verdict
from paribus.analysis.runs.diagnosis import RunFindings, Runs
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.registry import rules, run_rules
from paribus.analysis.runs.rule import Place
from paribus.report.observations import never_stopped, observed
from paribus.study.notes import exercise_numbers
from paribus.study.study import Study
from paribus.texts.message import Joined, Listed, Made, Message
from paribus.texts.printable import Block, Paragraph, Printable
from paribus.texts.quantities import Figure, FigureRange

_FEW = 3
"""Questions of an exercise up to which its conclusion says what else their runs show."""


class About(StrEnum):
    """What a remark is about."""

    VARIANT = "variant"
    QUESTION = "question"
    EXERCISE = "exercise"
    STUDY = "study"


@dataclass(frozen=True, repr=False)
class Remark(Printable):
    """What there is to say of one thing.

    Args:
        about: What kind of thing.
        names: The variant; treatment and reference; the exercise; the study.
        title: The same as a heading has it.
        sentences: One after the other.
    """

    about: About
    names: tuple[str, ...]
    title: object
    sentences: tuple[object, ...]

    @property
    def heading(self) -> Message:
        """What it is about, in words."""
        return Message(f"remarks.about-{self.about}", {"title": self.title})

    def __str__(self) -> str:
        return str(Joined(self.sentences))

    def __repr__(self) -> str:
        return f"Remark({self.about}: {', '.join(self.names)})"

    def blocks(self) -> Iterator[Block]:
        """Return the sentences under the heading."""
        yield Paragraph(str(self), about=self.heading)

    def without(self, findings: Iterable[Finding]) -> str:
        """Return the sentences that none of these findings says; for where the findings are shown beside it.

        Args:
            findings: Those that are shown.
        """
        codes = {"remarks.cause", *(f"remarks.{each.code}" for each in findings)}
        own = [each for each in self.sentences if not (isinstance(each, Message) and each.code in codes)]
        return str(Joined(tuple(own)))

    @property
    def without_comparison(self) -> str:
        """The same for where the comparison is shown already; empty where nothing is left to say."""
        return str(Joined(tuple(each for each in self.sentences if not isinstance(each, _Compared))))


def remarks(
    study: Study, runs: Runs, diagnosed: RunFindings, comparisons: Sequence[Comparison]
) -> tuple[Remark, ...]:
    """Return remarks on each variant and each question, conclusions on each exercise and on the study."""
    compared = [each for each in comparisons if each.is_answered]
    found: list[Remark] = []
    for name in study.variants:
        of_variant = [run for (variant, _), run in runs.items() if variant == name]
        if of_variant:
            sentences = tuple(_of_variant(name, of_variant, diagnosed.of(name)))
            found.append(Remark(About.VARIANT, (name,), Made(partial(study.named, name)), sentences))
    asked: set[tuple[str, str]] = set()
    for each in compared:
        names = (each.treatment, each.reference)
        further = () if names in asked else tuple(_of_question(each, runs, diagnosed))
        asked.add(names)
        found.append(Remark(About.QUESTION, names, _title(study, each), (_Compared(each), *further)))
    if not found:
        return ()
    found += _exercises(study, runs, compared, diagnosed)
    sentences = tuple(_of_study(study, runs, compared, diagnosed))
    found.append(Remark(About.STUDY, (study.name,), study.name, sentences))
    return tuple(found)


def _of_variant(name: str, runs: Sequence[RunEvidence], findings: Mapping[str, Finding]) -> Iterator[object]:
    ended = [run for run in runs if run.has_ended and run.record.history]
    learned = [run for run in ended if run.has_learned]
    if len(ended) < len(runs):
        yield Message("remarks.ended", {"variant": name, "ended": len(ended), "runs": len(runs)})
    failed = _fatal(findings)
    for finding in failed:
        yield _remarked(finding)
        if finding.cause:
            yield Message("remarks.cause", {"cause": finding.cause})
    if learned:
        if failed:
            yield Message("remarks.of-learned", {"learned": len(learned), "runs": len(runs)})
        yield from _tested(learned)
        if len(learned) > 1:
            yield Message("remarks.means", {"number": len(learned)})
        yield _course(learned)
        if never_stopped(ended):
            yield Message("remarks.never-stopped", {"count": len(ended), "epochs": ended[0].epochs})
        placed = [(rule.remark, findings[rule.code]) for rule in rules() if rule.code in findings]
        for place in (Place.CONVERGENCE, Place.CURVES, Place.INTERNALS):
            for remark, finding in placed:
                if remark is place and (place is not Place.CONVERGENCE or _in_most(finding)):
                    yield _remarked(finding, len(learned))
    without = [run for run in ended if not run.has_learned]
    scores = _scores(without)
    if scores and learned:
        words, unit = without[0].configuration.words, without[0].record.score.unit
        between = FigureRange(min(scores), max(scores), unit) if len(scores) > 1 else Figure(scores[0], unit)
        values = {"failed": len(without), "runs": len(runs), "range": between, **words}
        yield Message("remarks.test-failed", values)
    elif not learned:
        yield from _tested(without)


def _fatal(findings: Mapping[str, Finding]) -> list[Finding]:
    """Return the findings after which nothing is said of curves that show no learning."""
    return [findings[rule.code] for rule in run_rules() if rule.is_fatal and rule.code in findings]


def _remarked(finding: Finding, means_of: int = 1) -> Message:
    """Return the finding's sentence in a remark, shorter than its own.

    Args:
        finding: Of one variant.
        means_of: Of how many runs the remark has said that its numbers are means.
    """
    values = {"variant": finding.variants[0], **finding.evidence, **finding.placeholders}
    return Message(f"remarks.{finding.code}", {**values, "how_many": _how_many(finding, means_of)})


def _how_many(finding: Finding, means_of: int) -> Message | str:
    """Return of how many runs a finding's numbers are means, or whose they are; nothing of one run."""
    counted, runs = finding.evidence, finding.placeholders.get("runs")
    if "seed" in counted and counted["all_runs"] > 1:
        code = "some" if counted["judged"] == counted["all_runs"] else "judged"
        return Message(f"remarks.in-{code}", {**counted, "count": counted["judged"]})
    is_mean = isinstance(runs, Message) and runs.code.startswith("diagnosis.mean-of")
    number = len(finding.seeds)
    is_new = is_mean and number > 1 and number != means_of
    return Message("remarks.mean-of", {"number": number}) if is_new else ""


def _course(runs: Sequence[RunEvidence]) -> Message:
    first = [run.record.history[0] for run in runs]
    last = [run.kept for run in runs]
    score = runs[0].record.score
    is_last = all(row["epoch"] == run.epochs for row, run in zip(last, runs, strict=True))
    values: dict[str, object] = {
        "end": Message(f"remarks.at-{'end' if is_last else 'kept'}"),
        **runs[0].configuration.words,
    }
    for part in ("", "val_"):
        for place, rows in (("first", first), ("last", last)):
            scores = [row.get(f"{part}{score.name}", math.nan) for row in rows]
            values[f"{place}_{part}score"] = Figure(float(np.mean(scores)), score.unit)
            losses = [row.get(f"{part}data_loss", math.nan) for row in rows]
            values[f"{place}_{part}data_loss"] = float(np.mean(losses))
    return Message("remarks.course" if score.val in first[0] else "remarks.course-training", values)


def _scores(runs: Sequence[RunEvidence]) -> list[float]:
    return [run.record.test_score for run in runs if run.record.test_score is not None]


def _tested(runs: Sequence[RunEvidence]) -> Iterator[object]:
    """Yield what runs score on the test examples; nothing where no score is defined."""
    scores = _scores(runs)
    if not scores:
        return
    unit = runs[0].record.score.unit
    mean = float(np.mean(scores))
    images = runs[0].record.data.test
    values: dict[str, object] = {"test": Figure(mean, unit), **runs[0].configuration.words}
    if len(scores) == 1:
        values["images"] = float(images)
        if unit == "percent":
            between = FigureRange(*wilson(round(mean * images), images), unit)
            yield Message("remarks.test-one", {**values, "range": between})
        else:
            yield Message("remarks.test-one-plain", values)
        return
    half = _half_width(scores)
    code = "test-all-alike" if half <= 2e-7 else "test"
    between = FigureRange(mean - half, mean + half, unit)
    yield Message(f"remarks.{code}", {**values, "range": between, "runs": len(scores)})


def _half_width(values: Sequence[float]) -> float:
    from scipy.special import stdtrit

    spread = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(stdtrit(len(values) - 1, 0.975)) * spread


def _of_question(comparison: Comparison, runs: Runs, diagnosed: RunFindings) -> Iterator[object]:
    """Yield what there is to say of two variants, by whatever metric they are compared."""
    pair = (comparison.treatment, comparison.reference)
    both = {name: diagnosed.of(name) for name in pair}
    failed = [name for name, has in both.items() if any(_in_most(each, "all_runs") for each in _fatal(has))]
    for name in failed:
        yield Message("remarks.compared-failed", {"variant": name})
    if failed:
        return
    for rule in (each for each in rules() if each.is_compared):
        mine, other = (both[name].get(rule.code) for name in pair)
        if mine and other and _in_most(mine) and _in_most(other):
            words = rule.compare(mine, other)
            if words is not None:
                yield words
    yield from observed(runs, *pair)
    remarked = {rule.code for rule in rules() if rule.remark is Place.QUESTION}
    for finding in diagnosed.findings:
        if finding.variants == pair and finding.code in remarked:
            values = {"first": pair[0], "second": pair[1], **finding.evidence, **finding.placeholders}
            yield Message(f"remarks.{finding.code}", values)
    for rule in rules():
        only = [name for name in pair if rule.code in both[name]]
        if rule.is_contrasted and len(only) == 1 and _in_most(both[only[0]][rule.code]):
            yield Message(f"remarks.only-{rule.code}", {"variant": only[0]})


def _in_most(finding: Finding, of: str = "judged") -> bool:
    return 2 * finding.evidence.get("found", 1) > finding.evidence.get(of, 1)


@dataclass(frozen=True)
class _Compared:
    """A comparison with what must be known to read it, as sentences when it is read."""

    comparison: Comparison

    def __str__(self) -> str:
        return str(Joined((self.comparison.sentence, *self.comparison.cautions)))


def _exercises(
    study: Study, runs: Runs, comparisons: Sequence[Comparison], diagnosed: RunFindings
) -> list[Remark]:
    numbers = exercise_numbers(study.variants)
    asked = {each.treatment for each in study.questions}
    found: list[Remark] = []
    for number in dict.fromkeys(numbers.values()):
        own = [name for name, of in numbers.items() if of == number]
        of_exercise = [each for each in comparisons if numbers[each.treatment] == number]
        sentences = list(_concluded(of_exercise, runs, diagnosed))
        if asked and asked.isdisjoint(own):
            sentences = [each for name in own for each in _unasked(study, name, runs, diagnosed)]
        if sentences:
            found.append(Remark(About.EXERCISE, (number,), number, tuple(sentences)))
    return found


def _unasked(study: Study, name: str, runs: Runs, diagnosed: RunFindings) -> Iterator[object]:
    """Yield how well a variant does about which the study asks nothing."""
    ended = [run for (variant, _), run in runs.items() if variant == name and run.has_ended]
    if not ended:
        return
    is_reference = any(each.reference == name for each in study.questions)
    yield Message(f"remarks.concluded-{'reference' if is_reference else 'unasked'}", {"variant": name})
    for finding in _fatal(diagnosed.of(name)):
        yield Message("remarks.concluded-not-learned", {"variant": name, "what": finding.title})
    learned = [run for run in ended if run.has_learned and run.record.history]
    if learned:
        yield from _tested(learned)


def _concluded(comparisons: Sequence[Comparison], runs: Runs, diagnosed: RunFindings) -> Iterator[object]:
    lost: dict[str, None] = {}
    for each in comparisons:
        if each.failures is not None and each.verdict is Verdict.FAILED:
            sides = ((each.treatment, each.failures.treatment), (each.reference, each.failures.reference))
            lost |= {name: None for name, rate in sides if rate.is_total}
        else:
            yield from each.concluded
            if len(comparisons) <= _FEW:
                yield from observed(runs, each.treatment, each.reference)
    for name in lost:
        yield from _lost(name, runs, diagnosed)
    for name in dict.fromkeys(each.treatment for each in comparisons if each.treatment not in lost):
        for finding in _fatal(diagnosed.of(name)):
            yield Message("remarks.concluded-not-learned", {"variant": name, "what": finding.title})


def _title(study: Study, comparison: Comparison) -> Made:
    return Made(partial(study.question_title, comparison.question))


def _lost(name: str, runs: Runs, diagnosed: RunFindings) -> Iterator[object]:
    """Yield that no run of a variant trained, beside what a constant prediction scores, and why."""
    over = [run for (variant, _), run in runs.items() if variant == name and run.is_over]
    scores, values = _scores(over), {"variant": name, "runs": len(over)}
    if scores:
        configuration, unit = over[0].configuration, over[0].record.score.unit
        test = Figure(float(np.mean(scores)), unit)
        yield Message("remarks.concluded-lost", {**values, **configuration.words, "test": test})
        constant = Figure(float(np.mean([run.majority_share for run in over])), unit)
        yield Message(f"remarks.constant-{configuration.facts.task}", {"score": constant})
    else:
        yield Message("remarks.concluded-lost-untested", values)
    for finding in _fatal(diagnosed.of(name)):
        if finding.cause:
            yield Message("remarks.cause", {"cause": finding.cause})


def _of_study(
    study: Study, runs: Runs, comparisons: Sequence[Comparison], diagnosed: RunFindings
) -> Iterator[object]:
    if comparisons:
        counts = {verdict: sum(each.verdict is verdict for each in comparisons) for verdict in Verdict}
        verdicts = tuple(
            Message(f"remarks.counted-{verdict}", {"count": count})
            for verdict, count in counts.items()
            if count
        )
        confounded = sum(bool(each.confounded_by) for each in comparisons)
        values = {"count": len(comparisons), "verdicts": Joined(verdicts, between=", ")}
        yield Message("remarks.study-answers", values)
        if confounded:
            yield Message("remarks.study-confounded", {"count": confounded})
        is_of_one = len({seed for _, seed in runs}) == 1
        if is_of_one and any(each.seeds for each in comparisons):
            yield Message("remarks.study-one-seed")
    failed = {name for (name, _), run in runs.items() if run.is_over and not run.has_learned}
    ended = [(name, run) for (name, _), run in runs.items() if run.has_ended and name not in failed]
    for data in dict.fromkeys(run.record.data for _, run in ended):
        scores: dict[str, list[float]] = {}
        for name, run in ended:
            if run.record.data == data and run.record.test_score is not None:
                scores.setdefault(name, []).append(run.record.test_score)
        means = {name: float(np.mean(each)) for name, each in scores.items()}
        if len(means) > 1:
            best = max(means, key=means.__getitem__)
            test = Figure(means[best], study.score.unit)
            values = {"data": data.name, "variant": best, "test": test, **study.words}
            yield Message("remarks.study-highest", values)
    for code in [rule.code for rule in rules() if rule.is_summarized]:
        names = [
            _named(each)
            for each in diagnosed.findings
            if each.code == code and each.severity is not Severity.INFO
        ]
        if names:
            yield Message(f"remarks.study-{code}", {"variants": Listed(tuple(names)), "count": len(names)})
    if _shows_no_overfitting(runs, diagnosed):
        yield Message("remarks.study-no-overfitting")
    if not any(run.is_over for run in runs.values()):
        yield Message("remarks.study-none-over")
    elif not any(each.severity is not Severity.INFO for each in diagnosed.findings):
        yield Message("remarks.study-nothing-wrong")


def _shows_no_overfitting(runs: Runs, diagnosed: RunFindings) -> bool:
    """Return whether overfitting was looked for in some run and found in none."""
    rule = next(each for each in run_rules() if each.code == "overfitting")
    found = any(each.code.startswith("overfit") for each in diagnosed.findings)
    return not found and any(rule.can_judge(run) for run in runs.values())


def _named(finding: Finding) -> Message:
    """Return the variant that has a finding, with the number of its runs that do, where there are several."""
    counted = finding.evidence
    if counted.get("all_runs", 1) == 1:
        return Message("remarks.study-of", {"variant": finding.variants[0]})
    code = "some" if counted["judged"] == counted["all_runs"] else "judged"
    values = {"variant": finding.variants[0], **counted, "count": counted["judged"]}
    return Message(f"remarks.study-in-{code}", values)
