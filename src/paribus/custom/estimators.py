"""Estimators and pipelines of scikit-learn, or of anything that follows its conventions, as trainings."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from paribus.custom.identity import SEEDED
from paribus.custom.run import Run
from paribus.errors import RunError
from paribus.record.metrics import value
from paribus.study.datasets import DataFacts, Task

_MAX_TEXT = 60
_WEIGHT = "sample_weight"


@dataclass(frozen=True)
class EstimatorTraining:
    """Fits an estimator on a run's training rows, and measures it on those held out and on the test's.

    Args:
        estimator: It stays as it is: every run fits a clone.
    """

    estimator: Any

    def __call__(self, config: Mapping[str, Any], seed: int, run: Run) -> None:
        """Fit a clone whose every ``random_state`` follows from the run's seed."""
        from sklearn.base import clone

        data, facts = run.data, run.facts
        fitted = seeded(clone(self.estimator), run)
        scale = scaler(config.get("scale"), data.x_train, facts)
        train, held, test = (as_rows(x, scale, facts) for x in (data.x_train, data.x_val, data.x_test))
        weights: dict[str, Any] = {}
        if data.weight_train is not None:
            weights[weighing(fitted)] = data.weight_train
        fitted.fit(train, _targets(data.y_train, facts.task), **weights)
        measured: dict[str, float] = {}
        for prefix, x, y in (("", train, data.y_train), ("val_", held, data.y_val)):
            if len(y):
                measured |= {
                    f"{prefix}{name}": number for name, number in _measured(fitted, x, y, facts).items()
                }
        run.log(**measured)
        run.test(labels=data.y_test, outputs=predicted(fitted, test, facts)[0])


def is_estimator(given: object) -> bool:
    """Return whether an object follows scikit-learn's conventions: ``fit``, ``predict``, ``get_params``."""
    names = ("fit", "predict", "get_params", "set_params")
    return not isinstance(given, type) and all(hasattr(given, name) for name in names)


def weighing(estimator: Any) -> str:
    """Return the argument of ``fit`` that takes the weights of examples, of a pipeline that of its last step.

    Raises:
        RunError: It takes none.

    Example:
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> from sklearn.linear_model import LogisticRegression
        >>> weighing(make_pipeline(StandardScaler(), LogisticRegression()))
        'logisticregression__sample_weight'
    """
    parameters = inspect.signature(estimator.fit).parameters
    if _WEIGHT in parameters:
        return _WEIGHT
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    if takes_any and getattr(estimator, "steps", None):
        name, last = estimator.steps[-1]
        return f"{name}__{weighing(last)}"
    if takes_any and hasattr(estimator, "estimator"):  # a search hands it on
        return weighing(estimator.estimator)
    raise RunError("run.compare-weights", name=type(estimator).__name__)


def seeded(estimator: Any, run: Run) -> Any:
    """Return an estimator after each ``random_state`` in it is set, of its parts and of splitters too.

    The same classes get the same seeds in every variant, in the order of their names.
    """
    parameters: dict[str, Any] = estimator.get_params(deep=True)
    counts: dict[str, int] = {}

    def draw(owner: object) -> int:
        kind = type(owner).__name__
        counts[kind] = counts.get(kind, 0) + 1
        return run.seed(SEEDED, kind, counts[kind])

    for name in sorted(parameters):
        holder, _, last = name.rpartition("__")
        if last == SEEDED:
            estimator.set_params(**{name: draw(parameters[holder] if holder else estimator)})
    for name, part in sorted(parameters.items()):
        if hasattr(part, SEEDED) and not hasattr(part, "get_params"):  # a splitter of a search
            mine = copy.copy(part)
            setattr(mine, SEEDED, draw(part) if getattr(part, "shuffle", True) else None)
            estimator.set_params(**{name: mine})
    return estimator


def scaler(scale: object, x: Any, facts: DataFacts) -> Any:
    """Return what scales inputs, fitted on training rows alone; None where nothing is scaled.

    Raises:
        RunError: It is none of a study's.
    """
    from sklearn import preprocessing

    if scale in (None, "none"):
        return None
    if scale == "unit":
        return _Unit()
    names = {"standard": "StandardScaler", "minmax": "MinMaxScaler", "robust": "RobustScaler"}
    x = joined(x)
    if scale not in names:
        raise RunError("run.compare-scale", given=repr(scale), known=", ".join(("none", "unit", *names)))
    made = getattr(preprocessing, names[str(scale)])()
    flat = _flat(x)
    return made.fit(flat if facts.numeric is None else flat[:, : facts.numeric])


class _Unit:
    """Divides pixels by 255."""

    def transform(self, rows: NDArray[Any]) -> NDArray[Any]:
        return rows / 255.0


def as_rows(x: Any, scale: Any, facts: DataFacts) -> Any:
    """Return examples as rows of numbers, scaled; as a data frame where their columns have names.

    Columns of several inputs are named by them: ``age``, or ``image_0``, ``image_1``, ... of one with several
    numbers.
    """
    rows = scaled(_flat(joined(x)), scale, facts)
    names = list(facts.features)
    for each in facts.inputs:
        names += [each.name] if each.size == 1 else [f"{each.name}_{place}" for place in range(each.size)]
    if len(names) != rows.shape[1]:
        return rows
    import pandas as pd

    return pd.DataFrame(rows, columns=names)


