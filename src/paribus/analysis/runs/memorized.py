"""Networks that know their training examples and nothing of any other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.convergence import rate_is_gone
from paribus.analysis.runs.curves import N_SIGMA, late_gain, standard_error
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rise import MIN_SHORT, is_ordered
from paribus.analysis.runs.rule import Place, RunRule
from paribus.texts.message import Message


class OnlyMemorized(RunRule):
    """Training examples known beyond noise, and validation examples no better than by the commonest answer.

    So it is with labels that have nothing to do with the inputs, and with too few examples to tell what has.
    A run whose validation score or loss still gets better by its end is not judged: it may be on its way.
    """

    code = "only-memorized"
    remedies = ("l2", "dropout", "fewer-units")
    severities = (Severity.WARNING,)
    any_training = True
    reference = "Zhang et al. 2017, arXiv:1611.03530"
    remark = Place.CURVES
    silences = frozenset({"converged", "gap"})

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether a network that ended has learned, by its training or its validation examples."""
        if not run.has_ended or not run.has_learned or run.validation_score is None or run.held_out <= 0:
            return False
        return not _still_improves(run)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return both scores, beside that of the commonest answer."""
        train, validation = run.train_score, run.validation_score
        if train is None or validation is None or run.tells_classes_apart:
            return None
        least = run.majority_share
        noise = run.learning_threshold(run.held_out) - least
        above = standard_error(least, run.held_out) if run.score == "accuracy" else 0.0
        if validation > least + above or train <= run.learning_threshold(run.train_images):
            return None
        if train - validation <= noise or train - validation <= N_SIGMA * above:
            return None
        evidence = {"train": train, "validation": validation, "commonest": least, "limit": least + noise}
        seen = Message(f"diagnosis.memorized-{run.score}", evidence)
        return Fact(Severity.WARNING, evidence, {"seen": seen})


def _still_improves(run: RunEvidence) -> bool:
    """Return whether validation score or loss gets better up to the end, beyond the curve's own noise."""
    curves = (run.curve(f"val_{run.score}"), -run.curve("val_data_loss"))
    return not rate_is_gone(run) and any(_still_rises(curve) for curve in curves)


def _still_rises(curve: NDArray[np.float64]) -> bool:
    gain = late_gain(curve)
    if gain is None:  # so few epochs do not tell their own noise: their order must
        return len(curve) > 1 and is_ordered(curve[-MIN_SHORT:])
    return gain.size > N_SIGMA * gain.noise and not gain.is_over
