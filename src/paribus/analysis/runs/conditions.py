"""What rules ask of a run, and what several of them compare."""

from __future__ import annotations

import math

from paribus.analysis.runs.curves import MIN_EPOCHS, standard_error
from paribus.analysis.runs.evidence import RunEvidence

_GOOD_FIT = 0.9
"""Training accuracy on images: a convention."""
_SOME_FIT = 0.25
"""Of the way from the commonest class, or from the mean, to no error, on data other than images: tables are
noisy, so that most cannot be fitted much better without being memorized; a convention."""


def has_learned_on_validation(run: RunEvidence) -> bool:
    """Return whether a run ended and learned something, with examples held out.

    Args:
        run: Any.
    """
    return run.has_ended and run.has_learned and run.validation_score is not None and run.held_out > 0


def has_validation(run: RunEvidence) -> bool:
    """Return whether a run ended and learned something, with a validation accuracy.

    Args:
        run: Any.
    """
    return has_learned_on_validation(run) and run.validation_accuracy is not None


def has_validation_curve(run: RunEvidence) -> bool:
    """Return whether a run has validation accuracies at enough epochs to tell its noise.

    Args:
        run: Any.
    """
    return has_validation(run) and run.epochs >= MIN_EPOCHS


def gap_noise(run: RunEvidence, train: float, validation: float) -> float:
    """Return the standard error of the difference of a run's training and validation accuracy.

    Args:
        run: With both.
        train: Training accuracy.
        validation: Validation accuracy.
    """
    return math.hypot(standard_error(train, run.train_images), standard_error(validation, run.held_out))


def is_mostly_gap(run: RunEvidence) -> bool:
    """Return whether less than half as many training images are wrong as validation images.

    Args:
        run: Any.
    """
    train, validation = run.train_accuracy, run.validation_accuracy
    return train is not None and validation is not None and 1 - train < (1 - validation) / 2


def fits_poorly(run: RunEvidence) -> bool:
    """Return whether nothing was learned, or more than a tenth of the training images are wrong.

    Other data than images need not be known so well: there a quarter of what the commonest answer gets wrong.

    Args:
        run: Any.
    """
    if not (run.has_ended and run.has_learned):
        return True
    if run.configuration.facts.values != "pixels":
        return run.fit is not None and run.fit < _SOME_FIT
    return run.train_accuracy is not None and run.train_accuracy < _GOOD_FIT


def has_probes(run: RunEvidence) -> bool:
    """Return whether a run is over, and its network was measured at the start and later.

    Args:
        run: Any.
    """
    return run.is_over and len(run.probes) > 1
