"""Networks that know their training examples and nothing of any other."""

from __future__ import annotations

from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.curves import N_SIGMA, standard_error
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place, RunRule
from paribus.texts.message import Message


class OnlyMemorized(RunRule):
    """Training examples known beyond noise, and validation examples no better than by the commonest answer.

    So it is with labels that have nothing to do with the inputs, and with too few examples to tell what has.
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
        return run.has_ended and run.has_learned and run.validation_score is not None and run.held_out > 0

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
