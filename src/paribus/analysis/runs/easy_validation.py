"""Validation images that are predicted far better than the training images are."""

from __future__ import annotations

from paribus.analysis.finding import Severity
from paribus.analysis.rule import LABELS, Fact
from paribus.analysis.runs.conditions import gap_noise, has_validation
from paribus.analysis.runs.curves import N_SIGMA
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place, RunRule

MIN_LEAD = 0.05
"""How far validation accuracy must lie above that of training: what is called a large gap, by convention."""


class EasyValidation(RunRule):
    """Validation accuracy far above training accuracy, where nothing in the training makes it so.

    Under dropout the kept weights must have been measured without it. Where only the mean over the last epoch
    is known, it lags by less than what that epoch gained.
    """

    code = "easy-validation"
    severities = (Severity.WARNING,)
    any_training = True
    tasks = LABELS
    reference = "Kapoor and Narayanan, Patterns 4 (2023), for leaks"
    remark = Place.CURVES
    is_summarized = True
    silences = frozenset({"gap"})

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether training accuracy is known of the kept weights, or how far it lags.

        Where training labels were made wrong, the right ones of validation are easier without any leak.
        """
        if run.configuration.label_noise or run.configuration.shuffle_labels:
            return False
        is_known = run.is_sampled or (
            run.kept.get("epoch", 0) > 1 and not run.configuration.has_training_mode
        )
        return has_validation(run) and is_known

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return how far validation lies above training."""
        train, validation = run.train_accuracy, run.validation_accuracy
        if train is None or validation is None:
            return None
        noise = gap_noise(run, train, validation)
        lead = validation - train - _lag(run)
        limit = max(MIN_LEAD, N_SIGMA * noise)
        if lead <= limit:
            return None
        evidence = {
            "lead": validation - train,
            "train": train,
            "validation": validation,
            "noise": noise,
            "limit": limit,
            "images": float(run.held_out),
        }
        return Fact(
            Severity.WARNING,
            evidence,
            {"measured": run.measured},
        )


def _lag(run: RunEvidence) -> float:
    """Return how far the mean over the kept epoch may lie below the accuracy at its end."""
    if run.is_sampled:
        return 0.0
    accuracies, epoch = run.curve("accuracy"), int(run.kept["epoch"])
    return max(0.0, float(accuracies[epoch - 1] - accuracies[epoch - 2]))
