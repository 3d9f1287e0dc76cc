"""Inputs in the types that they are kept in; several inputs of an example as one row of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.data.own.raw import Array, Raw, refused
from paribus.data.stored import converted, is_large, parts, stored
from paribus.study.datasets import Input, Values, places
from paribus.texts import suggestion, text

_LARGEST_TOKEN = 2**24
"""Up to here float32, in which several inputs are kept, has every whole number."""


def read_inputs(x: NDArray[Any], values: Values | None, place: str) -> tuple[NDArray[Any], Values]:
    """Return inputs in the type that they are kept in, and what they are.

    Args:
        x: As they were found, shape (num_examples, ...).
        values: What they are; None to find out.
        place: Where they come from, for messages.

    Raises:
        DataError: They are no numbers, infinite, or no tokens where they should be.
    """
    if x.dtype.kind == "c":
        raise refused(place, "complex", what=text("data.own-inputs"))
    if x.dtype.kind in "OSUMm":
        raise refused(place, "input-type", given=x.dtype)
    if x.ndim < 2:
        x = x.reshape(len(x), 1)
    if values is None:
        values = "pixels" if x.dtype == np.uint8 and x.ndim in (3, 4) else "numbers"
    if values == "pixels":
        return converted(x[..., None] if x.ndim == 3 else x, np.uint8), values
    if values == "tokens":
        if x.dtype.kind not in "iu" or x.min() < 0:
            raise refused(place, "not-tokens", given=x.dtype)
        return converted(x, np.int32), values
    found = converted(x, np.float32)
    rows = _infinite_rows(found)
    if len(rows):
        raise refused(place, "infinite", count=len(rows), row=rows[0] + 1)
    return found, values


def _infinite_rows(x: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the rows with an infinite number; looked for in parts, since each needs memory of its own."""
    found = [
        part.start + np.flatnonzero(np.isinf(x[part]).reshape(len(x[part]), -1).any(axis=1))
        for part in parts(x)
    ]
    return np.concatenate(found)


def packed(raw: Raw, place: str) -> Raw:
    """Return examples of several inputs as rows of float32, in which the inputs follow each other.

    Args:
        raw: Its inputs are mappings by name.
        place: Where they come from, for messages.

    Raises:
        DataError: Inputs have other names, rows or shapes than they should, or cannot be used.
    """
    inputs = _Inputs(place, raw.tokens)
    x = inputs.rows(raw.x, "train")
    rest = {
        field: None if given is None else inputs.rows(given, part)
        for field, given, part in (("x_val", raw.x_val, "validation"), ("x_test", raw.x_test, "test"))
    }
    return replace(raw, x=x, **rest, values="numbers", inputs=inputs.with_vocabulary())


class _Inputs:
    """The inputs of examples: those of the training data, which all others are to be like.

    Args:
        place: Where they come from, for messages.
        tokens: The names of those that are tokens.
    """

    def __init__(self, place: str, tokens: tuple[str, ...]) -> None:
        self.place, self.tokens = place, tokens
        self.found: tuple[Input, ...] = ()
        self._largest: dict[str, int] = {}

    def with_vocabulary(self) -> tuple[Input, ...]:
        """Return the inputs, with as many tokens as any part of the data has."""
        sizes = {name: top + 1 for name, top in self._largest.items()}
        return tuple(each.model_copy(update={"vocabulary": sizes.get(each.name, 0)}) for each in self.found)

    def rows(self, given: Array | Mapping[str, Array], part: str) -> NDArray[np.float32]:
        """Return the inputs of a part of the data, side by side."""
        if not isinstance(given, Mapping):
            raise refused(self.place, "inputs-by-name", part=part, names=", ".join(self._names()))
        self._check_names(given, part)
        arrays = {name: self._read(given[name], name, part) for name in self._names() or given}
        kinds = tuple(
            Input(name=name, shape=array.shape[1:], values=values) for name, (array, values) in arrays.items()
        )
        for kind, train in zip(kinds, self.found or kinds, strict=True):
            if kind != train:
                where = f"{self.place} ({kind.name})"
                raise refused(where, f"{part}-shape", train=train.shape, given=kind.shape)
        self.found = self.found or kinds
        return self._joined({name: array for name, (array, _) in arrays.items()})

    def _names(self) -> list[str]:
        return [each.name for each in self.found]

    def _check_names(self, given: Mapping[str, Array], part: str) -> None:
        names = [str(name) for name in given]
        wrong = [name for name in names if not name.isidentifier()]
        if wrong or not names:
            raise refused(self.place, "input-name", given=repr(wrong[0]) if wrong else "{}")
        unknown = [name for name in self.tokens if name not in names]
        if unknown:
            meant = suggestion(unknown[0], names)
            raise refused(self.place, "tokens-name", given=unknown[0], known=", ".join(names), meant=meant)
        if self.found and set(names) != set(self._names()):
            known = ", ".join(self._names())
            raise refused(self.place, "input-names", part=part, given=", ".join(names), known=known)
        counts = {name: len(given[name]) for name in given}
        if len(set(counts.values())) > 1:
            told = ", ".join(f"{name} {count}" for name, count in counts.items())
            raise refused(self.place, "input-rows", counts=told)

    def _read(self, x: Array, name: str, part: str) -> tuple[NDArray[Any], Values]:
        where = f"{self.place} ({name})" if part == "train" else f"{self.place} ({part}, {name})"
        values: Values | None = "tokens" if name in self.tokens else None
        if values and x.dtype.kind in "iu" and x.max(initial=0) > _LARGEST_TOKEN:
            raise refused(where, "large-tokens", given=int(x.max()), most=_LARGEST_TOKEN)
        found, kind = read_inputs(x, values, where)
        if kind == "tokens":
            self._largest[name] = max(self._largest.get(name, 0), int(found.max(initial=0)))
        return found, kind

    def _joined(self, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        where = places(self.found)
        width, count = sum(each.size for each in self.found), len(next(iter(arrays.values())))

        def content() -> Iterator[NDArray[np.float32]]:
            for rows in parts(np.broadcast_to(np.float32(0), (count, width))):
                found = np.empty((len(range(count)[rows]), width), np.float32)
                for name, array in arrays.items():
                    found[:, where[name]] = array[rows].reshape(len(found), -1)
                yield found

        if is_large((count, width), np.float32):
            return cast("NDArray[np.float32]", stored((count, width), np.float32, content()))
        return np.concatenate([np.empty((0, width), np.float32), *content()])
