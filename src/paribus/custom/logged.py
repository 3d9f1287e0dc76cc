"""The names under which frameworks log metrics, as Paribus knows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from numbers import Real
from typing import Any

_SAME = {
    "acc": "accuracy",
    "binary_accuracy": "accuracy",
    "categorical_accuracy": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "r2_score": "r2",
}
_PART = re.compile(r"(train|valid|validation|val|eval)[_/]")


def as_logged(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return metrics that a framework logged, by Paribus's names; what is no single number is left out.

    Args:
        metrics: Such as Keras's ``logs``, or Lightning's ``callback_metrics``.

    Example:
        >>> as_logged({"train_loss_epoch": 0.5, "train_loss_step": 0.4, "eval_acc": 0.9, "val_f1": 0.8})
        {'loss': 0.5, 'val_accuracy': 0.9, 'val_f1': 0.8}
    """
    found: dict[str, float] = {}
    for name, value in metrics.items():
        number = _number(value)
        part = _PART.match(name)
        rest = name[part.end() :] if part else name
        if number is None or rest.endswith("_step") or rest == "epoch":
            continue
        rest = rest.removesuffix("_epoch")
        is_held = part is not None and part[1] != "train"
        found[f"{'val_' if is_held else ''}{_SAME.get(rest, rest)}"] = number
    return found


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        held: object = value.item() if hasattr(value, "item") else value
    except (ValueError, RuntimeError, TypeError):
        return None
    return float(held) if isinstance(held, Real) else None
