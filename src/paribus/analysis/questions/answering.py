"""From a study's questions to comparisons: pair runs by seed, compute, adjust for the number of questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.anytime import anytime, p_of_counts
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.corrected import corrected_interval
from paribus.analysis.questions.designs import Claim, DesignAnswer, adjusted, claims, unadjusted_designs
from paribus.analysis.questions.family import Family, family, requested_variants
from paribus.analysis.questions.per_image import (
    ImageInterval,
    mcnemar,
    new_images,
    new_images_of_draws,
    wilson,
)
from paribus.analysis.questions.scores import PerImageScores, VariantScores, variant_scores
from paribus.analysis.questions.statistics import ROUNDING, holm, holm_factors, paired
from paribus.analysis.questions.unpaired import fisher, unpaired
from paribus.analysis.questions.verdict import ExcludedRun, Failures, NetworkComparison
from paribus.record.folder import test_examples
from paribus.record.looks import MIN_SEEDS, LookLog
from paribus.record.records import Records
from paribus.record.run import RunRecord
from paribus.study.confounds import Confound, confounds
from paribus.study.metrics import metric_of, part_of
from paribus.study.model import Question
from paribus.study.study import Study

NO_LOOKS = LookLog()
"""No comparison has been shown yet."""


def comparisons(
    study: Study, records: Records, *extra: Question, looks: LookLog = NO_LOOKS
) -> tuple[Comparison, ...]:
    """Compare the variants of every question of the study, in its order, as far as its runs allow.

    The p-values of difference, of equivalence and of failure are adjusted by Holm's method, each over the
    family (`paribus.analysis.questions.family`). What could not be tested counts with p = 1.

    Where seeds were added after a comparison had been shown, its numbers are those of `anytime`.

    Args:
        study: Its questions.
        records: What has run.
        extra: Questions that the study does not declare; they come last.
        looks: With which seeds comparisons have been shown, and of which questions.
    """
    return _answers(study, records, extra, looks)[0]


def design_answers(study: Study, records: Records, *, looks: LookLog = NO_LOOKS) -> tuple[DesignAnswer, ...]:
    """Answer the study's questions about factors, in its order, in one family with those about two variants.

    Args:
        study: Its questions.
        records: What has run.
        looks: With which seeds comparisons have been shown.
    """
    return _answers(study, records, (), looks)[1] if study.design_questions else ()


def _answers(
    study: Study, records: Records, extra: Sequence[Question], looks: LookLog
) -> tuple[tuple[Comparison, ...], tuple[DesignAnswer, ...]]:
    counted = family(study, requested_variants(records.variants, looks), looks, *extra)
    scores = PerImageScores()
    found = [_adjusted_for_looks(_compared(study, each, records, scores), looks) for each in counted.asked]
    of_factors = unadjusted_designs(study, records, counted.of_factors, looks)
    unasked = [each for each in study.questions if each not in counted.asked]
    of_pairs = dict(zip(counted.asked, _adjusted(found, counted, claims(of_factors)), strict=True))
    of_pairs |= {each: _compared(study, each, records, scores) for each in unasked}
    planned = [of_pairs[each] for each in study.questions]
    earlier = [None] * (len(counted.earlier) + len(counted.rankings))
    p_values = [*(each.p_value for each in found), *earlier]
    p_equivalence = [*(each.paired.p_equivalence for each in found), *earlier]
    return (
        (*planned, *(replace(of_pairs[each], is_planned=False) for each in extra)),
        tuple(adjusted(of_factors, p_values, p_equivalence, len(counted))),
    )


def _adjusted(found: Sequence[Comparison], counted: Family, claimed: Sequence[Claim]) -> Iterator[Comparison]:
    """Return the comparisons with p-values adjusted over the family."""
    earlier = [None] * (len(counted.earlier) + len(counted.rankings))
    shares = [*[1.0] * (len(found) + len(earlier)), *(each.share for each in claimed)]
    others = [*earlier, *(each.p_value for each in claimed)]
    p_values = [*(each.p_value for each in found), *others]
    p_adjusted, factors = holm(p_values, shares), holm_factors(p_values, shares)
    of_equivalence = [*earlier, *(each.p_equivalence for each in claimed)]
    p_equivalence = holm([*(each.paired.p_equivalence for each in found), *of_equivalence], shares)
    p_t_adjusted = holm([*(each.paired.p_t for each in found), *others], shares)
    p_normal_adjusted = holm([*(each.paired.p_normal for each in found), *others], shares)
    p_failures = holm([*(each.failures and each.failures.p_value for each in found), *earlier])
    for place, each in enumerate(found):
        yield replace(
            each,
            p_adjusted=p_adjusted[place],
            corrected=corrected_interval(each, factors[place]),
            p_equivalence_adjusted=p_equivalence[place],
            p_t_adjusted=p_t_adjusted[place],
            p_normal_adjusted=p_normal_adjusted[place],
            failures=each.failures and replace(each.failures, p_adjusted=p_failures[place]),
            family=len(counted),
            removed=len(counted.earlier),
        )


def compare(study: Study, records: Records, question: Question, *, looks: LookLog = NO_LOOKS) -> Comparison:
    """Compare the variants of one question: as one of the study's if it is, else as one more than these.

    Args:
        study: The study.
        records: What has run.
        question: Of two of its variants; its own words, `title` and `ask`, do not count, nor does a margin
            that it leaves to the study.
        looks: With which seeds comparisons have been shown.
    """
    for place, declared in enumerate(study.questions):
        own: dict[str, object] = {"title": question.title, "ask": question.ask}
        if question.margin is None:
            own["margin"] = None
        if declared.model_copy(update=own) == question:
            return comparisons(study, records, looks=looks)[place]
    return comparisons(study, records, question, looks=looks)[-1]


def unadjusted(
    study: Study, records: Records, questions: Sequence[Question], looks: LookLog = NO_LOOKS
) -> tuple[Comparison, ...]:
    """Compare the variants of each question; nothing is adjusted for their number.

    Args:
        study: Which has the variants.
        records: What has run.
        questions: Any of two of its variants.
        looks: With which seeds comparisons have been shown.
    """
    scores = PerImageScores()
    return tuple(_adjusted_for_looks(_compared(study, each, records, scores), looks) for each in questions)


def scores_by_seed(records: Records, question: Question) -> tuple[dict[int, float], dict[int, float]]:
    """Return the metric of runs that trained, by seed, of treatment and reference.

    Args:
        records: What has run.
        question: Its variants and its metric.
    """
    kept = PerImageScores()
    sides = [
        variant_scores(name, question, records, kept) for name in (question.treatment, question.reference)
    ]
    treatment, reference = (
        {seed: value for seed, value in side.values.items() if seed not in side.failed} for side in sides
    )
    return treatment, reference


def _compared(study: Study, question: Question, records: Records, per_image: PerImageScores) -> Comparison:
    metric = question.metric
    names = (question.treatment, question.reference)
    sides = [variant_scores(name, question, records, per_image) for name in names]
    failures = _failures(*sides, are_paired=study.are_paired)
    if not study.are_paired:
        return _unpaired(study, question, sides, failures, _confounds(study, question, records))
    seeds = _seeds(*sides, trained_alone=failures is None or not failures.are_total)
    treatment, reference = ([side.values[seed] for seed in seeds] for side in sides)
    margin = study.margin_of(question)
    pairs = [(records[question.treatment, seed], records[question.reference, seed]) for seed in seeds]
    first, second = (study.variants[name].configuration for name in names)
    folds = {first.folds, second.folds} - {None}
    differences = np.array(treatment) - np.array(reference)
    images = None if folds else _image_interval(pairs, question, differences, per_image)
    overlap = max((1 / (each - 1) for each in folds if each), default=0.0)
    means = (float(np.mean(treatment)), float(np.mean(reference))) if seeds else None
    return Comparison(
        question,
        seeds,
        means,
        paired(treatment, reference, margin, images and images.variance, overlap=overlap),
        margin=margin,
        image_interval=images,
        networks=_networks(pairs, metric, per_image),
        failures=failures,
        excluded=_excluded(sides, seeds),
        confounds=_confounds(study, question, records),
        is_same=first == second,
    )


def _unpaired(
    study: Study,
    question: Question,
    sides: Sequence[VariantScores],
    failures: Failures | None,
    confounds: tuple[Confound, ...],
) -> Comparison:
    """Compare two variants of which nothing says that runs at one seed belong together."""
    trained_alone = failures is None or not failures.are_total
    values = [
        {seed: value for seed, value in side.values.items() if not (trained_alone and seed in side.failed)}
        for side in sides
    ]
    margin = study.margin_of(question)
    treatment, reference = ([each[seed] for seed in sorted(each)] for each in values)
    found = unpaired(treatment, reference, margin)
    fewer = min(values, key=len)
    first, second = (study.variants[name].configuration for name in (question.treatment, question.reference))
    reasons = [{**{seed: how.value for seed, how in side.failed.items()}, **side.without} for side in sides]
    return Comparison(
        question,
        tuple(sorted(fewer)),
        None if found.mean is None else (float(np.mean(treatment)), float(np.mean(reference))),
        found,
        margin=margin,
        failures=failures,
        excluded=tuple(
            ExcludedRun(side.variant, seed, why)
            for side, reason in zip(sides, reasons, strict=True)
            for seed, why in sorted(reason.items())
            if seed not in (values[0] if side is sides[0] else values[1])
        ),
        confounds=confounds,
        is_same=first == second,
    )


def _confounds(study: Study, question: Question, records: Records) -> tuple[Confound, ...]:
    pair, ran = (question.treatment, question.reference), records.mean_epochs
    return confounds(study.variants, *pair, _train_images(study, records), ran)


def _train_images(study: Study, records: Records) -> dict[str, int]:
    """Return how many training images each data set has; as many as the official one where none has run."""
    used = {data.name: data.train for data in records.data}
    return {name: used.get(name, facts.train) for name, facts in study.facts.items()}


def _seeds(treatment: VariantScores, reference: VariantScores, *, trained_alone: bool) -> tuple[int, ...]:
    """Return the seeds that are compared: of runs that trained, unless one variant never did."""
    seeds = treatment.values.keys() & reference.values.keys()
    if trained_alone:
        seeds = seeds - treatment.failed.keys() - reference.failed.keys()
    return tuple(sorted(seeds))


def _failures(treatment: VariantScores, reference: VariantScores, *, are_paired: bool) -> Failures | None:
    """Return how often runs of both failed to train; None where one has no run that can be judged."""
    if not treatment.judged or not reference.judged:
        return None
    if not are_paired:
        rates = [FailureRate(len(side.failed), len(side.judged)) for side in (treatment, reference)]
        return Failures(rates[0], rates[1], (rates[0].failed, rates[1].failed), fisher(*rates))
    both = treatment.judged & reference.judged
    failed = [np.array([seed in side.failed for seed in sorted(both)]) for side in (treatment, reference)]
    first, second = (FailureRate(len(side.failed), len(side.judged)) for side in (treatment, reference))
    counted = mcnemar(*failed)
    return Failures(first, second, (counted.only_treatment, counted.only_reference), counted.p_value)


def _adjusted_for_looks(comparison: Comparison, looks: LookLog) -> Comparison:
    """Return the comparison with numbers that hold at every look, where somebody has looked in between.

    A run that was never requested is not an excluded one: variants may have different numbers of seeds.
    """
    requested = looks.entries[-1].seeds if looks.entries else {}
    excluded = tuple(
        run
        for run in comparison.excluded
        if run.why != "not-run" or run.seed in requested.get(run.variant, [run.seed])
    )
    comparison = replace(comparison, excluded=excluded)
    reason = looks.reason(comparison.treatment, comparison.reference)
    if reason is None or comparison.paired.overlap or comparison.paired.groups is not None:
        return comparison  # the sequential procedure is one of independent pairs: not of folds, nor of groups
    failures = comparison.failures
    comparison = replace(
        comparison,
        procedure="sequential",
        seeds_at_looks=looks.seed_counts(comparison.treatment, comparison.reference),
        why_sequential=reason,
        failures=failures and replace(failures, p_value=float(p_of_counts(*failures.only))),
    )
    if comparison.means is None or len(comparison.seeds) < MIN_SEEDS:
        return comparison
    images, rounding = comparison.image_interval, ROUNDING * max(map(abs, comparison.means))
    found = anytime(comparison.paired, comparison.margin, images and images.variance, rounding=rounding)
    return replace(comparison, paired=found)


def _excluded(sides: Sequence[VariantScores], compared: Sequence[int]) -> tuple[ExcludedRun, ...]:
    """Return the runs that are left out; one that was not trained counts where both variants have others."""
    if not all(side.values or side.without for side in sides):
        return ()
    reasons = [{**{seed: how.value for seed, how in side.failed.items()}, **side.without} for side in sides]
    seeds = sorted({seed for side in sides for seed in (*side.values, *side.without)} - {*compared})
    return tuple(
        ExcludedRun(side.variant, seed, why.get(seed, "not-run"))
        for seed in seeds
        for side, why in zip(sides, reasons, strict=True)
        if seed in why or seed not in side.values
    )


def _image_interval(
    pairs: Sequence[tuple[RunRecord, RunRecord]],
    question: Question,
    differences: NDArray[Any],
    per_image: PerImageScores,
) -> ImageInterval | None:
    """Return what new test images would change; None where the metric does not follow from predictions."""
    asked, metric = question.measured, question.metric
    tested = {tuple(per_image.tested_on(record) for record in pair) for pair in pairs}
    if part_of(metric) == "val" or not asked.is_measured or len(tested) != 1:
        return None
    rows = [per_image.pair(pair, asked) for pair in pairs]
    by_image = [row[0] - row[1] for row in rows if row is not None]
    if len(by_image) == len(rows):
        alike = len({len(row) for row in by_image}) == 1 and len(by_image[0]) > 1
        return new_images(np.stack(by_image)) if alike else None
    images = test_examples(pairs[0][0])
    drawn = [[per_image.draws(record, asked) for record in pair] for pair in pairs]
    pairs_drawn = [first - second for first, second in drawn if first is not None and second is not None]
    same = all(treatment == reference for treatment, reference in tested)
    if len(pairs_drawn) < len(pairs) or not same or images < 2:
        return None
    return new_images_of_draws(differences, np.stack(pairs_drawn), images)


def _networks(
    pairs: Sequence[tuple[RunRecord, RunRecord]], metric: str, per_image: PerImageScores
) -> NetworkComparison | None:
    if len(pairs) != 1 or metric != "test_accuracy":
        return None
    if pairs[0][0].spec.configuration.facts.task != "classification":
        return None
    both = per_image.pair(pairs[0], metric_of(metric))
    if both is None:
        return None
    treatment, reference = both
    intervals = (wilson(int(side.sum()), len(side)) for side in both)
    return NetworkComparison(mcnemar(treatment, reference), *intervals)
