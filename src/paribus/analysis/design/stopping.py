"""Early stopping that takes the worst epoch for the best."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration, EarlyStopping
from paribus.study.metrics import monitor_rises, monitors
from paribus.texts.message import Message


def is_backwards(settings: EarlyStopping) -> bool:
    """Return whether the worst of what is watched counts as the best.

    Args:
        settings: What is watched, and how.

    Example:
        >>> is_backwards(EarlyStopping(monitor="val_loss", mode="max"))
        True
    """
    if settings.monitor not in monitors():  # a metric of the user's own, whose direction is in the mode
        return False
    return settings.mode == ("min" if monitor_rises(settings.monitor) else "max")


class BackwardsMode(ConfigurationRule):
    """Early stopping waits for what it watches to get worse."""

    code = "backwards-mode"
    severities = (Severity.WARNING,)
    any_training = True
    reference = "Keras, callbacks/early_stopping.py"
    factors = ("stopping",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        settings = configuration.early_stopping
        if settings is not None and is_backwards(settings):
            kept = "restored" if settings.restore_best_weights else "ended"
            values = {"monitor": settings.monitor, "mode": settings.mode}
            yield Fact(Severity.WARNING, {}, {**values, "cost": Message(f"finding.backwards-{kept}")})
