"""Regressions that predict no better than the mean of their targets, or that still get better."""

from __future__ import annotations

from collections.abc import Iterable

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.conditions import has_learned_on_validation
from paribus.analysis.runs.convergence import rate_is_gone
from paribus.analysis.runs.curves import MIN_EPOCHS, N_SIGMA, late_gain
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.failures import CONSEQUENCES, is_slow
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.units import UntrainedRule
from paribus.study.configuration import Configuration
from paribus.texts.message import Message

CONSTANT = 0.1
"""Of the spread of the targets: predictions that vary less are nearly one number, by convention."""
LEAST_GAIN = 0.01
"""Of R², over the last fifth of the epochs: less is not worth more epochs, by convention."""


class PredictsMean(UntrainedRule):
    """A regression whose R² is no better than that of always predicting the mean, beyond noise."""

    code = "predicts-mean"
    remedies = ("random-weights", "zero-biases", "smaller-rate", "larger-rate")
    severities = (Severity.SERIOUS,)
    any_training = True
    tasks = ("regression",)
    reference = "scikit-learn, r2_score and DummyRegressor"
    remark = Place.FAILURE
    is_fatal = True
    is_summarized = True
    explains = CONSEQUENCES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended, with an R²."""
        return run.has_ended and run.train_score is not None

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return R², and whether predictions are nearly one number."""
        is_validated = run.validation_score is not None and run.held_out > 0
        score, rows = (
            (run.validation_score, run.held_out) if is_validated else (run.train_score, run.trained_on)
        )
        if run.has_learned or score is None:
            return None
        evidence = {"r2": score, "limit": run.learning_threshold(max(1, rows)), "rows": float(rows)}
        kind = "noise"
        if run.variation is not None:
            evidence["variation"] = run.variation
            kind = (
                "constant" if run.variation < CONSTANT else "astray" if score < -evidence["limit"] else kind
            )
        where = Message(f"diagnosis.{'validation' if is_validated else 'training'}-rows", evidence)
        meaning = Message(f"diagnosis.mean-{kind}", evidence)
        named = {"of_rows": where, "meaning": meaning, "is_slow": is_slow(run)}
        return Fact(Severity.SERIOUS, evidence, named)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise more epochs where the loss still falls, else another start or smaller steps."""
        if finding.placeholders["is_slow"]:
            return _longer(configuration)
        return super().advise(configuration, finding)


class StillImproving(RunRule):
    """Validation R² that still rises in the last epochs, beyond its own noise.

    The rows are the same at each epoch, so that which rows they are matters little: the curve's own noise
    counts, and a hundredth is the least that is told. None is a gain that came as a jump and is over.
    """

    code = "r2-rising"
    severities = (Severity.WARNING,)
    any_training = True
    tasks = ("regression",)
    remark = Place.CONVERGENCE

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has learned, and has a validation curve of nine epochs or more."""
        return has_learned_on_validation(run) and run.epochs >= MIN_EPOCHS

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the gain of the last epochs over as many before them."""
        curve = run.curve("val_r2")
        gain = late_gain(curve)
        if gain is None or gain.is_over or rate_is_gone(run):
            return None
        limit = max(N_SIGMA * gain.noise, LEAST_GAIN)
        if gain.size <= limit:
            return None
        evidence = {
            "gain": gain.size,
            "over": float(gain.epochs),
            "limit": limit,
            "r2": float(curve[-1]),
            "epochs": float(run.epochs),
        }
        return Fact(Severity.WARNING, evidence)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise twice as many epochs, where early stopping does not end them."""
        return _longer(configuration)


def _longer(configuration: Configuration) -> Iterable[Change]:
    if configuration.early_stopping is None:
        twice = 2 * configuration.epochs
        yield Change("longer-r2", {"epochs": twice}, {"twice": twice}, name="longer")
