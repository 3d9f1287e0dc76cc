"""Models that a program has, compared in one call: a study made of them, run, and read back."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, cast

from pydantic import JsonValue

from paribus.custom import estimators
from paribus.custom.objects import handed_over
from paribus.data.own.data import Data
from paribus.data.own.user_file import StudyStarted, is_loading
from paribus.errors import ParibusError, UsageError
from paribus.study.describe import format_level
from paribus.study.keras_objects import is_model
from paribus.study.keys import MAX_LABEL
from paribus.study.metrics import NAMES, title_of
from paribus.study.model import DEFAULT_SEEDS
from paribus.study.programs import place_of
from paribus.study.study import Study
from paribus.study.update_mode import Updates
from paribus.texts import text
from paribus.torch.modules import ModuleTraining, is_network, name_of_loss
from paribus.workflow.public import public
from paribus.workflow.results import Results
from paribus.workflow.run import run

EPOCHS = 10
"""Of networks, where nobody says how many."""


@public
def compare(  # noqa: PLR0913 - what a study has, and the command's own options
    models: Mapping[str, object],
    data: object,
    *,
    metrics: str | Sequence[str] | None = None,
    margin: float | None = None,
    reference: str | None = None,
    all_pairs: bool = False,
    loss: object = None,
    optimizer: object = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    scale: str | None = None,
    base: Mapping[str, object] | None = None,
    timeout: float | None = None,
    name: str = "compare",
    seeds: int | None = None,
    workers: int | None = None,
    out: str | Path | None = None,
    updates: Updates = "auto",
    until_decided: bool = False,
    max_seeds: int | None = None,
) -> Results:
    """Train models on the same data with several seeds, and say which is better, and how sure that is.

    Every model trains on the same rows at one seed, in the same order, and is tested on the same test data.
    Works from a script without ``if __name__ == "__main__"`` and from a notebook.

    Args:
        models: By name: estimators and pipelines of scikit-learn, each ``random_state`` set by the seed;
            modules of PyTorch, or functions that return one, or one with its optimizer and loss; compiled
            Keras models, or functions that return one.
        data: A pair of inputs and labels, ``((x_train, y_train), (x_test, y_test))``, a data frame and the
            name of its target, a `paribus.Data`, or what a study has under ``data``.
        metrics: What to compare on, such as ``test_f1_macro``; None for accuracy, or R².
        margin: The smallest difference in accuracy, or R², that matters; None for none.
        reference: The model that the others are compared with; None for the first.
        all_pairs: Whether every two models are compared instead.
        loss: Of modules of PyTorch that bring none: of ``torch.nn``, or the name of a function there.
        optimizer: Of modules that bring none: a class of ``torch.optim``, its name, or a function of the
            parameters.
        epochs: Of networks; None for 10.
        batch_size: The same; None for 32.
        scale: How inputs are scaled, by the training rows alone: ``standard``, ``minmax``, ``robust``,
            ``unit``.
        base: Any other settings of a study, such as ``validation``, ``folds`` or ``early_stopping``.
        timeout: How many seconds a run may take; None for any.
        name: Of the study, and so of its folder.
        ...: As in `Request`.

    Raises:
        InputError: A model is none, the data cannot be used, or an argument is not allowed.

    Example:
        >>> import paribus as pb
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> models = {"tree": DecisionTreeClassifier(), "linear": LogisticRegression(max_iter=5000)}
        >>> pb.compare(models, {"sklearn": "breast_cancer"}, seeds=20)  # doctest: +SKIP
    """
    if is_loading():
        raise StudyStarted
    given = {"epochs": epochs, "batch_size": batch_size, "scale": scale}
    settings = {**(base or {}), **{key: value for key, value in given.items() if value is not None}}
    rate = settings.get("learning_rate")
    reader = _Reader(loss, optimizer, rate if isinstance(rate, float) else None, timeout)
    variants = reader.variants(models)
    if any(each.is_network for each in variants.values()):
        settings.setdefault("epochs", EPOCHS)
    first, *others = _ordered(variants, reference)
    are_handed = all("train" in each.settings for each in variants.values())
    pairs = combinations((first, *others), 2) if all_pairs else ((first, other) for other in others)
    named = (metrics,) if isinstance(metrics, str) else tuple(metrics or (None,))
    study = Study(
        name=name,
        seeds=seeds or DEFAULT_SEEDS,
        margin=margin,
        data=_data(data),
        base={**settings, **(variants[first].settings if are_handed else {})},
        variants={
            first: {"label": variants[first].label, **({} if are_handed else variants[first].settings)},
            **{
                other: {
                    **({"from": first} if are_handed else {}),
                    "label": variants[other].label,
                    **variants[other].settings,
                }
                for other in others
            },
        },
        questions=[_question(one, other, metric) for one, other in pairs for metric in named],
    )
    return run(
        study,
        seeds=None if until_decided else seeds,
        workers=workers,
        out=out,
        updates=updates,
        until_decided=until_decided,
        max_seeds=max_seeds,
    )


@dataclass(frozen=True)
class _Variant:
    """A model as a variant.

    Args:
        settings: What it sets.
        label: A few words for it.
        is_network: Whether it trains in epochs.
    """

    settings: Mapping[str, object]
    label: str
    is_network: bool = False


@dataclass(frozen=True)
class _Reader:
    loss: object
    optimizer: object
    learning_rate: float | None
    timeout: float | None

    def variants(self, models: object) -> dict[str, _Variant]:
        """Return each model as a variant.

        Raises:
            UsageError: There are fewer than two, or one is no model that is known.
        """
        if not isinstance(models, Mapping) or len(cast("Mapping[object, object]", models)) < 2:
            raise UsageError("run.compare-models", given=type(models).__name__)
        given = cast("Mapping[object, object]", models)
        return {str(name): self._variant(str(name), model) for name, model in given.items()}

    def _variant(self, name: str, model: object) -> _Variant:
        built = model
        is_itself = estimators.is_estimator(model) or is_network(model) or is_model(model)
        if callable(model) and not is_itself:
            built = self._built(name, cast("Callable[[], object]", model))
        if estimators.is_estimator(built):
            return self._estimator(built)
        if is_network(built):
            return self._network(name, model, built)
        if is_model(built):
            return self._keras(model, built)
        raise UsageError("run.compare-unknown", name=name, given=type(built).__name__)

    def _built(self, name: str, build: Callable[[], object]) -> object:
        """Return what a function builds, to see what it is; workers call it again for each run."""
        try:
            return build()
        except Exception as error:
            reason = (str(error).splitlines() or [""])[0]
            error_name = type(error).__name__
            raise UsageError("run.compare-build", name=name, error=error_name, reason=reason) from error

    def _estimator(self, estimator: Any) -> _Variant:
        called, settings = estimators.title(estimator), estimators.settings_of(estimator)
        train = handed_over(
            estimators.EstimatorTraining(estimator),
            name=called,
            what=estimator,
            source=repr(estimator),
            settings=settings,
        )
        return self._handed(train, called, settings)

    def _network(self, name: str, model: object, built: object) -> _Variant:
        parts = cast("tuple[object, ...]", built) if isinstance(built, tuple | list) else (built,)
        training = ModuleTraining(model if callable(model) else parts[0], self.optimizer, self.loss)
        try:
            made = training.built(self.learning_rate)
        except ParibusError as error:
            raise UsageError("run.compare-network", name=name, reason=error) from error
        kind = type(made.optimizer)
        settings: dict[str, JsonValue] = {"optimizer": kind.__name__.lower(), "loss": name_of_loss(made.loss)}
        rate = made.optimizer.defaults.get("lr")
        if self.learning_rate is None and isinstance(rate, float):
            settings["learning_rate"] = rate
        called = getattr(model, "__name__", type(made.model).__name__)
        called = type(made.model).__name__ if called == "<lambda>" else called
        source = f"{_source(model)}\n{made.model!r}\n{made.optimizer!r}".strip()
        train = handed_over(training, name=called, source=source, settings=settings)
        shown = {key: level for key, level in settings.items() if key != "loss"}
        return replace(self._handed(train, called, shown), is_network=True)

    def _keras(self, model: object, built: object) -> _Variant:
        """Return a Keras model, which the engine trains: by its function where a file has that."""
        is_named = callable(model) and not is_model(model) and isinstance(place_of(model, ()), str)
        given = {"loss": self.loss, "optimizer": self.optimizer}
        settings = {"model": model if is_named else built}
        settings |= {key: each for key, each in given.items() if each is not None}
        called = str(getattr(model if is_named else built, "__name__" if is_named else "name"))
        return _Variant(settings, called[:MAX_LABEL], is_network=True)

    def _handed(
        self, train: Mapping[str, object], called: str, settings: Mapping[str, JsonValue]
    ) -> _Variant:
        limit = {} if self.timeout is None else {"timeout": self.timeout}
        told = ", ".join(f"{key} {format_level(cast('Any', level))}" for key, level in settings.items())
        words = f"{called}, {told}" if told else called
        short = words if len(words) <= MAX_LABEL else called[:MAX_LABEL]
        return _Variant({"train": {**train, **limit}}, short)


def _question(reference: str, treatment: str, metric: str | None) -> dict[str, str]:
    title = text("study.title", treatment=treatment, reference=reference)
    question = {"treatment": treatment, "reference": reference, "title": title}
    if metric is None:
        return question
    words = f"{title} ({title_of(metric)})" if metric in NAMES else title
    return {**question, "metric": metric, "title": words}


def _ordered(variants: Mapping[str, _Variant], reference: str | None) -> list[str]:
    """Return the names of the models, that which others are compared with first.

    Raises:
        UsageError: There is none of this name.
    """
    if reference is None:
        return list(variants)
    if reference not in variants:
        raise UsageError("run.compare-reference", given=repr(reference), known=", ".join(variants))
    return [reference, *(name for name in variants if name != reference)]


def _data(given: object) -> object:
    """Return data as a study takes them.

    Raises:
        DataError: They cannot be used.
    """
    if isinstance(given, Data | str | Mapping) or given is None:
        return given
    if not isinstance(given, tuple | list) or len(cast("Sequence[object]", given)) != 2:
        raise UsageError("run.compare-data", given=type(given).__name__)
    one, other = cast("tuple[Any, Any]", tuple(cast("Sequence[Any]", given)))
    if (
        isinstance(one, tuple | list)
        and isinstance(other, tuple | list)
        and len(cast("Sequence[Any]", one)) == 2
    ):
        return Data(train=one, test=other)
    if hasattr(one, "columns"):
        return _from_frame(one, other)
    return Data(one, other)


def _from_frame(frame: Any, target: Any) -> Data:
    """Return the data of a frame and its target: the name of a column, or a column of its own."""
    table = frame.to_pandas() if hasattr(frame, "to_pandas") else frame
    if isinstance(target, str):
        return Data.from_frame(table, target)
    column = str(getattr(target, "name", None) or "target")
    while column in table.columns:
        column += "_"
    return Data.from_frame(table.assign(**{column: getattr(target, "values", target)}), column)


def _source(model: object) -> str:
    try:
        return inspect.getsource(cast("Any", model if callable(model) else type(model)))
    except (OSError, TypeError):
        return ""
