"""Remarks and conclusions, as a lab report has them: written from findings and verdicts, no more.

Each remark is a list of sentences to be told; numbers are those of the findings and of the answers.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.questions.comparison import Comparison, Verdict, amount
from paribus.analysis.questions.per_image import wilson
from paribus.analysis.runs.diagnosis import RunFindings, Runs
from paribus.analysis.runs.evidence import RunEvidence
from paribus.study.study import Study
from paribus.texts.message import Listed, Message

FAILED = ("one-answer", "nothing-learned", "diverged")
"""Findings after which nothing is said of curves that show no learning."""
_TOLD = (
    "overfitting",
    "overfits-beside",
    "underfitting",
    "oscillation",
    "plateau",
    "penalty-dominates",
    "stopped-early",
    "stopped-too-soon",
    "stopped-on-penalty",
    "silent-layer",
    "dead-units",
    "exploding",
    "vanishing",
)


class About(StrEnum):
    """What a remark is about."""

    VARIANT = "variant"
    QUESTION = "question"
    EXERCISE = "exercise"
    STUDY = "study"


@dataclass(frozen=True)
class Remark:
    """What there is to say of one thing.

    Args:
        about: What kind of thing.
        names: The variant; treatment and reference; the exercise; the study.
        sentences: To be told one after the other.
    """

    about: About
    names: tuple[str, ...]
    sentences: tuple[object, ...]

    @property
    def heading(self) -> str:
        """What it is about, in words."""
        first, second = (*self.names, "")[:2]
        return str(Message(f"remarks.about-{self.about}", {"first": first, "second": second}))

    def __str__(self) -> str:
        return _joined(self.sentences)

    def _repr_html_(self) -> str:
        return f"<p><strong>{html.escape(self.heading)}</strong><br>{html.escape(str(self))}</p>"

    @property
    def beside(self) -> str:
        """The same for where the question's answer stands already; empty where there is no more to say."""
        return _joined([each for each in self.sentences if not isinstance(each, _Answer)])


def _joined(sentences: Sequence[object]) -> str:
    return " ".join(word for sentence in sentences for word in str(sentence).split())


def remarks(
    study: Study, runs: Runs, diagnosed: RunFindings, answers: Sequence[Comparison]
) -> tuple[Remark, ...]:
    """The remarks on each variant and each question, the conclusions of each exercise and of the study.

    Args:
        study: What was asked.
        runs: What is known of each run.
        diagnosed: What was found in them.
        answers: The study's questions answered.
    """
    answered = [each for each in answers if each.seeds]
    found: list[Remark] = []
    for name in study.variants:
        of_variant = [run for (variant, _), run in runs.items() if variant == name]
        if of_variant:
            sentences = tuple(_of_variant(name, of_variant, diagnosed.of(name)))
            found.append(Remark(About.VARIANT, (name,), sentences))
    for answer in answered:
        names = (answer.treatment, answer.reference)
        found.append(Remark(About.QUESTION, names, tuple(_of_question(answer, diagnosed))))
    if not found:
        return ()
    found += _exercises(study, answered, diagnosed)
    found.append(Remark(About.STUDY, (study.name,), tuple(_of_study(study, runs, answered, diagnosed))))
    return tuple(found)


def _of_variant(name: str, runs: Sequence[RunEvidence], findings: Mapping[str, Finding]) -> Iterator[object]:
    failed = [findings[code] for code in FAILED if code in findings]
    ended = [run for run in runs if run.has_ended and run.record.history]
    if len(ended) < len(runs):
        yield Message("remarks.ended", {"variant": name, "ended": len(ended), "runs": len(runs)})
    if failed:
        for finding in failed:
            yield _remarked(finding)
            if finding.cause:
                yield Message("remarks.cause", {"cause": _Cause(finding)})
    elif ended:
        yield from _course(ended)
        for code in ("converged", "not-converged"):
            if code in findings and _in_most(findings[code]):
                yield _remarked(findings[code])
        if "gap" in findings:
            yield _remarked(findings["gap"])
        yield from (_remarked(findings[code]) for code in _TOLD if code in findings)
    if ended:
        yield from _tested(ended)


