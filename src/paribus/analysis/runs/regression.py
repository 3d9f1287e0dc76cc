"""Regressions that predict no better than the mean of their targets."""

from __future__ import annotations

from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.failures import CONSEQUENCES
from paribus.analysis.runs.rule import Place
from paribus.analysis.runs.units import UntrainedRule
from paribus.texts.message import Message

CONSTANT = 0.1
"""Of the spread of the targets: predictions that vary less are nearly one number, by convention."""


class PredictsMean(UntrainedRule):
    """A regression whose R² is no better than that of always predicting the mean, beyond noise."""

    code = "predicts-mean"
    remedies = ("random-weights", "zero-biases", "smaller-rate", "larger-rate")
    severities = (Severity.SERIOUS,)
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
        return Fact(Severity.SERIOUS, evidence, {"of_rows": where, "meaning": meaning})
