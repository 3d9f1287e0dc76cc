"""How fast this machine trains: measured once by a separate process, then read from the cache."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from math import isfinite
from statistics import median
from typing import Any

from pydantic import TypeAdapter

from paribus.data.cache import cache_folder
from paribus.execute.cost import TYPICAL, Cost, Rates, epoch_cost
from paribus.execute.local import ONE_THREAD
from paribus.record import files
from paribus.record.environment import machine
from paribus.study import interpreter, reading
from paribus.study.configuration import Configuration
from paribus.study.reader import load
from paribus.study.update_mode import update_mode

VERSION = 2
"""The version of the measurement; calibrations of other versions are made anew."""

_RATES = TypeAdapter(Rates)
_TIMEOUT = 300.0  # seconds that a calibration may take on a busy machine
_SHAPES: tuple[tuple[int, dict[str, object]], ...] = (
    (1280, {}),  # matrix products
    (1920, {"batch_size": 8}),  # blocks of steps
    (
        32,
        {  # weights from memory
            "data": "cifar10",
            "model": {"hidden": [2048], "activation": "relu", "output": "sigmoid"},
            "optimizer": {"name": "adam", "learning_rate": 0.0001},
            "batch_size": 8,
        },
    ),
)
_BASE: dict[str, object] = {
    "data": "mnist",
    "validation": 0.0,
    "scale": "none",
    "model": {"hidden": [784], "activation": "relu", "output": "sigmoid"},
    "loss": "binary_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.0001},
    "kernel_regularizer": {"l2": 0.01},
    "batch_size": 128,
    "epochs": 1,
}


def rates(*, measure: bool = True) -> Rates | None:
    """Return how fast this machine trains; None where that is not known.

    Args:
        measure: Whether to measure it, which takes seconds, where the cache has no measurement.
    """
    kept = cache_folder() / "calibration" / f"{machine()}-{VERSION}.json"
    try:
        found = _RATES.validate_python(reading.read_object(kept))
        if _are_sound(found):
            return found
    except (OSError, ValueError):
        pass
    found = measure_rates() if measure else None
    if found is not None:
        with suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            files.write(kept, _RATES.dump_json(found), durable=False)
    return found


def _are_sound(kept: Rates) -> bool:
    rates = (*kept.seconds, kept.start, kept.setup)
    return len(kept.seconds) == len(TYPICAL.seconds) and all(isfinite(rate) and rate >= 0 for rate in rates)


def measure_rates() -> Rates | None:
    """Measure this machine in a separate process; return None where that fails."""
    timed = [(images, configuration(changes)) for images, changes in _SHAPES]
    request: list[dict[str, object]] = [
        {"configuration": each.model_dump(mode="json"), "images": images, "update_mode": update_mode(each)}
        for images, each in timed
    ]
    try:
        done = subprocess.run(  # noqa: S603 - this Python, with a module of Paribus
            interpreter.command("paribus.engine.calibrate"),
            input=json.dumps(request),
            env={**os.environ, **ONE_THREAD},
            capture_output=True,
            text=True,
            check=True,
            timeout=_TIMEOUT,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found: dict[str, Any] = json.loads(done.stdout)
    costs = [epoch_cost(each, images, update_mode(each)) for images, each in timed]
    return Rates(fit(costs, found["epochs"]), found["load"], median(found["setups"]))


def fit(costs: list[Cost], seconds: list[float]) -> tuple[float, ...]:
    """Fit the rates by non-negative least squares of the relative errors."""
    from dataclasses import astuple

    import numpy as np
    from scipy.optimize import nnls

    parts = np.array([astuple(cost) for cost in costs])
    sizes = parts.max(axis=0)
    relative = parts / sizes / np.array(seconds)[:, None]
    found, _ = nnls(relative, np.ones(len(seconds)))
    return tuple(float(rate) for rate in found / sizes)


def configuration(changes: dict[str, object]) -> Configuration:
    """Return the configuration of a timed shape."""
    study = load({"name": "calibration", "base": {**_BASE, **changes}, "variants": {"v": {}}})
    return study.variants["v"].configuration
