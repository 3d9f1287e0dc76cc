"""What the report is made from: a study's results with all that is found and said of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paribus.analysis.causes.confirmation import Confirmation, grouped, together
from paribus.analysis.design.review import review
from paribus.analysis.questions.aa import AATest
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.published import compare_with_published
from paribus.record.looks import LookLog
from paribus.record.records import Records
from paribus.report.material import Material, Passage
from paribus.report.remarks import About
from paribus.study.model import Study
from paribus.texts import text
from paribus.workflow.diagnosis import diagnosed_and_remarked
from paribus.workflow.pictures import pictures


def material(
    study: Study,
    records: Records,
    comparisons: Sequence[Comparison],
    *,
    looks: LookLog,
    aa_test: AATest | None = None,
    confirmed: Sequence[Confirmation] = (),
) -> Material:
    """Everything that a report tells of a study, in the language that is spoken.

    Args:
        study: What was asked.
        records: What has run.
        comparisons: The study's questions answered.
        looks: With which seeds answers have been shown.
        control: A variant held against itself, where that was done.
        confirmed: What counter-runs say of the causes of findings.
    """
    used = {record.data.name: record.data for record in records.values()}
    ran = [name for name in study.variants if records.of(name)]
    seeds = len(records.seeds) or None
    found, said = diagnosed_and_remarked(study, records, comparisons)
    return Material(
        study=study,
        records=records,
        comparisons=comparisons,
        review=review(study, only=ran or None, seeds=seeds, data=used, records=records),
        published=compare_with_published(study, records),
        looks=looks,
        aa_test=aa_test,
        findings=found.by_variant(),
        remarks={each.names[0]: str(each) for each in said.about(About.VARIANT)},
        conclusions={(each.names[0], each.names[1]): each.beside for each in said.about(About.QUESTION)},
        closing=[
            Passage(each.heading, str(each), exercise=each.names[0] if each.about is About.EXERCISE else "")
            for each in said.about(About.EXERCISE, About.STUDY)
        ],
        confirmed=list(_confirmed(confirmed)),
        advice=[
            Passage(
                text("advice.about", variant=each.variant, title=each.finding.title),
                f"{each.do} {each.keep} {each.expect}",
                each.yaml,
            )
            for each in found.advice
        ],
        pictures=pictures,
    )


def _confirmed(confirmed: Sequence[Confirmation]) -> Iterator[Passage]:
    """What was suspected of each finding, and what came of it."""
    for (variant, _), group in grouped(confirmed).items():
        about = text("confirm.about", variant=variant, title=group[0].ablation.title)
        for each in group:
            verdict = text(f"confirm.verdict-{each.verdict}")
            yield Passage(f"{about}: {verdict}", f"{each.tried} {each.sentence}")
        if words := together(group):
            yield Passage(about, words)