@dataclass(frozen=True)
class _Cause:
    """A finding's cause, in words when it is told."""

    finding: Finding

    def __str__(self) -> str:
        return self.finding.cause


def _remarked(finding: Finding) -> Message:
    """The finding's sentence in a remark, shorter than its own."""
    told = {"variant": finding.variants[0], **finding.evidence, **finding.placeholders}
    some = finding.evidence.get("found", 0) < finding.evidence.get("judged", 0)
    told["how_many"] = Message("remarks.in-some", finding.evidence) if some else ""
    return Message(f"remarks.{finding.code}", told)


def _course(runs: Sequence[RunEvidence]) -> Iterator[object]:
    """How accuracies and losses went, means over the runs."""
    first = [run.record.history[0] for run in runs]
    last = [run.kept for run in runs]
    names = [name for name in ("accuracy", "val_accuracy", "data_loss", "val_data_loss") if name in first[0]]
    values: dict[str, object] = {"runs": len(runs), "epochs": float(np.mean([row["epoch"] for row in last]))}
    for name in names:
        values[f"first_{name}"] = float(np.mean([row[name] for row in first]))
        values[f"last_{name}"] = float(np.mean([row.get(name, math.nan) for row in last]))
    yield Message("remarks.course" if "val_accuracy" in names else "remarks.course-training", values)


def _tested(runs: Sequence[RunEvidence]) -> Iterator[object]:
    shares = [run.record.result.test["accuracy"] for run in runs if run.record.result]
    mean = float(np.mean(shares))
    images = runs[0].record.data.test
    if len(shares) == 1:
        low, high = wilson(round(mean * images), images)
        values = {"test": mean, "low": low, "high": high, "images": float(images)}
        yield Message("remarks.test-one", values)
        return
    half = _half_width(shares)
    code = "test-all-alike" if half <= 2e-7 else "test"
    yield Message(
        f"remarks.{code}", {"test": mean, "low": mean - half, "high": mean + half, "runs": len(shares)}
    )


def _half_width(values: Sequence[float]) -> float:
    """Half of Student's 95 % interval of a mean."""
    from scipy.special import stdtrit

    spread = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(stdtrit(len(values) - 1, 0.975)) * spread


def _of_question(answer: Comparison, diagnosed: RunFindings) -> Iterator[object]:
    yield _Answer(answer)
    mine, other = diagnosed.of(answer.treatment), diagnosed.of(answer.reference)
    named = {"treatment": answer.treatment, "reference": answer.reference}
    failed = [
        (name, each) for name, each in ((answer.treatment, mine), (answer.reference, other)) if _failed(each)
    ]
    if failed:
        for name, findings in failed:
            yield Message("remarks.compared-failed", {"variant": name, "what": _Title(_failed(findings)[0])})
        return
    if "gap" in mine and "gap" in other:
        gaps = {"gap": mine["gap"].evidence["gap"], "other_gap": other["gap"].evidence["gap"]}
        yield Message("remarks.compared-gap", {**named, **gaps})
    if all("converged" in each and _in_most(each["converged"]) for each in (mine, other)):
        epochs = [each["converged"].evidence["validation_epoch"] for each in (mine, other)]
        yield Message("remarks.compared-convergence", {**named, "epoch": epochs[0], "other_epoch": epochs[1]})
    pair = (answer.treatment, answer.reference)
    for finding in diagnosed.findings:
        if finding.variants == pair:
            told = {"first": pair[0], "second": pair[1], **finding.evidence, **finding.placeholders}
            yield Message(f"remarks.{finding.code}", told)
    for code in ("overfitting", "underfitting", "not-converged"):
        both = ((pair[0], mine), (pair[1], other))
        only = [name for name, each in both if code in each]
        if len(only) == 1 and _in_most(dict(both)[only[0]][code]):
            yield Message(f"remarks.only-{code}", {"variant": only[0]})


def _in_most(finding: Finding) -> bool:
    """Whether it is so in more than half of the runs that can be judged."""
    return 2 * finding.evidence.get("found", 1) > finding.evidence.get("judged", 1)


@dataclass(frozen=True)
class _Answer:
    """An answer with what must be known to read it, in words when it is told."""

    answer: Comparison

    def __str__(self) -> str:
        return " ".join([self.answer.sentence, *self.answer.cautions])


