"""Runs that had learned, and lost it again while they trained on: some of it, or all of it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import LABELS, Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.curves import MIN_EPOCHS, N_SIGMA, Curve, standard_error
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.failures import CONSEQUENCES
from paribus.analysis.runs.rate_changes import smaller_rate, suspect_updates
from paribus.analysis.runs.rise import MIN_SHORT, Rise, rise, short_rise
from paribus.analysis.runs.rule import Place, RunRule
from paribus.study.configuration import Configuration
from paribus.texts.message import Message


class Collapsed(RunRule):
    """A network that had learned, and ends no better than always predicting one class."""

    code = "collapsed"
    severities = (Severity.SERIOUS,)
    any_training = True
    tasks = LABELS
    remark = Place.FAILURE
    is_fatal = True
    is_summarized = True
    explains = CONSEQUENCES
    silences = frozenset({"nothing-learned"})

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended."""
        return run.has_ended and run.epochs > 0

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return its best, and the last epoch at which it still had learned something."""
        if not run.has_collapsed:
            return None
        name, images = run.scored
        curve = run.curve(name)
        limit = run.learning_threshold(images)
        best = int(curve.argmax())
        evidence = {
            "fall": float(curve[best] - run.kept[name]),
            "best": float(curve[best]),
            "best_epoch": float(best + 1),
            "epoch": float(np.flatnonzero(curve > limit)[-1] + 1),
            "epochs": float(run.epochs),
            "accuracy": run.kept[name],
            "commonest": run.majority_share,
            "limit": limit,
        }
        return Fact(Severity.SERIOUS, evidence, {"measured": _measured(name)})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise smaller steps."""
        return smaller_rate(configuration, finding, "smaller-rate-held", name="smaller-rate")

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect updates that are too large."""
        return suspect_updates(configuration, finding)


class Declined(RunRule):
    """Accuracy that falls from its best on training and validation images alike.

    Both must fall by more than their own noise allows, and by more than three standard errors on the images.
    Overfitting is another matter: there training accuracy does not fall. No warning where the best
    weights were restored.
    """

    code = "declined"
    severities = (Severity.WARNING, Severity.INFO)
    any_training = True
    tasks = LABELS
    remark = Place.CURVES
    is_contrasted = True
    is_summarized = True
    silences = frozenset({"converged", "not-converged"})

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended and learned, in four epochs or more."""
        return run.has_ended and run.has_learned and run.epochs >= MIN_SHORT

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return how far both fell, and since when."""
        name, images = run.scored
        trained = _fall(run.curve("accuracy"), run.trained_on)
        scored = _fall(run.curve(name), images)
        if trained is None or scored is None:
            return None
        evidence = {
            "fall": scored.size,
            "best": -scored.best,
            "last": -scored.last,
            "best_epoch": float(scored.best_epoch),
            "epochs": float(run.epochs),
            "limit": scored.limit,
            "train_best": -trained.best,
            "train_last": -trained.last,
            "train_best_epoch": float(trained.best_epoch),
        }
        stopping = run.configuration.early_stopping
        if stopping is not None and stopping.restore_best_weights:
            evidence["kept_epoch"] = float(run.kept.get("epoch", run.epochs))
            return self._fact(Severity.INFO, name, evidence, "restored")
        return self._fact(Severity.WARNING, name, evidence, "kept")

    def _fact(self, severity: Severity, name: str, evidence: dict[str, float], end: str) -> Fact:
        placeholders = {"measured": _measured(name), "end": Message(f"diagnosis.declined-{end}", evidence)}
        return Fact(severity, evidence, placeholders)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise smaller steps."""
        return smaller_rate(configuration, finding, "smaller-rate-held", name="smaller-rate")

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect updates that are too large."""
        return suspect_updates(configuration, finding)


def _fall(accuracies: Curve, images: int) -> Rise | None:
    """Return how far an accuracy has fallen beyond noise; None where it has not."""
    found = rise(-accuracies) if len(accuracies) >= MIN_EPOCHS else short_rise(-accuracies)
    if found is None:
        return None
    error = standard_error(-found.best, max(1, images))
    return found if found.size > max(found.limit, N_SIGMA * error) else None


def _measured(name: str) -> Message:
    return Message(f"diagnosis.{'validation' if name == 'val_accuracy' else 'training'}-accuracy")
