"""Remarks and conclusions, as a lab report has them: written from findings and verdicts, no more.

Each remark is a list of sentences; its numbers are those of the findings and of the comparisons.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from paribus.analysis.finding import Finding
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.runs.diagnosis import RunFindings, Runs
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.registry import rules
from paribus.analysis.runs.rule import Place
from paribus.record.run import defined
from paribus.report.conclusions import of_exercises, of_study
from paribus.report.observations import never_stopped, observed
from paribus.report.remark import About, Compared, Remark, fatal_findings, test_scores, tested
from paribus.study.study import Study
from paribus.texts.message import Joined, Made, Message
from paribus.texts.quantities import Figure, FigureRange


def remarks(
    study: Study, runs: Runs, diagnosed: RunFindings, comparisons: Sequence[Comparison]
) -> tuple[Remark, ...]:
    """Return remarks on each variant and each question, conclusions on each exercise and on the study."""
    compared = [each for each in comparisons if each.is_answered]
    found: list[Remark] = []
    by_variant: dict[str, dict[tuple[str, int], RunEvidence]] = {}
    for key, run in runs.items():
        by_variant.setdefault(key[0], {})[key] = run
    for name in study.variants:
        of_variant = [*by_variant.get(name, {}).values()]
        if of_variant:
            sentences = tuple(_of_variant(name, of_variant, diagnosed.of(name)))
            found.append(Remark(About.VARIANT, (name,), Made(partial(study.named, name)), sentences))
    asked: set[tuple[str, str]] = set()
    for each in compared:
        names = (each.treatment, each.reference)
        of_both = {key: run for name in names for key, run in by_variant.get(name, {}).items()}
        further = () if names in asked else tuple(_of_question(each, of_both, diagnosed))
        asked.add(names)
        found.append(Remark(About.QUESTION, names, _title(study, each), (Compared(each), *further)))
    if not found:
        return ()
    found += of_exercises(study, runs, compared, diagnosed)
    sentences = tuple(of_study(study, runs, compared, diagnosed))
    found.append(Remark(About.STUDY, (study.name,), study.name, sentences))
    return tuple(found)


def _of_variant(name: str, runs: Sequence[RunEvidence], findings: Mapping[str, Finding]) -> Iterator[object]:
    ended = [run for run in runs if run.has_ended and run.record.history]
    learned = [run for run in ended if run.has_learned]
    if len(ended) < len(runs):
        yield Message("remarks.ended", {"variant": name, "ended": len(ended), "runs": len(runs)})
    failed = fatal_findings(findings)
    for finding in failed:
        yield _remarked(finding)
        if finding.cause:
            yield Message("remarks.cause", {"cause": finding.cause})
    if learned:
        if failed:
            yield Message("remarks.of-learned", {"learned": len(learned), "runs": len(runs)})
        yield from tested(learned)
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
    scores = test_scores(without)
    if scores and learned:
        words, unit = without[0].configuration.words, without[0].record.score.unit
        between = FigureRange(min(scores), max(scores), unit) if len(scores) > 1 else Figure(scores[0], unit)
        values = {"failed": len(without), "runs": len(runs), "range": between, **words}
        yield Message("remarks.test-failed", values)
    elif not learned:
        yield from tested(without)


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


def _own_course(runs: Sequence[RunEvidence]) -> Joined:
    """Return how the metrics went that a function of the user's logged in every run."""
    first, last = [run.record.history[0] for run in runs], [run.kept for run in runs]
    score = runs[0].record.score
    is_last = all(row["epoch"] == run.epochs for row, run in zip(last, runs, strict=True))
    end = Message(f"remarks.at-{'end' if is_last else 'kept'}")
    said: list[Message] = []
    for name in (score.name, score.val, "loss", "val_loss"):
        if all(name in row for row in (*first, *last)):
            means = (float(np.mean([row[name] for row in rows])) for rows in (first, last))
            is_loss = name.endswith("loss")
            figures = [mean if is_loss else Figure(mean, score.unit) for mean in means]
            part = "val" if name.startswith("val_") else "train"
            once = "" if max(run.epochs for run in runs) > 1 else "-once"
            code = f"remarks.own-{part}-{'loss' if is_loss else 'score'}{once}"
            values = {"first": figures[0], "last": figures[1], "end": end, **runs[0].configuration.words}
            said.append(Message(code, values))
    return Joined(tuple(said))


def _course(runs: Sequence[RunEvidence]) -> Message | Joined:
    if runs[0].configuration.train is not None:
        return _own_course(runs)
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
    if score.val not in first[0]:
        return Message("remarks.course-training", values)
    is_defined = all(defined(row, score.val) is not None for row in (*first, *last))
    return Message("remarks.course" if is_defined else "remarks.course-undefined", values)


def _of_question(comparison: Comparison, runs: Runs, diagnosed: RunFindings) -> Iterator[object]:
    """Yield what there is to say of two variants, by whatever metric they are compared."""
    pair = (comparison.treatment, comparison.reference)
    both = {name: diagnosed.of(name) for name in pair}
    failed = [
        name for name, has in both.items() if any(_in_most(each, "all_runs") for each in fatal_findings(has))
    ]
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
    for finding in diagnosed.about(pair):
        if finding.code in remarked:
            values = {"first": pair[0], "second": pair[1], **finding.evidence, **finding.placeholders}
            yield Message(f"remarks.{finding.code}", values)
    for rule in rules():
        only = [name for name in pair if rule.code in both[name]]
        if rule.is_contrasted and len(only) == 1 and _in_most(both[only[0]][rule.code]):
            yield Message(f"remarks.only-{rule.code}", {"variant": only[0]})


def _in_most(finding: Finding, of: str = "judged") -> bool:
    return 2 * finding.evidence.get("found", 1) > finding.evidence.get(of, 1)


def _title(study: Study, comparison: Comparison) -> Made:
    return Made(partial(study.question_title, comparison.question))
