"""New examples as a run's network takes them: columns in their order, gaps filled, numbers scaled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.errors import UsageError
from paribus.study.branches import branches_of
from paribus.study.configuration import Configuration
from paribus.study.datasets import DataFacts, places
from paribus.study.shapes import input_shape, takes_tokens

Arrays = Mapping[str, NDArray[Any]]
_MISSING = "missing"  # the category of a value that is not there, as tables are read


def network_input(x: object, configuration: Configuration, preparation: Arrays) -> Any:
    """Return raw examples as the network's input, or its inputs by name.

    Args:
        x: As the data have them: an array, a data frame with the columns of the table, a mapping of arrays by
            input.
        configuration: Of the run.
        preparation: What its training examples have said.

    Raises:
        UsageError: The examples are not of the data's shape or columns, or a number is missing.
    """
    facts = configuration.facts
    texts = _texts(x) if facts.words else None
    if texts is not None:
        return _tokens(texts, facts, preparation)
    rows = _rows(x, facts)
    if "medians" in preparation:
        rows = np.where(np.isnan(rows), preparation["medians"], rows)
    elif rows.dtype.kind == "f" and np.isnan(rows).any():
        raise UsageError("kept.predict-missing", row=int(np.argwhere(np.isnan(rows))[0][0]) + 1)
    if "tokens" in preparation:
        rows = preparation["tokens"][np.clip(rows, 0, len(preparation["tokens"]) - 1)]
    if configuration.has_branches:
        return _by_branch(rows, configuration, preparation)
    if configuration.network is not None:
        return _of_own_network(rows, configuration, preparation)
    if facts.values == "tokens" or takes_tokens(configuration.layers):
        scaled = rows.astype(np.int32)
    else:
        scaled = _scaled(rows, configuration, preparation)
    return scaled.reshape(len(rows), *input_shape(configuration.layers, facts.shape))


def _texts(x: Any) -> list[str] | None:
    """Return texts; None of anything else, such as rows of their words' numbers."""
    if isinstance(x, str):
        return [x]
    column: Any = x.to_numpy() if hasattr(x, "to_numpy") else x
    values = np.asarray(column, dtype=object if isinstance(column, list | tuple) else None)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    is_text = values.ndim == 1 and values.size > 0 and all(isinstance(each, str) for each in values.tolist())
    return [str(each) for each in values] if is_text else None


def _tokens(texts: Sequence[str], facts: DataFacts, preparation: Arrays) -> NDArray[np.int32]:
    """Return texts as the tokens that a run told apart, words told apart as its data's were.

    Raises:
        UsageError: The run was trained by a version that did not keep its words.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    if "words" not in preparation:
        raise UsageError("kept.predict-text")
    words = preparation["words"].tobytes().decode().split("\n")
    tokens = {word: token for token, word in enumerate(words, start=2)}
    split, length = CountVectorizer().build_analyzer(), facts.shape[0]
    found = np.zeros((len(texts), length), np.int32)
    for row, each in enumerate(texts):
        known = [tokens.get(word, 1) for word in split(each)[:length]]
        found[row, : len(known)] = known
    return found


def _scaled(rows: NDArray[Any], configuration: Configuration, preparation: Arrays) -> NDArray[np.float32]:
    numbers = rows.astype(np.float32)
    if "shift" in preparation:
        return (numbers - preparation["shift"]) * preparation["factor"]
    return numbers * _unit(configuration)


def _unit(configuration: Configuration) -> Any:
    """Return by what numbers are multiplied where nothing but the configuration says so."""
    scale, facts = configuration.scale, configuration.facts
    if isinstance(scale, str):
        return np.float32(1 / 255 if scale == "unit" else 1)
    factor = np.ones(facts.shape[-1], np.float32)
    for name, place in places(facts.inputs).items():
        if scale.get(name) == "unit":
            factor[place] = 1 / 255
    return factor


def _by_branch(rows: NDArray[Any], configuration: Configuration, preparation: Arrays) -> dict[str, Any]:
    inputs = configuration.facts.inputs
    where, scaled = places(inputs), _scaled(rows, configuration, preparation)
    found: dict[str, Any] = {}
    for branch in branches_of(configuration.layers, inputs):
        part = rows.astype(np.int32) if branch.takes_tokens else scaled
        found[branch.name] = part[:, where[branch.input.name]].reshape(len(rows), *branch.entering)
    return found


def _of_own_network(rows: NDArray[Any], configuration: Configuration, preparation: Arrays) -> Any:
    """Return inputs as a network of the user's own takes them: whole, or each by its name."""
    facts, network = configuration.facts, configuration.network
    if facts.values == "tokens":
        return rows.astype(np.int32)
    scaled = _scaled(rows, configuration, preparation)
    if not facts.inputs:
        return scaled.reshape(len(rows), *((network and network.input) or facts.shape))
    found: dict[str, Any] = {}
    for each, place in zip(facts.inputs, places(facts.inputs).values(), strict=True):
        part = rows.astype(np.int32) if each.values == "tokens" else scaled
        found[each.name] = part[:, place].reshape(len(rows), *each.shape)
    return found


