"""How a run fits: the gap between training and validation images, and overfitting."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import LABELS, Fact
from paribus.analysis.runs.changes import Change, round_to_digit
from paribus.analysis.runs.curves import MIN_EPOCHS, N_SIGMA, standard_error
from paribus.analysis.runs.evidence import RunEvidence, gap_noise, has_validation
from paribus.analysis.runs.rise import MIN_SHORT, loss_rise, running_median, short_rise
from paribus.analysis.runs.rule import Place, RunRule
from paribus.study.configuration import Configuration
from paribus.study.l2_dose import strength
from paribus.texts.message import Joined, Message

GRADES = (("small", 0.02), ("moderate", 0.05), ("large", math.inf))
"""Words for a gap up to so much accuracy: a convention. Only whether there is one follows from noise."""

_ASTRAY = 0.5
"""Of the rise on validation images: where the training loss rises by more, training goes astray."""


class Gap(RunRule):
    """Training accuracy minus validation accuracy, both with the kept weights.

    Its noise is the standard error of a difference of two independent shares.
    """

    code = "gap"
    severities = (Severity.INFO,)
    tasks = LABELS
    remark = Place.CURVES
    is_compared = True

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has a validation accuracy."""
        return has_validation(run)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the gap with its grade."""
        train, validation = run.train_accuracy, run.validation_accuracy
        if train is None or validation is None:
            return None
        noise = gap_noise(run, train, validation)
        evidence = {
            "gap": train - validation,
            "train": train,
            "validation": validation,
            "noise": noise,
            "limit": N_SIGMA * noise,
            "images": float(run.held_out),
        }
        return _graded(evidence, Message(f"diagnosis.train-{'sampled' if run.is_sampled else 'running'}"))

    def combine(self, facts: Sequence[Fact]) -> Fact:
        """Return the means, compared with the noise of one run's images."""
        evidence = {
            name: float(np.mean([fact.evidence[name] for fact in facts])) for name in facts[0].evidence
        }
        sampled = Message("diagnosis.train-sampled")
        is_sampled = any(fact.placeholders["measured"] == sampled for fact in facts)
        return _graded(evidence, sampled if is_sampled else Message("diagnosis.train-running"))


def _graded(evidence: dict[str, float], measured: Message) -> Fact:
    size = evidence["gap"]
    grade = "none"
    if abs(size) > evidence["limit"]:
        grade = next(word for word, most in GRADES if size < most) if size > 0 else "reversed"
    placeholders = {"grade": Message(f"diagnosis.gap-{grade}"), "measured": measured}
    return Fact(Severity.INFO, evidence, placeholders)


class Overfitting(RunRule):
    """Validation data loss that has risen from its best beyond noise, and the training data loss has not.

    What rises on all images is training that goes astray: the training data loss must rise by less than half
    as much. The rise must exceed what the curve's own noise allows, and one standard error that the loss has
    as a mean over the validation images. Both losses are of the same images, which makes the second test
    strict: their difference has less noise than either where they correlate above one half. Below nine
    epochs, which do not tell their noise, they must rise in order, by three of those standard errors.

    It is an info where early stopping watched the validation accuracy, which has held.
    """

    code = "overfitting"
    remedies = ("stop", "l2", "dropout", "fewer-units")
    severities = (Severity.WARNING, Severity.INFO)
    tasks = LABELS
    reference = "Prechelt, Early Stopping – But When?, in Neural Networks: Tricks of the Trade (1998)"
    remark = Place.CURVES
    is_contrasted = True
    is_summarized = True

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has a validation loss at four epochs or more."""
        return has_validation(run) and run.epochs >= MIN_SHORT and len(run.curve("val_data_loss")) > 0

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return how far the loss has risen, and whether accuracy fell with it."""
        is_short = run.epochs < MIN_EPOCHS
        found = (short_rise if is_short else loss_rise)(run.curve("val_data_loss"))
        if found is None:
            return None
        accuracies = running_median(run.curve("val_accuracy"), found.window)
        best, last = float(accuracies.max()), float(accuracies[-1])
        images = loss_standard_error(found.best, float(accuracies[found.place]), run.held_out)
        limit = max(found.limit, N_SIGMA * images if is_short else images)
        trained = running_median(run.curve("data_loss"), found.window)
        if found.size <= limit or trained[-1] - trained[found.place] > _ASTRAY * found.size:
            return None
        noise = standard_error(best, run.held_out)
        evidence = {
            "rise": found.size,
            "best": found.best,
            "last": found.last,
            "best_epoch": float(found.best_epoch),
            "epochs": float(run.epochs),
            "noise": found.noise,
            "limit": limit,
            "correlation": found.correlation,
            "best_accuracy": best,
            "accuracy": last,
            "accuracy_noise": noise,
            "train_at_best": float(trained[found.place]),
            "train": float(trained[-1]),
        }
        fell = "fell" if best - last > noise else "held"
        accuracies_then = Message(f"diagnosis.accuracy-{fell}", evidence)
        settings = run.configuration.early_stopping
        is_watched = settings is not None and settings.monitor == "val_accuracy" and fell == "held"
        if is_watched:
            told = Joined((accuracies_then, Message("diagnosis.accuracy-watched")))
            return Fact(Severity.INFO, evidence, {"accuracies": told})
        return Fact(Severity.WARNING, evidence, {"accuracies": accuracies_then})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise early stopping on the validation data loss."""
        settings = configuration.early_stopping
        patience = settings.patience if settings else 3
        stopping = {"monitor": "val_data_loss", "patience": patience, "restore_best_weights": True}
        yield Change("stop", {"early_stopping": stopping}, {"patience": patience})

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect that there is no penalty or a weak one, and training on after the best epoch."""
        now = strength(configuration)
        then = round_to_digit(10 * now) if now else 0.01
        values: dict[str, object] = {"now": now, "then": then}
        yield Change("weak-l2" if now else "no-l2", {"kernel_regularizer": {"l2": then}}, values)
        best = int(finding.evidence["best_epoch"])
        if configuration.early_stopping is None and best >= MIN_EPOCHS:
            yield Change("epochs", {"epochs": best}, {"now": configuration.epochs, "then": best})


def loss_standard_error(loss: float, accuracy: float, images: int) -> float:
    """Return the standard error of a mean loss over so many images.

    Loss and error rate are assumed to have the same relative standard error.

    Args:
        loss: The mean.
        accuracy: Of the same network on the same images.
        images: How many.
    """
    errors = max(1 - accuracy, 1 / images)
    return loss * standard_error(accuracy, images) / errors
