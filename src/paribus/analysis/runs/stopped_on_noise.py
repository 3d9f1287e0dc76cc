"""Early stopping with hardly any patience, ended by the noise of the validation images."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from paribus.analysis.design.stopping import is_backwards
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import LABELS, Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.curves import N_SIGMA, standard_error
from paribus.analysis.runs.early_stopping import stops
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.stopping_changes import more_patience, suspect_patience
from paribus.record.run import Status
from paribus.study.configuration import Configuration

MAX_PATIENCE = 2
"""Of independent noise alone, one epoch is below the best in half of all cases, and two in a third."""
MIN_GAIN = 0.05
"""Gain of training accuracy in the epochs of the wait: a convention, as for a large gap."""


class StoppedOnNoise(RunRule):
    """A patience of one or two epochs ended a run that still learned, on a fall within the images' noise.

    No epoch of the wait is below the best by more than three standard errors of a difference of two
    accuracies on the validation images, while training accuracy rose by five points or more, and beyond its
    own noise.
    """

    code = "stopped-on-noise"
    severities = (Severity.WARNING,)
    any_training = True
    tasks = LABELS
    reference = "Prechelt 1998, Early Stopping – But When?"
    explains = frozenset({"stopped-too-soon"})
    remark = Place.CURVES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether early stopping with little patience watched the validation accuracy."""
        settings = run.configuration.early_stopping
        return (
            run.has_ended
            and settings is not None
            and settings.monitor == "val_accuracy"
            and not is_backwards(settings)
            and settings.patience <= MAX_PATIENCE
            and run.held_out > 0
        )

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return how far validation accuracy fell, and how far training accuracy rose meanwhile."""
        settings = run.configuration.early_stopping
        if settings is None or run.record.status is not Status.EARLY_STOPPED:
            return None
        _, best_epoch = stops(settings, run.record.history, settings.patience)
        if not 0 < best_epoch < run.epochs:
            return None
        validation, train = (run.curve(name)[best_epoch - 1 :] for name in ("val_accuracy", "accuracy"))
        best, lowest = float(validation[0]), float(validation[1:].min())
        before, after = float(train[0]), float(train[-1])
        limit = _noise(best, lowest, run.held_out)
        least = max(MIN_GAIN, _noise(before, after, run.trained_on))
        if best - lowest > limit or after - before < least:
            return None
        evidence = {
            "fall": best - lowest,
            "limit": limit,
            "best": best,
            "lowest": lowest,
            "best_epoch": float(best_epoch),
            "epoch": float(run.epochs),
            "patience": float(settings.patience),
            "gain": after - before,
            "gain_limit": least,
            "images": float(run.held_out),
        }
        return Fact(Severity.WARNING, evidence)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise more patience."""
        settings = configuration.early_stopping
        if settings is not None:
            longer = more_patience(settings)
            yield Change(
                "patient-with-noise", {"early_stopping": {"patience": longer}}, {"longer": longer}, "patient"
            )

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the patience."""
        return suspect_patience(configuration)

    def remains(self, before: RunEvidence, after: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether more patience did not validate better, by the limit of the finding itself."""
        fact = self.find(before)
        if fact is None or after.validation_accuracy is None:
            return None
        last = before.record.history[-1]["val_accuracy"]
        return after.record.history[-1]["val_accuracy"] - last <= fact.evidence["limit"]


def _noise(share: float, other: float, images: int) -> float:
    """Return three standard errors of a difference of two shares of so many images."""
    return N_SIGMA * math.hypot(standard_error(share, images), standard_error(other, images))
