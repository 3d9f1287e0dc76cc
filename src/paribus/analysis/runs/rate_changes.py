"""Other learning rates: how much smaller or larger, by the size of the first update that was measured."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.networks import is_unscaled
from paribus.analysis.finding import Finding
from paribus.analysis.runs.changes import Change, round_to_digit, scaled
from paribus.study.configuration import Argument, Configuration, Technique
from paribus.study.step_size import learning_rate
from paribus.study.techniques import Kind, entry

USUAL_RATIO = 0.01
"""Of the weights: an update of this size is a usual one (0.001 to 0.05), by convention."""
FIRST_RATIO = "first_ratio"
"""The placeholder of a finding that says how large the run's first update was, beside the weights."""
_STEP, _FAR = 10.0, 30.0
"""A rate is changed by ten times at least, and to Keras's default where that is farther than thirty times."""
_STEPS = ("decay_steps", "first_decay_steps", "warmup_steps")
_RATES = ("initial_learning_rate", "warmup_target", "end_learning_rate", "values")


def smaller_rate(
    configuration: Configuration, finding: Finding, kind: str, *, name: str = ""
) -> Iterator[Change]:
    """Change the learning rate to one at which the first update would have been of a usual size, or a tenth.

    Where that update was not measured, a rate far above Keras's default becomes the default.

    Args:
        configuration: A variant, resolved.
        finding: Of it.
        kind: As in `Change`.
        name: As in `Change`.
    """
    return change_rate(configuration, min(1 / _STEP, _usual_times(configuration, finding)), kind, name=name)


def larger_rate(configuration: Configuration, finding: Finding, kind: str) -> Iterator[Change]:
    """Change the learning rate to one at which the first update would have been of a usual size, or tenfold.

    Where that update was not measured, a rate far below Keras's default becomes the default.

    Args:
        configuration: A variant, resolved.
        finding: Of it.
        kind: As in `Change`.
    """
    return change_rate(configuration, max(_STEP, _usual_times(configuration, finding)), kind)


def _usual_times(configuration: Configuration, finding: Finding) -> float:
    """Return the factor by which a rate becomes a usual one; 1 where it seems close to one."""
    ratio, now = finding.placeholders.get(FIRST_RATIO), _rate(configuration)
    usual = entry(Kind.OPTIMIZER, configuration.optimizer.name).defaults.get("learning_rate")
    if isinstance(ratio, float) and ratio > 0:
        return USUAL_RATIO / ratio
    if not isinstance(usual, float) or not now:
        return 1.0
    return 1.0 if 1 / _FAR <= now / usual <= _FAR else usual / now


def _rate(configuration: Configuration) -> float:
    """Return the learning rate, or the highest one of a schedule."""
    schedule = configuration.optimizer.arguments.get("learning_rate")
    return _highest_rate(schedule) if isinstance(schedule, Technique) else learning_rate(configuration) or 0.0


def suspect_updates(configuration: Configuration, finding: Finding) -> Iterator[Change]:
    """Suspect updates that are too large: by the pixels, or by the learning rate.

    Args:
        configuration: A variant, resolved.
        finding: Of it.
    """
    if is_unscaled(configuration):
        yield Change("pixels", scaled(configuration))
    yield from smaller_rate(configuration, finding, "rate")


def change_rate(configuration: Configuration, times: float, kind: str, *, name: str = "") -> Iterator[Change]:
    """Change the learning rate, or every rate of a schedule, which is named by its highest one.

    Args:
        configuration: A variant, resolved.
        times: The factor, rounded so that the new rate has one digit.
        kind: As in `Change`.
        name: As in `Change`.
    """
    now, schedule = learning_rate(configuration), configuration.optimizer.arguments.get("learning_rate")
    if isinstance(schedule, Technique):
        now = _highest_rate(schedule)
        given = {key: each for key in _RATES if (each := schedule.arguments.get(key)) is not None}
        rates = {key: _times(each, times) for key, each in given.items()}
        values = {"now": now, "then": round_to_digit(now * times), "times": times}
        yield Change(kind, {"learning_rate": rates}, values, name)
    elif now:
        then = round_to_digit(now * times)
        yield Change(kind, {"learning_rate": then}, {"now": now, "then": then, "times": then / now}, name)


def _times(rate: Argument, times: float) -> Argument:
    """Return a rate of a schedule, or a list of them, multiplied."""
    if isinstance(rate, list):
        return [round_to_digit(each * times) if isinstance(each, int | float) else each for each in rate]
    return round_to_digit(rate * times) if isinstance(rate, int | float) else rate


def _highest_rate(schedule: Technique) -> float:
    given = (schedule.arguments.get(key) for key in _RATES)
    every = (each for rate in given for each in (rate if isinstance(rate, list) else [rate]))
    return max((float(each) for each in every if isinstance(each, int | float)), default=0.0)


def by_epochs(configuration: Configuration, updates: int) -> Iterator[Change]:
    """Count a schedule's steps by epochs, where it has no more of them than the run has epochs.

    Args:
        configuration: A variant, resolved.
        updates: Of the whole run.
    """
    schedule = configuration.optimizer.arguments.get("learning_rate")
    if not isinstance(schedule, Technique):
        return
    given = schedule.arguments
    steps = {name: value for name in _STEPS if isinstance(value := given.get(name), int | float) and value}
    each = updates // configuration.epochs
    if steps and each > 1 and max(steps.values()) <= configuration.epochs:
        longer = {name: int(value * each) for name, value in steps.items()}
        settings = {"learning_rate": longer}
        values = {"now": max(steps.values()), "then": max(longer.values())}
        yield Change("by-epochs", settings, values)