def _rows(x: Any, facts: DataFacts) -> NDArray[Any]:
    """Return examples as the data set has them, shape (examples, ...)."""
    if hasattr(x, "to_pandas"):
        x = x.to_pandas()
    if facts.inputs:
        return _packed(x, facts)
    if hasattr(x, "columns") and facts.features:
        return _columns(x, facts)
    if hasattr(x, "to_numpy"):
        x = x.to_numpy()
    rows = np.asarray(x)
    if rows.dtype.kind in "OUS":
        raise UsageError("kept.predict-text" if facts.words else "kept.predict-frame")
    shape = facts.shape
    if rows.shape == shape:
        rows = rows[None]  # a single example
    is_grey = shape[-1:] == (1,) and rows.shape[1:] == shape[:-1]
    if rows.shape[1:] != shape and not is_grey and math.prod(rows.shape[1:]) != math.prod(shape):
        given = " × ".join(map(str, rows.shape[1:]))
        raise UsageError("kept.predict-shape", given=given, wanted=" × ".join(map(str, shape)))
    if facts.values == "numbers":
        rows = rows.astype(np.float32)
    return rows.reshape(len(rows), *shape)


def _packed(x: Any, facts: DataFacts) -> NDArray[Any]:
    """Return several inputs one after the other in rows of numbers."""
    if not isinstance(x, Mapping):
        raise UsageError("kept.predict-inputs", known=", ".join(each.name for each in facts.inputs))
    given = cast("Mapping[str, Any]", x)
    parts: list[NDArray[Any]] = []
    for each in facts.inputs:
        if each.name not in given:
            raise UsageError("kept.predict-inputs", known=", ".join(one.name for one in facts.inputs))
        part = np.asarray(given[each.name])
        parts.append(part.reshape(len(part), each.size).astype(np.float32))
    return np.concatenate(parts, axis=1)


def _columns(frame: Any, facts: DataFacts) -> NDArray[np.float32]:
    """Return the columns of a table in the order of the data, categories as 0 and 1."""
    import pandas as pd

    numeric = len(facts.features) if facts.numeric is None else facts.numeric
    categories = [name.partition("=") for name in facts.features[numeric:]]
    names = [*facts.features[:numeric], *dict.fromkeys(name for name, _, _ in categories)]
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise UsageError("kept.predict-columns", missing=", ".join(missing), known=", ".join(names))
    found: list[NDArray[Any]] = []
    for name in facts.features[:numeric]:
        column: Any = pd.to_numeric(frame[name], errors="coerce")  # pyright: ignore[reportUnknownMemberType]
        found.append(column.to_numpy(dtype=np.float64, na_value=np.nan))
    words = {name: _words(frame[name]) for name in dict.fromkeys(name for name, _, _ in categories)}
    found += [(words[name] == category).astype(np.float64) for name, _, category in categories]
    return np.column_stack(found).astype(np.float32)


def _words(column: Any) -> NDArray[np.str_]:
    return np.array(
        [_MISSING if missing else str(each) for each, missing in zip(column, column.isna(), strict=True)]
    )


def names_of_outputs(facts: DataFacts) -> Sequence[str]:
    """Return what each output is called: classes, labels, or targets by number."""
    return facts.classes or [f"target {place + 1}" for place in range(facts.targets)]
