"""From a study's questions to their answers: pair runs by seed, compute, adjust for how many are asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.questions.anytime import anytime
from paribus.analysis.questions.comparison import Comparison, LeftOut, Networks, Verdict
from paribus.analysis.questions.per_image import OverImages, brier, correct, discordant, over_images, wilson
from paribus.analysis.questions.statistics import ROUNDING, holm, paired
from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.looks import MIN_SEEDS, LookLog
from paribus.record.records import Records
from paribus.record.run import RunRecord
from paribus.study.difference import confounds
from paribus.study.model import Metric, Question, Study

__all__ = ["Comparison", "LeftOut", "Networks", "Verdict", "comparisons", "one"]

_IN_RESULT = {"test_accuracy": "accuracy", "test_loss": "loss", "test_data_loss": "data_loss"}
_BY_IMAGE = {"test_accuracy": correct, "test_brier": brier}
"""The metrics whose value for each image follows from what is kept of it."""


NO_LOOKS = LookLog()


def comparisons(
    study: Study, records: Records, *extra: Question, looks: LookLog = NO_LOOKS
) -> tuple[Comparison, ...]:
    """Every question of the study answered as far as its runs allow, in the study's order.

    The p-values of difference and those of equivalence are adjusted by Holm's method, each over all
    questions of the study, answered or not, and those asked in addition.

    Where seeds were added after an answer had been shown, its numbers are those of `sequential.anytime`.

    Args:
        study: Its questions.
        records: What has run.
        extra: Questions that the study does not declare; they come last.
        looks: With which seeds answers have been shown.
    """
    asked = [*study.questions, *extra]
    images = _PerImageScores()
    found = [_allowing_for(looks, _compared(study, question, records, images)) for question in asked]
    adjusted = holm([each.p_value for each in found])
    close = holm([each.paired.p_equivalence for each in found])
    return tuple(
        replace(
            each,
            p_adjusted=adjusted[place],
            p_equivalence_adjusted=close[place],
            family=len(asked),
            is_planned=place < len(study.questions),
        )
        for place, each in enumerate(found)
    )


def one(study: Study, records: Records, question: Question, *, looks: LookLog = NO_LOOKS) -> Comparison:
    """One question answered: as among the study's where it is one of them, else as one more of them.

    Args:
        study: The study.
        records: What has run.
        question: Of two of its variants; what it calls itself in `ask` does not count.
        looks: With which seeds answers have been shown.
    """
    for place, declared in enumerate(study.questions):
        if declared.model_copy(update={"ask": question.ask}) == question:
            return comparisons(study, records, looks=looks)[place]
    return comparisons(study, records, question, looks=looks)[-1]


def _compared(study: Study, question: Question, records: Records, images: _PerImageScores) -> Comparison:
    metric = question.metric
    sides = [_side(name, metric, records, images) for name in (question.treatment, question.reference)]
    seeds = tuple(sorted(sides[0].values.keys() & sides[1].values.keys()))
    treatment, reference = ([side.values[seed] for seed in seeds] for side in sides)
    # The margin is declared as one of accuracies; nothing is known of how it would translate to a loss.
    margin = study.margin if metric == "test_accuracy" else None
    pairs = [(records[question.treatment, seed], records[question.reference, seed]) for seed in seeds]
    means = (float(np.mean(treatment)), float(np.mean(reference))) if seeds else None
    return Comparison(
        question,
        seeds,
        means,
        paired(treatment, reference, margin),
        margin=margin,
        over_images=_over_images(pairs, metric, images),
        networks=_networks(pairs, metric, images),
        left_out=_left_out(sides),
        confounded_by=confounds(study, question.treatment, question.reference),
    )


def _allowing_for(looks: LookLog, answer: Comparison) -> Comparison:
    """The answer with numbers that hold although one has looked, where that is so.

    A run that was never asked for is not one that is left out: variants may have different numbers of seeds.
    """
    asked = looks.entries[-1].seeds if looks.entries else {}
    left_out = tuple(
        run
        for run in answer.left_out
        if run.why != "not-run" or run.seed in asked.get(run.variant, [run.seed])
    )
    answer = replace(answer, left_out=left_out)
    why = looks.reason(answer.treatment, answer.reference)
    if why is None or answer.means is None or len(answer.seeds) < MIN_SEEDS:
        return answer
    rounding = ROUNDING * max(map(abs, answer.means))
    images = answer.over_images
    return replace(
        answer,
        paired=anytime(answer.paired, answer.margin, rounding=rounding),
        over_images=images and replace(images, new_seeds_and_images=None),
        procedure="sequential",
        looked_at=looks.seed_counts(answer.treatment, answer.reference),
        why_sequential=why,
    )


@dataclass(frozen=True)
class _Side:
    """One variant's values by seed, and why other seeds have none."""

    variant: str
    values: dict[int, float]
    without: dict[int, str]


