"""Conclusions on each exercise and on the whole study: from verdicts and findings, no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.verdict import Verdict
from paribus.analysis.runs.diagnosis import RunFindings, Runs
from paribus.analysis.runs.registry import rules, run_rules
from paribus.report.observations import observed
from paribus.report.remark import About, Remark, fatal_findings, test_scores, tested
from paribus.study.notes import exercise_numbers
from paribus.study.study import Study
from paribus.texts.message import Joined, Listed, Message
from paribus.texts.quantities import Figure

_FEW = 3
"""Questions of an exercise up to which its conclusion says what else their runs show."""


def of_exercises(
    study: Study, runs: Runs, comparisons: Sequence[Comparison], diagnosed: RunFindings
) -> list[Remark]:
    """Return what each exercise comes to.

    Args:
        study: Whose variants' names begin with the exercises' numbers.
        runs: The study's.
        comparisons: Its answered questions.
        diagnosed: What was found in the runs.
    """
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
    for finding in fatal_findings(diagnosed.of(name)):
        yield Message("remarks.concluded-not-learned", {"variant": name, "what": finding.title})
    learned = [run for run in ended if run.has_learned and run.record.history]
    if learned:
        yield from tested(learned)


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
        for finding in fatal_findings(diagnosed.of(name)):
            yield Message("remarks.concluded-not-learned", {"variant": name, "what": finding.title})


def _lost(name: str, runs: Runs, diagnosed: RunFindings) -> Iterator[object]:
    """Yield that no run of a variant trained, beside what a constant prediction scores, and why."""
    over = [run for (variant, _), run in runs.items() if variant == name and run.is_over]
    scores, values = test_scores(over), {"variant": name, "runs": len(over)}
    if scores:
        configuration, unit = over[0].configuration, over[0].record.score.unit
        test = Figure(float(np.mean(scores)), unit)
        yield Message("remarks.concluded-lost", {**values, **configuration.words, "test": test})
        constant = Figure(float(np.mean([run.majority_share for run in over])), unit)
        yield Message(f"remarks.constant-{configuration.facts.task}", {"score": constant})
    else:
        yield Message("remarks.concluded-lost-untested", values)
    for finding in fatal_findings(diagnosed.of(name)):
        if finding.cause:
            yield Message("remarks.cause", {"cause": finding.cause})


def of_study(
    study: Study, runs: Runs, comparisons: Sequence[Comparison], diagnosed: RunFindings
) -> Iterator[object]:
    """Yield what the whole study comes to; arguments as of `of_exercises`."""
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
            values = {"variants": Listed(tuple(names)), "count": len(names), **study.words}
            yield Message(f"remarks.study-{code}", values)
    if _shows_no_overfitting(runs, diagnosed):
        is_own = all(run.configuration.train is not None for run in runs.values())
        yield Message(f"remarks.study-no-overfitting{'-own' if is_own else ''}")
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
