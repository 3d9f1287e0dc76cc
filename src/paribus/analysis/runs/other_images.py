"""Test images that are predicted far worse or better than the validation images are."""

from __future__ import annotations

import math

from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.conditions import has_validation
from paribus.analysis.runs.curves import standard_error
from paribus.analysis.runs.easy_validation import MIN_LEAD
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place, RunRule
from paribus.texts.message import Message

MIN_ERRORS = 5.0
"""Standard errors: test sets differ a little from training sets even where both are drawn with care."""
MIN_ODDS = 2.0
"""Times the odds of a right prediction: the first images of MNIST's two parts differ by up to 1.95 times."""


class OtherTestImages(RunRule):
    """Test accuracy far from validation accuracy: the two are not images of one kind.

    Both are of the kept weights, and neither was trained on, so that only chance and the images part them. To
    keep the best of many epochs raises validation accuracy by less than the noise that is allowed for.
    """

    code = "test-differs"
    severities = (Severity.WARNING,)
    tasks = ("classification",)
    reference = "Recht et al. 2019, arXiv:1902.10811; Kapoor and Narayanan, Patterns 4 (2023), for leaks"
    remark = Place.CURVES
    is_summarized = True

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether validation and test accuracy are known of a network that has learned."""
        return has_validation(run) and run.record.result is not None and sum(run.labels) > 0

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return how far the two lie apart."""
        result, validation = run.record.result, run.validation_accuracy
        if result is None or validation is None:
            return None
        test, images = result.test.get("accuracy", math.nan), sum(run.labels)
        noise = math.hypot(standard_error(test, images), standard_error(validation, run.held_out))
        limit = max(MIN_LEAD, MIN_ERRORS * noise)
        if not abs(validation - test) > limit or not _odds_ratio(validation, test) > MIN_ODDS:
            return None
        evidence = {
            "difference": abs(validation - test),
            "validation": validation,
            "test": test,
            "noise": noise,
            "limit": limit,
            "images": float(run.held_out),
            "tested": float(images),
        }
        way = "worse" if test < validation else "better"
        return Fact(Severity.WARNING, evidence, {"way": Message(f"diagnosis.test-{way}", evidence)})


def _odds_ratio(one: float, other: float) -> float:
    """Return how many times larger the larger odds of two shares are."""
    less, more = sorted((one, other))
    return more * (1 - less) / max(less * (1 - more), 1e-9)
