"""How a run fits: the gap between training and validation images, and overfitting."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from paribus.analysis.finding import Severity
from paribus.analysis.runs.curves import MIN_EPOCHS, N_SIGMA, rise, smoothed, standard_error
from paribus.analysis.runs.evidence import Fact, Rule, RunEvidence, has_validation
from paribus.texts.message import Message

GRADES = (("small", 0.02), ("moderate", 0.05), ("large", math.inf))
"""Words for a gap up to so much accuracy: a convention. Only whether there is one follows from noise."""


def gap(run: RunEvidence) -> Fact | None:
    """Training accuracy minus validation accuracy, both with the kept weights.

    Its noise is the standard error of a difference of two independent shares.

    Args:
        run: With validation images.
    """
    train, validation = run.train_accuracy, run.validation_accuracy
    if train is None or validation is None:
        return None
    size = train - validation
    noise = math.hypot(standard_error(train, run.train_images), standard_error(validation, run.held_out))
    evidence = {
        "gap": size,
        "train": train,
        "validation": validation,
        "noise": noise,
        "limit": N_SIGMA * noise,
        "images": float(run.held_out),
    }
    return _graded(evidence, "sampled" if run.is_sampled else "running")


def mean_gap(facts: Sequence[Fact]) -> Fact:
    """The gap of several runs: means, held against the noise of one run's images.

    Args:
        facts: From `gap`, at least one.
    """
    names = facts[0].evidence
    evidence = {name: float(np.mean([fact.evidence[name] for fact in facts])) for name in names}
    sampled = any(fact.placeholders["measured"] == Message("diagnosis.train-sampled") for fact in facts)
    return _graded(evidence, "sampled" if sampled else "running")


def _graded(evidence: dict[str, float], measured: str) -> Fact:
    size = evidence["gap"]
    grade = "none"
    if abs(size) > evidence["limit"]:
        grade = next(word for word, most in GRADES if size < most) if size > 0 else "reversed"
    names = {"grade": Message(f"diagnosis.gap-{grade}"), "measured": Message(f"diagnosis.train-{measured}")}
    return Fact(Severity.INFO, evidence, names)


def overfitting(run: RunEvidence) -> Fact | None:
    """Validation data loss that has risen from its best beyond noise.

    The smoothed training data loss must not rise as well: what rises on all images is training that goes
    astray. The rise must exceed what the curve's own noise allows, and one standard error that the loss has
    as a mean over the validation images. Both losses are of the same images, which makes the second test
    strict: their difference has less noise than either where they correlate above one half. That standard
    error is taken to be the same share of the loss as that of the error rate is of the error rate.

    Args:
        run: With validation images and nine epochs or more.
    """
    found = rise(run.curve("val_data_loss"))
    if found is None:
        return None
    place = found.best_epoch - 1 - found.window // 2
    accuracies = smoothed(run.curve("val_accuracy"), found.window)
    at_best = float(accuracies[place])
    best, last = float(accuracies.max()), float(accuracies[-1])
    images = sampling(found.best, at_best, run.held_out)
    if found.size <= max(found.limit, images):
        return None
    losses = run.curve("data_loss")
    trained = smoothed(losses, found.window)
    if trained[-1] > trained[place]:
        return None
    noise = standard_error(best, run.held_out)
    evidence = {
        "rise": found.size,
        "best": found.best,
        "last": found.last,
        "best_epoch": float(found.best_epoch),
        "epochs": float(run.epochs),
        "noise": found.noise,
        "limit": max(found.limit, images),
        "best_accuracy": best,
        "accuracy": last,
        "accuracy_noise": noise,
        "train_at_best": float(losses[found.best_epoch - 1]),
        "train": float(losses[-1]),
    }
    fell = "fell" if best - last > noise else "held"
    return Fact(Severity.WARNING, evidence, {"accuracies": Message(f"diagnosis.accuracy-{fell}", evidence)})


def sampling(loss: float, accuracy: float, images: int) -> float:
    """Standard error of a mean loss over so many images, told from the error rate's.

    Args:
        loss: The mean.
        accuracy: Of the same network on the same images.
        images: How many.
    """
    errors = max(1 - accuracy, 1 / images)
    return loss * standard_error(accuracy, images) / errors


def _has_curve(run: RunEvidence) -> bool:
    return has_validation(run) and run.epochs >= MIN_EPOCHS and len(run.curve("val_data_loss")) > 0


FIT = (
    Rule("gap", has_validation, gap, mean=mean_gap),
    Rule(
        "overfitting",
        _has_curve,
        overfitting,
        "Prechelt, Early Stopping – But When?, in Neural Networks: Tricks of the Trade (1998)",
    ),
)
