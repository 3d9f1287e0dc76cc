"""Losses that are not what they are taken for: with a penalty in them, or watched where they cannot warn."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.finding import Finding, Severity
from paribus.study.configuration import Configuration

_WITH_PENALTY = {"loss": "data_loss", "val_loss": "val_data_loss"}


def is_penalized(configuration: Configuration) -> bool:
    """Whether some weights are penalized, so that the loss is more than the data's.

    Args:
        configuration: A variant, resolved.
    """
    return any(
        technique is not None
        for layer in configuration.layers
        for name, technique in layer.arguments.items()
        if name.endswith("_regularizer")
    )


def losses(design: Design) -> Iterator[Finding]:
    """The findings about losses that questions compare and early stopping watches.

    Args:
        design: What is reviewed.
    """
    for asked in design.asked:
        metric = asked.question.metric
        if metric == "test_loss" and "regularization" in asked.factors:
            yield asked.finding("loss-with-penalty", Severity.SERIOUS, about=["regularization"])
        if metric != "test_accuracy" and "loss" in asked.factors:
            names = {"loss": asked.after.loss, "other_loss": asked.before.loss, "metric": metric}
            yield asked.finding("other-loss", Severity.SERIOUS, placeholders=names, about=["loss"])
    yield from _watched(design)


def _watched(design: Design) -> Iterator[Finding]:
    stopping = [(name, each, each.early_stopping) for name, each in design.configurations]
    for monitor in dict.fromkeys(stop.monitor for _, _, stop in stopping if stop is not None):
        watching = [(name, each) for name, each, stop in stopping if stop and stop.monitor == monitor]
        names = {"monitor": monitor, "other": _WITH_PENALTY.get(monitor, "")}
        penalized = [name for name, each in watching if is_penalized(each)]
        if monitor in _WITH_PENALTY and penalized:
            about = ["stopping", "regularization"]
            yield design.finding(
                "stops-on-penalty", Severity.WARNING, penalized, placeholders=names, about=about
            )
        if not monitor.startswith("val_"):
            variants, about = [name for name, _ in watching], ["stopping"]
            yield design.finding(
                "stops-on-training", Severity.WARNING, variants, placeholders=names, about=about
            )
