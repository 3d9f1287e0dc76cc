"""Data that a program has, as a study takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Number
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from paribus.data.own.arrays import as_array, as_inputs, from_batches
from paribus.data.own.assemble import assembled
from paribus.data.own.load import keep, load
from paribus.data.own.raw import Raw, refused
from paribus.data.own.tables import from_frame
from paribus.data.own.text import shaped
from paribus.study.datasets import Task
from paribus.study.source import Source
from paribus.texts import suggestion

_PLACE = "paribus.Data"


class Data:
    """Arrays, a data frame, a folder of images, or batches, to be given to a study as its ``data``.

    They are copied when this is made: later changes of the arrays do not reach the study. The cache keeps
    them, so that results can be read and completed by a later program.

    Args:
        x: Inputs, shape (num_examples, ...): arrays of NumPy, tensors of PyTorch, JAX or TensorFlow, frames
            of pandas or Polars. uint8 of three or four dimensions are images. Where examples have several
            inputs, a mapping of such arrays by name: ``{"image": images, "age": ages}``.
        y: Labels, shape (num_examples,) or (num_examples, num_outputs): classes of any type, one-hot rows,
            several labels as zeros and ones, or numbers. Where examples have several targets, a mapping of
            such arrays by name: ``{"digit": digits, "parity": parities}``.
        train: In place of `x` and `y`: a pair of them, or an iterable of examples or batches, read once, such
            as a ``Dataset`` or ``DataLoader`` of PyTorch or a ``tf.data.Dataset``.
        test: Share of the examples that become test data; or test data, as for `train`.
        validation: Validation data, as for `train`: every seed is validated on these. Without them each holds
            some of the training data out.
        task: ``classification``, ``multilabel`` or ``regression``; None to infer it from the labels.
        groups: What must not be on both sides of a split, such as patients, shape (num_examples,).
        sample_weight: How much each example counts in the training loss, from 0 on, shape (num_examples,), as
            Keras's argument of this name; metrics and validation do not use it.
        ordered: Whether examples are in the order of time: a share of test data is the last of them, and each
            run holds the last of the others out.
        tokens: Whether inputs are numbers of tokens; of several inputs the names of those that are.
        score: Which of several targets runs are scored by; None for the first.
        name: What the data set is called in tables.

    Raises:
        DataError: An argument is not allowed, or inputs and labels do not fit or cannot be used; the message
            says what to do.

    Example:
        >>> import paribus as pb
        >>> draw = np.random.default_rng(0)
        >>> pb.Data(draw.normal(size=(100, 4)), draw.integers(0, 3, 100))
        Data('data', 80 for training, 20 for testing, classification of 3 classes)
    """

    def __init__(  # noqa: PLR0913 - each is a fact of the data
        self,
        x: object = None,
        y: object = None,
        *,
        train: object = None,
        test: object = None,
        validation: object = None,
        task: Task | None = None,
        groups: object = None,
        sample_weight: object = None,
        ordered: bool = False,
        tokens: bool | Sequence[str] = False,
        score: str | None = None,
        name: str = "data",
    ) -> None:
        if (train is None) == (x is None) or (x is not None and y is None):
            raise refused(_PLACE, "x-and-y")
        is_share = test is None or isinstance(test, Number | str)
        source = _source(name=name, test=test if is_share else None, task=task, ordered=ordered)
        inputs, labels = _pair((x, y) if train is None else train, "train")
        x_test, y_test = (None, None) if is_share else _pair(test, "test")
        x_val, y_val = (None, None) if validation is None else _pair(validation, "validation")
        named = _token_inputs(tokens, has_names=isinstance(inputs, Mapping))
        raw = Raw(
            inputs,
            labels,
            x_test,
            y_test,
            x_val,
            y_val,
            values="tokens" if tokens is True else None,
            tokens=named,
            groups=None if groups is None else as_array(groups, _PLACE),
            weights=None if sample_weight is None else as_array(sample_weight, _PLACE),
            score=score or "",
        )
        self._keep(shaped(raw, source) if raw.values else raw, source)

    @classmethod
    def from_frame(  # noqa: PLR0913 - the keys under `data`
        cls,
        frame: object,
        target: str | Sequence[str],
        *,
        test: float | None = None,
        task: Task | None = None,
        drop: Sequence[str] = (),
        group: str | None = None,
        id: str | None = None,  # noqa: A002 - as a study file has it
        categorical: Sequence[str] = (),
        text: str | None = None,
        weight: str | None = None,
        ordered: bool = False,
        name: str = "data",
    ) -> Data:
        """Return the columns of a data frame of pandas or Polars, read as those of a CSV file are.

        Args:
            frame: The table.
            target: The column or columns that are predicted.
            ...: As the keys under ``data`` in a study file.

        Raises:
            DataError: A column is missing or cannot be used as it is.
        """
        columns = (target,) if isinstance(target, str) else tuple(target)
        source = _source(
            name=name,
            test=test,
            task=task,
            target=columns,
            drop=tuple(drop),
            group=group,
            id=id,
            categorical=tuple(categorical),
            text=text,
            weight=weight,
            ordered=ordered,
        )
        table = cast("Any", frame)
        table = table.to_pandas() if hasattr(table, "to_pandas") else table
        if not hasattr(table, "columns"):
            raise refused(_PLACE, "no-frame", given=type(frame).__name__)
        made = cls.__new__(cls)
        made._keep(from_frame(table, source), source)
        return made

    @classmethod
    def from_folder(
        cls, folder: str | Path, *, size: tuple[int, int], test: float | None = None, name: str = ""
    ) -> Data:
        """Return the images below a folder, as ``data: {images: ..., size: ...}`` reads them.

        Raises:
            DataError: There is no such folder, or an image cannot be read.
        """
        path = Path(folder)
        if not path.is_dir():
            raise refused(path, "no-folder-here", folder=Path.cwd())
        source = _source(
            way="images", place=str(path), name=name or path.resolve().name, size=size, test=test
        )
        made = cls.__new__(cls)
        dataset, made.facts = load(source)
        made.name, made._digest = source.name, dataset.sha256
        keep(dataset, made.facts)
        return made

    def _keep(self, raw: Raw, source: Source) -> None:
        dataset, self.facts = assembled(raw, source)
        self.name, self._digest = source.name, dataset.sha256
        keep(dataset, self.facts)

    def as_source(self) -> dict[str, str]:
        """Return what a study file would have under ``data``."""
        return {"arrays": self._digest, "name": self.name}

    def __repr__(self) -> str:
        facts = self.facts
        what = f" of {len(facts.classes)} classes" if facts.task == "classification" else ""
        held = f"{facts.validation} for validation, " if facts.validation else ""
        counts = f"{facts.train - facts.validation} for training, {held}{facts.test} for testing"
        return f"Data({self.name!r}, {counts}, {facts.task}{what})"


def _source(**given: Any) -> Source:
    """Return a source of what a program gave, after checking it as a study's file is checked.

    Raises:
        DataError: An argument is not one that is allowed.
    """
    test, task = given.get("test"), given.get("task")
    if test is not None and (not isinstance(test, int | float | np.number) or not 0 < test < 1):
        raise refused(_PLACE, "test-share", given=repr(test))
    if task is not None and task not in get_args(Task):
        known = get_args(Task)
        raise refused(
            _PLACE, "task", given=repr(task), known=", ".join(known), meant=suggestion(str(task), known)
        )
    try:
        return Source.model_validate({"way": "arrays", "place": _PLACE, **given})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise refused(_PLACE, "argument", name=name, given=repr(given[name]), cause=first["msg"]) from error


def _token_inputs(tokens: bool | Sequence[str], *, has_names: bool) -> tuple[str, ...]:
    """Return which of several inputs are tokens.

    Raises:
        DataError: Inputs with names are not named, or one without a name is.
    """
    if isinstance(tokens, bool):
        if tokens and has_names:
            raise refused(_PLACE, "tokens-which", given=repr(tokens))
        return ()
    if tokens and not has_names:
        raise refused(_PLACE, "tokens-which", given=repr(tokens))
    return (tokens,) if isinstance(tokens, str) else tuple(tokens)


def _pair(given: object, name: str) -> tuple[NDArray[Any] | dict[str, NDArray[Any]], Any]:
    """Return inputs and labels from a pair of arrays, or from an iterable of examples or batches.

    Raises:
        DataError: It is neither; the message names the argument.
    """
    if isinstance(given, Number | str) or not (hasattr(given, "__iter__") or hasattr(given, "__getitem__")):
        raise refused(_PLACE, "no-pair", name=name, given=repr(given))
    if isinstance(given, tuple | list):
        pair = cast("tuple[object, ...]", given)
        if len(pair) == 2 and all(
            isinstance(each, Mapping) or np.ndim(cast("Any", each)) > 0 for each in pair
        ):
            return as_inputs(pair[0], _PLACE), as_inputs(pair[1], _PLACE)
    return from_batches(given, _PLACE)