@dataclass(frozen=True)
class _Title:
    """A finding's title, in words when it is told."""

    finding: Finding

    def __str__(self) -> str:
        return self.finding.title


def _failed(findings: Mapping[str, Finding]) -> list[Finding]:
    return [findings[code] for code in FAILED if code in findings]


def _exercises(study: Study, answers: Sequence[Comparison], diagnosed: RunFindings) -> list[Remark]:
    """Conclusions of the exercises, where the variants' names begin with their numbers, as a lab's do."""
    numbers = {name: match.group() for name in study.variants if (match := re.match(r"\d+", name))}
    if len(numbers) < len(study.variants) or len(set(numbers.values())) == len(numbers):
        return []
    found: list[Remark] = []
    for number in dict.fromkeys(numbers.values()):
        asked = [each for each in answers if numbers[each.treatment] == number]
        if asked:
            sentences = tuple(_concluded(asked, diagnosed))
            found.append(Remark(About.EXERCISE, (number,), sentences))
    return found


def _concluded(answers: Sequence[Comparison], diagnosed: RunFindings) -> Iterator[object]:
    """What the answers allow to be concluded together; a confounded one is told apart."""
    clear = [each for each in answers if not each.confounded_by]
    for verdict in Verdict:
        told = [_short(each, verdict) for each in clear if each.verdict is verdict]
        if told:
            yield Message(f"remarks.concluded-{verdict}", {"pairs": Listed(tuple(told))})
    mixed = [
        Message("remarks.pair-verdict", {**_pair(each), "verdict": Message(f"remarks.word-{each.verdict}")})
        for each in answers
        if each.confounded_by
    ]
    if mixed:
        yield Message("remarks.concluded-confounded", {"pairs": Listed(tuple(mixed))})
    names = dict.fromkeys(each.treatment for each in answers)
    for name in names:
        for finding in _failed(diagnosed.of(name)):
            yield Message("remarks.concluded-failed", {"variant": name, "what": _Title(finding)})


def _pair(answer: Comparison) -> dict[str, object]:
    return {"treatment": answer.treatment, "reference": answer.reference}


def _short(answer: Comparison, verdict: Verdict) -> Message:
    code = "pair" if verdict is Verdict.UNDECIDED else "pair-difference"
    return Message(f"remarks.{code}", {**_pair(answer), "difference": _Difference(answer)})


@dataclass(frozen=True)
class _Difference:
    """An answer's difference with its unit, in words when it is told."""

    answer: Comparison

    def __str__(self) -> str:
        return amount(self.answer.difference, self.answer.metric)


def _of_study(
    study: Study, runs: Runs, answers: Sequence[Comparison], diagnosed: RunFindings
) -> Iterator[object]:
    if answers:
        counts = {str(verdict): sum(each.verdict is verdict for each in answers) for verdict in Verdict}
        confounded = sum(bool(each.confounded_by) for each in answers)
        yield Message("remarks.study-answers", {"count": len(answers), **counts})
        if confounded:
            yield Message("remarks.study-confounded", {"count": confounded})
        if max(len(each.seeds) for each in answers) < 2:
            yield Message("remarks.study-one-seed")
    ended = [(key[0], run) for key, run in runs.items() if run.has_ended]
    for data in dict.fromkeys(run.record.data for _, run in ended):
        shares: dict[str, list[float]] = {}
        for name, run in ended:
            if run.record.data == data and run.record.result:
                shares.setdefault(name, []).append(run.record.result.test["accuracy"])
        means = {name: float(np.mean(each)) for name, each in shares.items()}
        if len(means) > 1:
            best = max(means, key=means.__getitem__)
            values = {"data": data.name, "variant": best, "test": means[best]}
            yield Message("remarks.study-highest", values)
    for code in ("one-answer", "nothing-learned", "diverged", "overfitting", "underfitting", "oscillation"):
        names = [
            each.variants[0]
            for each in diagnosed.findings
            if each.code == code and each.severity is not Severity.INFO
        ]
        if names:
            yield Message(f"remarks.study-{code}", {"variants": Listed(tuple(names)), "count": len(names)})
    if not any(each.severity is not Severity.INFO for each in diagnosed.findings):
        yield Message("remarks.study-nothing-wrong")
