"""Expectations of a study, judged on the runs of a hand-in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from paribus.analysis.questions.answering import compare
from paribus.analysis.questions.prediction import Agreement
from paribus.analysis.questions.published import compare_with_published
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.gathering import gather_evidence
from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.looks import LookLog
from paribus.record.metrics import value
from paribus.record.records import Records
from paribus.record.run import RunRecord
from paribus.study.metrics import metric_of, part_of, title_of
from paribus.study.model import Expectation
from paribus.study.study import Study
from paribus.texts import has_text, text
from paribus.texts.quantities import Difference, DifferenceInterval, Figure, FigureRange
from paribus.workflow.checking.submission import Outcome


class Judge:
    """Says of each expectation whether some runs are as expected, and why.

    Args:
        study: Whose expectations.
        records: The runs.
        looks: With which seeds their comparisons were shown.
        found: The findings about each variant where they cannot be looked for in the runs; None to look.
    """

    def __init__(
        self,
        study: Study,
        records: Records,
        looks: LookLog,
        found: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self.study = study
        self.records = records
        self.looks = looks
        self.found = found

    def outcome(self, expected: Expectation) -> Outcome:
        """Return what the runs show of an expectation."""
        lacking = [name for name in expected.variants if not self.records.of(name)]
        if lacking:
            return Outcome(holds=None, reason=text("check.not-run", variant=self.study.named(lacking[0])))
        match expected.kind:
            case "finding":
                return self._finding(expected)
            case "verdict":
                return self._verdict(expected)
            case "published":
                return self._published(expected)
            case "between":
                return self._between(expected)

    @cached_property
    def _findings(self) -> Mapping[str, Collection[str]]:
        if self.found is not None:
            return self.found
        codes: dict[str, set[str]] = {name: set() for name in self.records.variants}
        for each in diagnose(self.study, gather_evidence(self.records)).findings:
            codes[each.variants[0]].add(each.code)
        return codes

    def _finding(self, expected: Expectation) -> Outcome:
        if expected.variant not in self._findings:
            return Outcome(holds=None, reason=text("check.no-findings"))
        is_there = expected.finding in self._findings[expected.variant]
        code = f"diagnosis.{expected.finding}.title"
        title = text(code) if has_text(code) else expected.finding
        way = "found" if is_there else "not-found"
        words = text(f"check.{way}", finding=title, variant=self.study.named(expected.variant))
        return Outcome(holds=is_there is not expected.absent, reason=words)

    def _verdict(self, expected: Expectation) -> Outcome:
        found = compare(self.study, self.records, expected.question, looks=self.looks)
        if not found.is_answered:
            return Outcome(holds=None, reason=str(found.sentence))
        return Outcome(holds=found.verdict == expected.verdict, reason=str(found.sentence))

    def _published(self, expected: Expectation) -> Outcome:
        for each in compare_with_published(self.study, self.records).differences:
            if (each.treatment, each.reference) == (expected.treatment, expected.reference):
                agreement = each.judgement.agreement
                is_told = agreement in (Agreement.WITHIN, Agreement.DIFFERS)
                holds = agreement == expected.published if is_told else None
                return Outcome(holds=holds, reason=str(each.judgement.sentence))
        return Outcome(holds=None, reason=text("check.nothing-published"))

    def _between(self, expected: Expectation) -> Outcome:
        measured = metric_of(expected.metric)
        low, high = expected.between or (0.0, 0.0)
        if expected.variant:
            values = [_value(each, expected.metric) for each in self.records.of(expected.variant).values()]
            known = [each for each in values if each is not None]
            found = sum(known) / len(known) if known else None
            shown: object = Figure(found, measured.unit)
        else:
            found = compare(self.study, self.records, expected.question, looks=self.looks).difference
            shown = Difference(found, measured.unit)
        title = title_of(expected.metric)
        if found is None:
            return Outcome(holds=None, reason=text("check.not-measured", metric=title))
        holds = low <= found <= high
        way = "inside" if holds else "outside"
        allowed: object = FigureRange(low, high, measured.unit)
        if not expected.variant:
            allowed, way = DifferenceInterval((low, high), measured.unit), f"difference-{way}"
        return Outcome(holds=holds, reason=text(f"check.{way}", metric=title, found=shown, range=allowed))


def _value(record: RunRecord, metric: str) -> float | None:
    """Return a metric of a run as training measured it, else from what was predicted."""
    name = metric_of(metric).name
    if not record.has_ended or record.result is None:
        return None
    if part_of(metric) == "val":
        return record.kept_row.get(metric)
    if name in record.result.test:
        return record.result.test[name]
    try:
        outputs, labels = RunFolder(record.folder).predictions()
    except (OSError, StoreError):
        return None
    return value(name, outputs, labels, record.spec.configuration.facts.task)
