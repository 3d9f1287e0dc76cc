"""The size of a loss: beside that of a network that gives every class the same probability."""

from __future__ import annotations

import math

from paribus.analysis.runs.evidence import RunEvidence

HIGH = 2.0
"""Times the loss of a uniform prediction, which scaled pixels and common initial weights start close to."""


def uniform_loss(run: RunEvidence) -> float | None:
    """Return the data loss of a network that gives every class the same probability; None for other losses.

    Args:
        run: Any.
    """
    classes = len(run.configuration.facts.classes)
    loss = run.configuration.loss
    if loss == "binary_crossentropy" and run.configuration.output == "sigmoid":
        return math.log(2)
    if loss.endswith("categorical_crossentropy") and run.configuration.output in ("sigmoid", "softmax"):
        return math.log(classes)
    return None


def has_jumped(run: RunEvidence, first: float | None, highest: float) -> bool:
    """Return whether a loss has grown to more than twice its start, and twice that of a uniform prediction.

    Below that a network may merely get surer of what it does not know.

    Args:
        run: The run.
        first: The sample's loss at the start; None where it was not finite.
        highest: Its highest loss.
    """
    return first is not None and highest > HIGH * max(first, uniform_loss(run) or 0.0)
