"""The diagnosis of a study's runs for a user: what went on in each, over seeds, in words."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from paribus.analysis.causes.advice import Advice, advice
from paribus.analysis.finding import Finding, Severity, plain
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.runs.diagnosis import RunFindings, Runs, diagnose
from paribus.analysis.runs.evidence import gather_evidence
from paribus.record.files import finite
from paribus.record.records import Records
from paribus.report.remarks import About, Remark, remarks
from paribus.study.model import Study
from paribus.texts import text


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """The findings about a study's runs, variant by variant.

    Args:
        study: The study's name.
        diagnosed: What was found.
        advice: What to try next.
    """

    study: str
    diagnosed: RunFindings
    advice: tuple[Advice, ...] = ()

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
        names = dict.fromkeys(each.variants[0] for each in self)
        return {name: tuple(each for each in self if each.variants[0] == name) for name in names}

    def counted(self) -> str:
        """How many findings of which severity, in words."""
        numbers = {each: sum(found.severity is each for found in self) for each in Severity}
        return ", ".join(text(f"finding.count-{each}", count=number) for each, number in numbers.items())

    def tree(self) -> object:
        """Return the findings as JSON can hold them; numbers that are not finite are null."""
        findings = [plain(found) for found in self]
        return finite(
            {"study": self.study, "findings": findings, "advice": [_tried(each) for each in self.advice]}
        )

    def __repr__(self) -> str:
        lines = [text("diagnosis.heading", study=self.study, counted=self.counted())]
        for variant, findings in self.by_variant().items():
            lines.append(f"{variant}:")
            lines += [
                f"  {text(f'finding.severity-{each.severity}')}: {' '.join(told(each))}" for each in findings
            ]
        for each in self.advice:
            lines += ["", f"{each.do} {each.keep} {each.expect}", each.yaml]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            f"<tr><td>{html.escape(variant)}</td><td>{text(f'finding.severity-{each.severity}')}</td>"
            f"<td>{html.escape(each.title)}</td><td>{'<br>'.join(map(html.escape, told(each)))}</td></tr>"
            for variant, findings in self.by_variant().items()
            for each in findings
        ]
        heading = html.escape(text("diagnosis.heading", study=self.study, counted=self.counted()))
        tried = "".join(
            f"<p>{html.escape(f'{each.do} {each.keep} {each.expect}')}</p><pre>{html.escape(each.yaml)}</pre>"
            for each in self.advice
        )
        return f"<p>{heading}</p><table>{''.join(rows)}</table>{tried}"


@dataclass(frozen=True, repr=False)
class Remarks(Sequence[Remark]):
    """Remarks and conclusions: on each variant, each question, each exercise, and the study.

    Args:
        remarks: In this order.
    """

    remarks: tuple[Remark, ...]

    @overload
    def __getitem__(self, index: int) -> Remark: ...
    @overload
    def __getitem__(self, index: slice) -> Remarks: ...
    def __getitem__(self, index: int | slice) -> Remark | Remarks:
        return Remarks(self.remarks[index]) if isinstance(index, slice) else self.remarks[index]

    def __len__(self) -> int:
        return len(self.remarks)

    def about(self, *kinds: About) -> Remarks:
        """Return those about some kinds of things.

        Args:
            kinds: Such as ``About.VARIANT``.
        """
        return Remarks(tuple(each for each in self if each.about in kinds))

    def __repr__(self) -> str:
        return "\n\n".join(f"{each.heading}\n{each}" for each in self) or text("remarks.none")

    def _repr_html_(self) -> str:
        return "".join(each._repr_html_() for each in self)  # pyright: ignore[reportPrivateUsage]  # as Jupyter does


def told(finding: Finding) -> tuple[str, ...]:
    """Return a finding in sentences: what was seen, what brings it about, what to do.

    Args:
        finding: From a diagnosis.
    """
    cause = finding.cause and text("diagnosis.cause", cause=finding.cause)
    return tuple(each for each in (finding.why, cause, finding.remedy) if each)


def diagnosis(study: Study, records: Records) -> Diagnosis:
    """Diagnose a study's runs: what went on in them, and what to try next.

    Args:
        study: What was asked.
        records: What has run.
    """
    return _diagnosed(study, gather_evidence(records))


def remarked(study: Study, records: Records, comparisons: Sequence[Comparison]) -> Remarks:
    """Return what there is to say of a study's runs and comparisons.

    Args:
        study: What was asked.
        records: What has run.
        comparisons: The study's questions answered.
    """
    return diagnosed_and_remarked(study, records, comparisons)[1]


def diagnosed_and_remarked(
    study: Study, records: Records, comparisons: Sequence[Comparison]
) -> tuple[Diagnosis, Remarks]:
    """Return the diagnosis and the remarks, from one look at the runs.

    Args:
        study: What was asked.
        records: What has run.
        comparisons: The study's questions answered.
    """
    runs = gather_evidence(records)
    found = _diagnosed(study, runs)
    return found, Remarks(remarks(study, runs, found.diagnosed, comparisons))


def _diagnosed(study: Study, runs: Runs) -> Diagnosis:
    found = diagnose(study, runs)
    return Diagnosis(study.name, found, advice(study, found))


def _tried(each: Advice) -> dict[str, object]:
    return {
        "variant": each.variant,
        "code": each.finding.code,
        "name": each.name,
        "changes": dict(each.changes),
        "do": each.do,
        "keep": each.keep,
        "expect": each.expect,
        "yaml": each.yaml,
    }
