"""Which settings a search tries next: of a grid, evenly scattered ones, or those that Optuna asks for."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, TypeAlias

from paribus.analysis.tuning import Ending
from paribus.errors import UsageError
from paribus.study.configuration import Scalar
from paribus.study.seeds import named_seed
from paribus.study.tuning import OF_OPTUNA, Tune, TuneRange

Settings: TypeAlias = Mapping[str, Scalar]
Tried: TypeAlias = tuple[Settings, float | Ending | None]
"""Settings with their validation score, or how they ended early; None for a run that diverged."""

ROUND = 4
"""Settings that a sampler is asked for at once, however many workers there are: none changes the search."""


def next_settings(tune: Tune, tried: Sequence[Tried]) -> list[Settings]:
    """Return the settings to try next; none where the budget is used up.

    The same settings with the same scores lead to the same next ones, in whatever process.

    Args:
        tune: What is tuned.
        tried: What was tried, in order.

    Raises:
        UsageError: The search needs Optuna, which is not installed.
    """
    left = tune.budget - len(tried)
    if left <= 0:
        return []
    if tune.search in OF_OPTUNA:
        return _asked(tune, tried, min(left, ROUND))
    every = grid(tune.settings) if tune.search == "grid" else scattered(tune.settings, tune.budget)
    return every[len(tried) :]


def grid(settings: Mapping[str, TuneRange]) -> list[Settings]:
    """Return every combination of the settings' grids.

    Example:
        >>> grid({"epochs": TuneRange(values=(1, 2)), "scale": TuneRange(values=("unit",))})
        [{'epochs': 1, 'scale': 'unit'}, {'epochs': 2, 'scale': 'unit'}]
    """
    points = itertools.product(*(each.grid for each in settings.values()))
    return [dict(zip(settings, point, strict=True)) for point in points]


def scattered(settings: Mapping[str, TuneRange], count: int) -> list[Settings]:
    """Return settings from a Halton sequence, scrambled by a fixed seed: the same for every variant.

    Source: scipy.stats.qmc; Bergstra and Bengio 2012 for why they beat a grid of several settings.

    Args:
        settings: With their ranges.
        count: How many.
    """
    from scipy.stats import qmc

    sampler = qmc.Halton(len(settings), rng=named_seed(0, "tuning"))
    return [_at(settings, point) for point in sampler.random(count)]


def _at(settings: Mapping[str, TuneRange], shares: Sequence[float]) -> Settings:
    return {name: each.at(float(share)) for (name, each), share in zip(settings.items(), shares, strict=True)}


def _asked(tune: Tune, tried: Sequence[Tried], count: int) -> list[Settings]:
    """Return what a sampler of Optuna's asks for, told all that was tried."""
    try:
        optuna: Any = import_module("optuna")
    except ImportError:
        raise UsageError("tune.no-optuna", search=tune.search) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seed = named_seed(0, "tuning", len(tried))
    samplers = optuna.samplers
    sampler = (
        samplers.RandomSampler(seed=seed)
        if tune.search == "random"
        else samplers.TPESampler(seed=seed, n_startup_trials=ROUND, constant_liar=True)
    )
    spaces = {name: _space(optuna.distributions, each) for name, each in tune.settings.items()}
    study = optuna.create_study(sampler=sampler, direction="maximize" if tune.rises else "minimize")
    pruned = optuna.trial.TrialState.PRUNED  # which has no value, and counts as worse than any that has one
    for settings, score in tried:
        outcome = _outcome(score, pruned)
        study.add_trial(optuna.trial.create_trial(params=dict(settings), distributions=spaces, **outcome))
    trials = [study.ask(spaces) for _ in range(count)]
    return [
        {name: _rounded(each, trial.params[name]) for name, each in tune.settings.items()} for trial in trials
    ]


def _outcome(score: float | Ending | None, pruned: Any) -> dict[str, Any]:
    """Return what came of a try, as Optuna takes it."""
    if isinstance(score, Ending):
        known = {} if score.score is None else {score.epoch: score.score}
        return {"state": pruned, "intermediate_values": known}
    return {"state": pruned} if score is None else {"value": score}


def _space(distributions: Any, each: TuneRange) -> Any:
    if each.values:
        return distributions.CategoricalDistribution(each.values)
    if each.whole:
        return distributions.IntDistribution(int(each.low), int(each.high), log=each.is_log)
    return distributions.FloatDistribution(each.low, each.high, log=each.is_log)


def _rounded(each: TuneRange, value: Scalar) -> Scalar:
    """Return a number with six significant digits, within its range."""
    if each.values or not isinstance(value, float):
        return value
    return min(max(float(f"{value:.6g}"), each.low), each.high)
