"""Which questions are asked of results: a comparison by its words, and those that are answered now."""

from __future__ import annotations

from collections.abc import Iterable

from paribus.errors import UsageError
from paribus.record.looks import MIN_SEEDS, AnsweredQuestion
from paribus.record.records import Records
from paribus.record.run import Status
from paribus.study.consistency import own_metrics, question_faults
from paribus.study.metrics import METRICS, NAMES
from paribus.study.model import DesignQuestion, Question
from paribus.study.study import Study
from paribus.texts import suggestion

_GOING_ON = (Status.RUNNING, Status.INTERRUPTED)


def question_of(study: Study, treatment: str, reference: str, metric: str) -> Question:
    """Return the question how two variants differ on a metric.

    Args:
        study: Which has the variants.
        treatment: The variant asked about.
        reference: The one that it is compared with.
        metric: Its name; none for that of the task, of imported results what they are compared by.

    Raises:
        UsageError: The variants are one; the metric is not known, of the task or measured.
    """
    imported = study.imported.metrics if study.imported is not None else {}
    both = [study.variants[name].configuration for name in (treatment, reference)]
    own = {} if imported else own_metrics(both)
    names = tuple(imported) or (*NAMES, *own)
    metric = metric or next(iter(imported), study.score.test)
    if metric not in names:
        known = ", ".join(names)
        near = suggestion(str(metric), names)
        raise UsageError("comparison.unknown-metric", given=metric, known=known, suggestion=near)
    if treatment == reference:
        raise UsageError("comparison.with-itself", variant=treatment)
    for code, values in question_faults(metric, both) if not imported and metric not in own else ():
        raise UsageError(f"study.{code}", **values)
    usual = METRICS.get(metric.partition("_")[2])
    definition = own.get(metric) or (None if imported.get(metric) == usual else imported.get(metric))
    return Question(treatment=treatment, reference=reference, metric=metric, definition=definition)


def answered_now(
    study: Study, records: Records, questions: Iterable[Question]
) -> tuple[dict[str, set[int]], list[AnsweredQuestion]]:
    """Return the seeds that are over, by variant, and what is answered by them.

    Args:
        study: Its questions about factors and about several variants count as well.
        records: What has run.
        questions: Those about two variants that are shown.
    """
    from paribus.analysis.questions.family import identify, identify_ranking

    seeds = {
        name: {seed for seed, run in records.of(name).items() if run.status not in _GOING_ON}
        for name in records.variants
    }
    told = {  # a run that an error ended tells nothing of its variant
        name: {seed for seed, run in records.of(name).items() if run.status is not Status.FAILED}
        for name in seeds
    }

    def are_compared(names: Iterable[str]) -> bool:
        both = [seeds[name] & told[name] if name in told else set[int]() for name in names]
        return len(set[int].intersection(*both)) >= MIN_SEEDS

    asked: dict[Question | DesignQuestion, tuple[str, ...]] = {
        **{each: each.named for each in questions},
        **{each: tuple(study.design_of(each).cells) for each in study.design_questions},
    }
    answered = [identify(study, each) for each, names in asked.items() if are_compared(names)]
    ranked = [each for each in study.rankings if any(map(are_compared, each.pairs))]
    return seeds, [*answered, *(identify_ranking(study, each) for each in ranked)]
