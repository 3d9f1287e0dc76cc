"""A cell of the benchmark as a study file."""

from __future__ import annotations

from typing import Any

from benchmarks.networks import paribus_layers
from paribus.study.reader import load
from paribus.study.update_mode import block_steps


def study(cell: dict[str, Any]) -> dict[str, Any]:
    """Return the study file of a cell, given as `Cell.to_json`."""
    base: dict[str, Any] = {
        "loss": "binary_crossentropy",
        "optimizer": {"name": cell["optimizer"], "learning_rate": cell["learning_rate"]},
        "batch_size": cell["batch_size"],
        "epochs": 1,
    }
    if "network" in cell:
        base["model"] = paribus_layers(cell["layers"], tuple(cell["shape"]))
        base["loss"] = "categorical_crossentropy"
        base |= {} if cell["data"] == "tokens" else {"scale": "unit"}
    elif cell["convolution"]:
        base["model"] = [
            {"conv2d": {"filters": 8, "kernel_size": 3, "activation": "relu"}},
            "max_pooling2d",
            "flatten",
            {"dense": {"units": 10, "activation": "sigmoid"}},
        ]
    else:
        base["model"] = {"hidden": list(cell["hidden"]), "activation": "relu", "output": "sigmoid"}
    if cell["l2"]:
        base["kernel_regularizer"] = base["bias_regularizer"] = {"l2": cell["l2"]}
    return {
        "name": "benchmark",
        "data": "cifar10" if cell["data"] == "cifar10" else "mnist",
        "base": base,
        "variants": {"cell": {}},
    }


def steps_at_once(cell: dict[str, Any]) -> int:
    """Return the number of steps that Paribus computes as one block; 1 where it is stepwise."""
    return block_steps(load(study(cell)).variants["cell"].configuration) or 1