def joined(x: Any) -> NDArray[Any]:
    """Return examples of several inputs as rows in which these follow each other; others as they are."""
    if not isinstance(x, Mapping):
        return x
    named = cast("Mapping[str, NDArray[Any]]", x)
    return np.concatenate([_flat(each) for each in named.values()], axis=1)


def scaled(rows: NDArray[Any], scale: Any, facts: DataFacts) -> NDArray[Any]:
    """Return rows of numbers scaled, those columns left as they are that are categories.

    Args:
        rows: Shape (examples, numbers).
        scale: From `scaler`.
        facts: What is known of the data.
    """
    if scale is None or not len(rows):
        return rows
    count = rows.shape[1] if facts.numeric is None else facts.numeric
    return np.column_stack([scale.transform(rows[:, :count]), rows[:, count:]])


def _flat(x: NDArray[Any]) -> NDArray[Any]:
    return x.reshape(len(x), math.prod(x.shape[1:])).astype(np.float64)


def _targets(y: NDArray[Any], task: Task) -> NDArray[Any]:
    return y[:, 0] if task == "regression" and y.ndim == 2 and y.shape[1] == 1 else y


def predicted(fitted: Any, x: Any, facts: DataFacts) -> tuple[NDArray[np.float64], bool]:
    """Return an estimator's outputs, one column a class, and whether they are probabilities.

    An estimator without ``predict_proba`` predicts a class with a 1.

    Args:
        fitted: The estimator.
        x: Examples.
        facts: What is known of the data.
    """
    if facts.task != "classification":
        found = np.asarray(fitted.predict(x), np.float64)
        return found.reshape(len(found), -1), False
    outputs = np.zeros((len(x), len(facts.classes)))
    if hasattr(fitted, "predict_proba"):
        known = np.asarray(fitted.classes_).astype(int)  # a fold may lack a class
        outputs[:, known] = fitted.predict_proba(x)
        return outputs, True
    outputs[np.arange(len(outputs)), np.asarray(fitted.predict(x)).astype(int)] = 1.0
    return outputs, False


def _measured(fitted: Any, x: Any, y: NDArray[Any], facts: DataFacts) -> dict[str, float]:
    outputs, are_probabilities = predicted(fitted, x, facts)
    names = {"loss": "log_loss" if are_probabilities else "mse" if facts.task == "regression" else None}
    names["r2" if facts.task == "regression" else "accuracy"] = (
        "r2" if facts.task == "regression" else "accuracy"
    )
    found = {key: value(name, outputs, y, facts.task) for key, name in names.items() if name is not None}
    return {key: number for key, number in found.items() if number is not None and math.isfinite(number)}


def title(estimator: Any) -> str:
    """Return what an estimator is called: its class, of a pipeline those of its steps.

    Example:
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> from sklearn.linear_model import LogisticRegression
        >>> title(make_pipeline(StandardScaler(), LogisticRegression()))
        'StandardScaler + LogisticRegression'
    """
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list):
        parts = [each[1] for each in cast("list[tuple[str, Any]]", steps) if hasattr(each[1], "get_params")]
        return " + ".join(title(each) for each in parts)
    return type(estimator).__name__


def settings_of(estimator: Any) -> dict[str, JsonValue]:
    """Return the parameters that are not the defaults of their class, those of parts with their prefix.

    Example:
        >>> from sklearn.linear_model import LogisticRegression
        >>> settings_of(LogisticRegression(C=10.0, random_state=3))
        {'C': 10.0}
    """
    parameters: dict[str, Any] = estimator.get_params(deep=True)
    found: dict[str, JsonValue] = {}
    for name, level in parameters.items():
        holder, _, last = name.rpartition("__")
        owner = parameters.get(holder) if holder else estimator
        if last == SEEDED or hasattr(level, "get_params") or owner is None or _has_parts(level):
            continue
        default = inspect.signature(type(owner)).parameters.get(last)
        if default is None or not _is_same(default.default, level):
            found[name] = _plain(level)
    return found


def _has_parts(level: object) -> bool:
    """Return whether a parameter is the list of parts, such as ``steps``, which are told one by one."""
    given = cast("list[Any]", level) if isinstance(level, list) else []
    return any(isinstance(each, tuple) and any(hasattr(of, "get_params") for of in each) for each in given)


def _is_same(default: object, level: object) -> bool:
    return type(default) is type(level) and repr(default) == repr(level)


def _plain(level: Any) -> JsonValue:
    """Return a parameter as JSON has it; what has no such form as Python writes it."""
    if isinstance(level, np.generic):
        level = level.item()
    if level is None or isinstance(level, bool | int | str):
        return level
    if isinstance(level, float):
        return level if math.isfinite(level) else repr(level)
    if isinstance(level, list | tuple):
        return [_plain(each) for each in cast("list[Any]", level)]
    if isinstance(level, Mapping):
        return {str(key): _plain(each) for key, each in cast("Mapping[object, Any]", level).items()}
    name = getattr(level, "__name__", None)
    words = name if isinstance(name, str) else " ".join(repr(level).split())
    return words if len(words) <= _MAX_TEXT else f"{words[: _MAX_TEXT - 1]}…"
