"""The course of a run: where it converged, whether it still rises, swings or stood still, and divergence."""

from __future__ import annotations

import math

import numpy as np

from paribus.analysis.finding import Severity
from paribus.analysis.runs.curves import (
    MIN_EPOCHS,
    N_SIGMA,
    band,
    converged,
    late_gain,
    neighbour_noise,
    noise_freedom,
    plateau,
    smoothed,
    standard_error,
    tail,
)
from paribus.analysis.runs.evidence import Fact, Rule, RunEvidence, has_validation
from paribus.analysis.runs.internals import answers_alike
from paribus.record.run import Status
from paribus.texts.message import Message


def where_converged(run: RunEvidence) -> Fact | None:
    """The epochs from which on training and validation accuracy gain no more than validation can resolve.

    Both are held against the same band: one standard error on the validation images, or three of a smoothed
    value by the curve's own noise where that is larger.

    Args:
        run: With validation images and nine epochs or more.
    """
    within = band(run.curve("val_accuracy"), run.held_out)
    if within is None:
        return None
    found = {name: converged(run.curve(name), within) for name in ("val_accuracy", "accuracy")}
    validation, train = found["val_accuracy"], found["accuracy"]
    if validation is None or not_converged(run) is not None or oscillation(run) is not None:
        return None
    evidence = {"validation_epoch": float(validation), "band": within, "epochs": float(run.epochs)}
    if train is None:
        return Fact(Severity.INFO, evidence, {"train": Message("diagnosis.train-rises")})
    evidence["train_epoch"] = float(train)
    return Fact(Severity.INFO, evidence, {"train": Message("diagnosis.train-converged", {"epoch": train})})


def not_converged(run: RunEvidence) -> Fact | None:
    """Validation accuracy that still rises in the last epochs, beyond its own noise and the images'.

    It is a warning from three standard errors on the images on: a smaller rise lies within what other images
    of the same number would make of the accuracy.

    Args:
        run: With validation images and nine epochs or more.
    """
    curve = run.curve("val_accuracy")
    gain = late_gain(curve)
    if gain is None:
        return None
    images = standard_error(float(curve[-1]), run.held_out)
    limit = max(N_SIGMA * gain.noise, images)
    if gain.size <= limit:
        return None
    evidence = {
        "gain": gain.size,
        "over": float(gain.epochs),
        "limit": limit,
        "noise": gain.noise,
        "images_noise": images,
        "accuracy": float(curve[-1]),
        "epochs": float(run.epochs),
    }
    return Fact(Severity.WARNING if gain.size > N_SIGMA * images else Severity.INFO, evidence)


def oscillation(run: RunEvidence) -> Fact | None:
    """A validation curve that moves more from epoch to epoch than other validation images would move it.

    The curve's noise is held against one standard error on the validation images, widened by three standard
    errors of the noise itself, 1/√(2ν) each with ν degrees of freedom. No warning where the best weights are
    restored: the last epoch then decides nothing.

    Args:
        run: With validation images and nine epochs or more.
    """
    curve = run.curve("val_accuracy")
    swing = neighbour_noise(curve)
    if swing is None:
        return None
    late = curve[len(curve) // 3 :]
    images = standard_error(float(late.mean()), run.held_out)
    limit = images * (1 + N_SIGMA / math.sqrt(2 * noise_freedom(run.epochs)))
    if swing <= limit:
        return None
    evidence = {
        "swing": swing,
        "limit": limit,
        "images_noise": images,
        "lowest": float(late.min()),
        "highest": float(late.max()),
        "from_epoch": float(len(curve) // 3 + 1),
        "epochs": float(run.epochs),
        "last": float(curve[-1]),
        "batch": float(run.configuration.batch_size),
    }
    stopping = run.configuration.early_stopping
    if stopping is not None and stopping.restore_best_weights:
        evidence["kept_epoch"] = float(run.kept.get("epoch", run.epochs))
        return Fact(Severity.INFO, evidence, {"end": Message("diagnosis.swing-restored", evidence)})
    return Fact(Severity.WARNING, evidence, {"end": Message("diagnosis.swing-ends", evidence)})


def stood_still(run: RunEvidence) -> Fact | None:
    """A stretch in which training accuracy stood still before it went on.

    Args:
        run: One that has ended.
    """
    curve = run.curve("accuracy")
    images = run.held_out or run.trained_on
    found = plateau(curve, standard_error(float(np.median(curve)), images))
    if found is None:
        return None
    evidence = {
        "length": float(found.last - found.first + 1),
        "first_epoch": float(found.first),
        "last_epoch": float(found.last),
        "level": found.level,
        "after": found.after,
    }
    return Fact(Severity.INFO, evidence)


def nothing_learned(run: RunEvidence) -> Fact | None:
    """A network that is right no more often than one answer to everything, beyond noise.

    Args:
        run: One that has ended, and does not give one answer.
    """
    share = run.validation_accuracy
    share = run.train_accuracy if share is None else share
    if run.has_learned or share is None:
        return None
    images = run.held_out if run.validation_accuracy is not None else run.train_images
    evidence = {
        "accuracy": share,
        "commonest": run.commonest,
        "limit": run.learned_from(max(1, images)),
        "images": float(images),
    }
    return Fact(Severity.SERIOUS, evidence)


def diverged(run: RunEvidence) -> Fact | None:
    """A loss that was no longer a finite number.

    Args:
        run: One that is over.
    """
    losses = run.curve("data_loss")
    finite = losses[np.isfinite(losses)]
    evidence = {"epoch": float(run.epochs), "highest": float(finite.max()) if len(finite) else math.nan}
    measured = [(probe.step, probe.data_loss) for probe in run.probes if probe.data_loss is not None]
    cause = "unknown"
    if len(measured) > 1:
        (_, first), (step, last) = measured[0], max(measured, key=lambda each: each[1])
        evidence |= {"first_loss": first, "highest_loss": last, "step": float(step)}
        cause = "measured" if last > first else "sudden"
    return Fact(Severity.SERIOUS, evidence, {"because": Message(f"diagnosis.diverged-{cause}", evidence)})


def _has_curve(run: RunEvidence) -> bool:
    return has_validation(run) and run.epochs >= MIN_EPOCHS


def _can_swing(run: RunEvidence) -> bool:
    return _has_curve(run) and len(smoothed(run.curve("val_accuracy"))) > tail(run.epochs)


def _has_stretches(run: RunEvidence) -> bool:
    return run.has_ended and run.has_learned and run.epochs >= MIN_EPOCHS


def _answers_differ(run: RunEvidence) -> bool:
    return run.has_ended and not answers_alike(run)


def _has_diverged(run: RunEvidence) -> bool:
    return run.record.status is Status.DIVERGED


COURSE = (
    Rule("converged", _has_curve, where_converged),
    Rule("not-converged", _has_curve, not_converged),
    Rule(
        "oscillation",
        _can_swing,
        oscillation,
        "Gasser, Sroka and Jennen-Steinmetz, Biometrika 73 (1986), for the noise",
    ),
    Rule("plateau", _has_stretches, stood_still),
    Rule("nothing-learned", _answers_differ, nothing_learned),
    Rule("diverged", _has_diverged, diverged),
)
