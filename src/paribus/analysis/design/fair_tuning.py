"""Which ``tune:`` would make a comparison fair, and whether a study has it."""

from __future__ import annotations

import math

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.study.step_size import learning_rate

_BELOW, _ABOVE, _POINTS = 100, 10, 7
"""How far the range goes below the smallest learning rate and above the largest, and its points."""


def is_tuned(design: Design, question: QuestionDesign, setting: str = "learning_rate") -> bool:
    """Return whether both variants of a question are tuned, so that each is also compared at its best.

    Args:
        design: Of the study.
        question: One of its questions.
        setting: What would have to be tuned.
    """
    tunes = [design.study.variants[name].tune for name in question.variants]
    return all(each is not None and setting in each.settings for each in tunes)


def rate_tuning(question: QuestionDesign) -> str:
    """Return the ``tune:`` that gives both variants of a question the same tries of learning rates.

    Args:
        question: Any.
    """
    both = [learning_rate(each) for each in (question.before, question.after)]
    rates = [rate for rate in both if rate] or [0.01]
    low, high = _power(min(rates) / _BELOW), _power(max(rates) * _ABOVE)
    on = question.before.score.val
    return (
        f"tune: {{learning_rate: {{from: {low:g}, to: {high:g}, scale: log, points: {_POINTS}}}, on: {on}}}"
    )


def _power(rate: float) -> float:
    return float(f"1e{round(math.log10(rate))}")