def _side(variant: str, metric: Metric, records: Records, images: _PerImageScores) -> _Side:
    side = _Side(variant, {}, {})
    for seed, record in records.of(variant).items():
        value = _value(record, metric, images)
        if not record.has_ended:
            side.without[seed] = record.status.value
        elif value is None or not np.isfinite(value):
            side.without[seed] = "no-predictions"
        else:
            side.values[seed] = value
    return side


def _value(record: RunRecord, metric: Metric, images: _PerImageScores) -> float | None:
    if metric in _IN_RESULT:
        return record.result.test.get(_IN_RESULT[metric]) if record.result else None
    by_image = images.of(record, metric)
    return None if by_image is None else float(by_image.mean())


def _left_out(sides: Sequence[_Side]) -> tuple[LeftOut, ...]:
    """The runs without a value; one that was not trained counts where both variants have others."""
    found: list[LeftOut] = []
    if not all(side.values or side.without for side in sides):
        return ()
    seeds = sorted({seed for side in sides for seed in (*side.values, *side.without)})
    for seed in seeds:
        for side in sides:
            if seed not in side.values:
                found.append(LeftOut(side.variant, seed, side.without.get(seed, "not-run")))
    return tuple(found)


def _over_images(
    pairs: Sequence[tuple[RunRecord, RunRecord]], metric: Metric, images: _PerImageScores
) -> OverImages | None:
    rows = [images.pair(pair, metric) for pair in pairs]
    differences = [row[0] - row[1] for row in rows if row is not None]
    alike = len({len(row) for row in differences}) == 1 and len({_data(pair) for pair in pairs}) == 1
    if not rows or len(differences) < len(rows) or not alike or len(differences[0]) < 2:
        return None
    return over_images(np.stack(differences))


def _networks(
    pairs: Sequence[tuple[RunRecord, RunRecord]], metric: Metric, images: _PerImageScores
) -> Networks | None:
    if len(pairs) != 1 or metric != "test_accuracy":
        return None
    both = images.pair(pairs[0], metric)
    if both is None:
        return None
    treatment, reference = both
    intervals = (wilson(int(side.sum()), len(side)) for side in both)
    return Networks(discordant(treatment, reference), *intervals)


def _data(pair: tuple[RunRecord, RunRecord]) -> tuple[str, str]:
    return pair[0].data.sha256, pair[1].data.sha256


class _PerImageScores:
    """Values of single test images, each run's file read once."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, Metric], NDArray[Any] | None] = {}

    def of(self, record: RunRecord, metric: Metric) -> NDArray[Any] | None:
        """The metric of each test image; None where nothing of them is kept, or not what was written."""
        if metric not in _BY_IMAGE:
            return None
        key = (str(record.folder), metric)
        if key not in self.known:
            try:
                outputs, labels = RunFolder(record.folder).predictions()
                self.known[key] = _BY_IMAGE[metric](outputs, labels)
            except (OSError, StoreError):
                self.known[key] = None
        return self.known[key]

    def pair(
        self, pair: tuple[RunRecord, RunRecord], metric: Metric
    ) -> tuple[NDArray[Any], NDArray[Any]] | None:
        """The metric of each image of both runs; None unless they were tested on the same images."""
        if pair[0].data.sha256 != pair[1].data.sha256:
            return None
        treatment, reference = (self.of(record, metric) for record in pair)
        return None if treatment is None or reference is None else (treatment, reference)
