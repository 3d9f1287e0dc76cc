"""The diagnosis of a study's runs for a user: what went on in each, over seeds, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from paribus.analysis.causes.advice import Advice, advice
from paribus.analysis.finding import Finding, plain
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.runs.diagnosis import RunFindings, diagnose
from paribus.analysis.runs.gathering import gather_evidence
from paribus.record.files import finite
from paribus.record.records import Records
from paribus.report.findings import sentences, severity_counts
from paribus.report.remark import About, Remark
from paribus.report.remarks import remarks
from paribus.study.study import Study
from paribus.texts.message import Joined, Message
from paribus.texts.printable import Block, Code, Heading, Paragraph, Printable
from paribus.workflow.listing import Listing


@dataclass(frozen=True, repr=False)
class Diagnosis(Printable):
    """The findings about a study's runs, variant by variant; whether any run has validation images.

    `labels` has the names with the labels of the variants that have run, `places` also the
    pairs that questions compare, as `Study.places`.
    """

    study: str
    diagnosed: RunFindings
    advice: tuple[Advice, ...] = ()
    ended: int = 0
    is_validated: bool = True
    unvalidated: str = "validated"
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    places: Mapping[tuple[str, ...], str] = field(default_factory=dict[tuple[str, ...], str])

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of variants, over their seeds."""
        return self.diagnosed.findings

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def by_variant(self) -> Mapping[str, tuple[Finding, ...]]:
        """Return the findings of each variant, the worst first."""
        found: dict[str, list[Finding]] = {}
        for each in self:
            found.setdefault(each.variants[0], []).append(each)
        return {name: tuple(its) for name, its in found.items()}

    @property
    def variants(self) -> int:
        """How many variants have run."""
        return len(self.labels)

    @property
    def heading(self) -> Message:
        """How many findings of which severity there are, in words."""
        counted = severity_counts(self.findings)
        return Message("diagnosis.heading", {"study": self.study, "counted": counted})

    @property
    def nothing(self) -> Joined:
        """That nothing was found, and why, in words; empty where something was."""
        if self.findings:
            return Joined(())
        if not self.ended:
            return Joined((Message("diagnosis.none"),))
        found = Message("diagnosis.none-found", {"count": self.ended})
        reason = "" if self.is_validated else Message(f"diagnosis.none-{self.unvalidated}")
        return Joined((found, reason))

    def tree(self) -> object:
        """Return the findings as JSON can hold them; numbers that are not finite are null."""
        findings = [plain(found) for found in self]
        return finite(
            {"study": self.study, "findings": findings, "advice": [_tried(each) for each in self.advice]}
        )

    def blocks(self) -> Iterator[Block]:
        """Return the number of findings, each in words by variant, and what to try next."""
        yield Paragraph(self.heading)
        if not self.findings:
            yield Paragraph(self.nothing)
        for variant, findings in self.by_variant().items():
            yield Heading(self.labels.get(variant, variant))
            for each in findings:
                severity = Message(f"finding.severity-{each.severity}")
                yield Paragraph(Joined(sentences(each)), about=Joined((severity, each.title), between=": "))
        for each in self.advice:
            yield Paragraph(Joined(each.sentences))
            if each.yaml:
                yield Code(each.yaml)

    def __repr__(self) -> str:
        return f"Diagnosis({self.study!r}, {len(self)} findings)"


class Remarks(Listing[Remark]):
    """Remarks and conclusions: on each variant, each question, each exercise, and the study."""

    def about(self, *kinds: About) -> Remarks:
        """Return those about some kinds of things."""
        return Remarks(tuple(each for each in self if each.about in kinds))

    def blocks(self) -> Iterator[Block]:
        """Return each remark under its heading."""
        for each in self:
            yield from each.blocks()
        if not self:
            yield Paragraph(Message("remarks.none"))

    def __repr__(self) -> str:
        return f"Remarks({len(self)} remarks)"


def diagnosis(study: Study, records: Records) -> Diagnosis:
    """Diagnose a study's runs: what went on in them, and what to try next."""
    runs = gather_evidence(records)
    found = diagnose(study, runs)
    ended = [run for run in runs.values() if run.has_ended]
    is_validated = any(run.held_out for run in ended)
    labels = {name: study.named(name) for name in study.variants if name in records.variants}
    tried = advice(study, found)
    own = [each.configuration.train for each in study.variants.values()]
    is_command = all(each is not None and each.command for each in own)
    is_imported = study.imported is not None
    unvalidated = (
        "imported" if is_imported else "of-command" if is_command else "counted" if all(own) else "validated"
    )
    return Diagnosis(study.name, found, tried, len(ended), is_validated, unvalidated, labels, study.places)


def remarked(study: Study, records: Records, comparisons: Sequence[Comparison]) -> Remarks:
    """Return what there is to say of a study's runs and comparisons."""
    runs = gather_evidence(records)
    return Remarks(remarks(study, runs, diagnose(study, runs), comparisons))


def _tried(each: Advice) -> dict[str, object]:
    return {
        "variant": each.variant,
        "code": each.finding.code,
        "name": each.name,
        "changes": dict(each.changes),
        "do": str(each.do),
        "keep": str(each.keep),
        "expect": str(each.expect),
        "yaml": each.yaml,
        "tried": each.tried.variant if each.tried else None,
    }
