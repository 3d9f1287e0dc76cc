"""A study without a fault, and what to change in it to have one."""

from __future__ import annotations

from paribus.study.reader import load
from paribus.study.study import Study

BASE = {
    "data": "mnist",
    "scale": "unit",
    "model": {"hidden": [128], "activation": "relu", "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
    "batch_size": 128,
    "epochs": 10,
}
STOP = {"monitor": "val_accuracy", "patience": 3}
L2 = {"l2": 0.0001}


def clean(
    treatment: dict[str, object] | None = None,
    base: dict[str, object] | None = None,
    *,
    plain: dict[str, object] | None = None,
    metric: str = "test_accuracy",
    **fields: object,
) -> Study:
    """A study of ``treatment`` against ``plain``, without a fault unless one is passed in.

    Args:
        treatment: What the treatment changes; dropout unless given.
        base: What to change in the base.
        plain: What to change in the reference.
        metric: What is asked for.
        fields: The study's other fields.
    """
    return load(
        {
            "seeds": 5,
            "margin": 0.01,
            "base": {**BASE, **(base or {})},
            "variants": {
                "plain": plain or {},
                "treatment": {"model": {"dropout": 0.3}} if treatment is None else treatment,
            },
            "questions": [{"treatment": "treatment", "reference": "plain", "metric": metric}],
            **fields,
        }
    )
