"""What the report is made from: a study's results with all that is found and said of them."""

from __future__ import annotations

from paribus.analysis.remarks import About
from paribus.analysis.review import review
from paribus.report.page.content import Material, Passage
from paribus.workflow.pictures import pictures
from paribus.workflow.results import Results


def material(results: Results) -> Material:
    """Everything that a report tells of a study, in the language that is spoken.

    Args:
        results: The study's.
    """
    study, records = results.study, results.records
    used = {record.data.name: record.data for record in records.values()}
    ran = [name for name in study.variants if any(name == of for of, _ in records)]
    seeds = len({seed for _, seed in records}) or None
    diagnosis, remarks = results.findings(), results.remarks()
    return Material(
        study=study,
        records=records,
        comparisons=results.comparisons,
        review=review(study, only=ran or None, seeds=seeds, data=used, records=records),
        against=results.verification,
        looks=results.looks,
        control=results.control,
        findings=diagnosis.by_variant(),
        remarks={each.names[0]: str(each) for each in remarks.about(About.VARIANT)},
        conclusions={(each.names[0], each.names[1]): each.beside for each in remarks.about(About.QUESTION)},
        closing=[Passage(each.heading, str(each)) for each in remarks.about(About.EXERCISE, About.STUDY)],
        advice=[
            Passage(each.finding.title, f"{each.do} {each.keep} {each.expect}", each.yaml)
            for each in diagnosis.advice
        ],
        pictures=pictures,
    )
