"""The learning rate at each update of a run, as a schedule of Keras has it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from paribus.study.configuration import Configuration, Technique

Rates = NDArray[np.float64]


def learning_rates(configuration: Configuration, updates: int) -> Rates | None:
    """Return the learning rate at each update, shape (updates,); None where it is one number.

    Source: Keras, optimizers/schedules/learning_rate_schedule.py.

    Args:
        configuration: A variant, resolved.
        updates: How many there are.
    """
    schedule = configuration.optimizer.arguments.get("learning_rate")
    if not isinstance(schedule, Technique):
        return None
    step = np.arange(updates, dtype=np.float64)
    match schedule.name:
        case "piecewise_constant_decay":
            bounds, values = (schedule.arguments[name] for name in ("boundaries", "values"))
            return np.asarray(values, np.float64)[np.searchsorted(np.asarray(bounds, np.float64), step)]
        case "exponential_decay" | "inverse_time_decay":
            return _decayed(schedule, step)
        case "polynomial_decay":
            return _polynomial(schedule, step)
        case "cosine_decay":
            return _cosine(schedule, step)
        case _:
            return _cosine_restarts(schedule, step)


def _number(schedule: Technique, name: str) -> float:
    value = schedule.arguments[name]
    return float(value) if isinstance(value, int | float) else 0.0


def _decayed(schedule: Technique, step: Rates) -> Rates:
    first, rate = _number(schedule, "initial_learning_rate"), _number(schedule, "decay_rate")
    passed = step / _number(schedule, "decay_steps")
    if schedule.arguments["staircase"]:
        passed = np.floor(passed)
    return first * rate**passed if schedule.name == "exponential_decay" else first / (1 + rate * passed)


def _polynomial(schedule: Technique, step: Rates) -> Rates:
    first, last = _number(schedule, "initial_learning_rate"), _number(schedule, "end_learning_rate")
    length = _number(schedule, "decay_steps")
    if schedule.arguments["cycle"]:
        lengths = length * np.maximum(1, np.ceil(step / length))
    else:
        step, lengths = np.minimum(step, length), np.full_like(step, length)
    return (first - last) * (1 - step / lengths) ** _number(schedule, "power") + last


def _cosine(schedule: Technique, step: Rates) -> Rates:
    first, length = _number(schedule, "initial_learning_rate"), _number(schedule, "decay_steps")
    alpha = _number(schedule, "alpha")
    if schedule.arguments["warmup_target"] is None:
        return first * _half_wave(np.minimum(step / length, 1), alpha)
    top, warming = _number(schedule, "warmup_target"), _number(schedule, "warmup_steps")
    decayed = top * _half_wave(np.clip((step - warming) / length, 0, 1), alpha)
    return np.where(step < warming, first + (top - first) * step / max(1.0, warming), decayed)


def _cosine_restarts(schedule: Technique, step: Rates) -> Rates:
    growth, alpha = _number(schedule, "t_mul"), _number(schedule, "alpha")
    passed = step / _number(schedule, "first_decay_steps")
    if growth == 1:
        restarts, within = np.floor(passed), passed % 1
    else:
        restarts = np.floor(np.log(1 - passed * (1 - growth)) / np.log(growth))
        within = (passed - (1 - growth**restarts) / (1 - growth)) / growth**restarts
    wave = _half_wave(within, 0.0) * _number(schedule, "m_mul") ** restarts
    return _number(schedule, "initial_learning_rate") * ((1 - alpha) * wave + alpha)


def _half_wave(share: Rates, alpha: float) -> Rates:
    return (1 - alpha) * (1 + np.cos(math.pi * share)) / 2 + alpha
