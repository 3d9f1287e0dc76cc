"""Which configurations can be trained with several seeds in one computation."""

from __future__ import annotations

from typing import Literal, TypeAlias

from paribus.study.configuration import Configuration
from paribus.study.update_mode import UpdateMode

Together: TypeAlias = int | Literal["auto"]


def reason_not_together(configuration: Configuration, mode: UpdateMode) -> str:
    """Return the code of the sentence that says why seeds cannot be trained together; empty where they can.

    Delayed updates are computed between compiled functions. A function of the user's trains one run. What a
    network or a loss of the user's own does need not be the same for several at once.

    Args:
        configuration: What is trained.
        mode: How its epochs would be computed alone.

    Example:
        >>> from paribus.study.reader import load
        >>> lab = load("lab2").variants
        >>> [reason_not_together(lab[name].configuration, mode) for name, mode in (("1", "stepwise"),)]
        ['']
        >>> reason_not_together(lab["5"].configuration, "delayed")
        'run.not-together-delayed'
    """
    reasons = {
        "train": configuration.train is not None,
        "network": configuration.network is not None,
        "loss": configuration.own_loss is not None,
        "callbacks": bool(configuration.callbacks),
        "delayed": mode == "delayed",
    }
    return next((f"run.not-together-{reason}" for reason, holds in reasons.items() if holds), "")
