"""How one level is merged into another."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.study.yaml_node import SameKeyError, YamlNode, merge, write

SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["adam", "zeros", "l2"])
KEYS = st.sampled_from(
    ["optimizer", "learning_rate", "kernel_regularizer", "layers", "model", "name", "epochs"]
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
LEVELS = st.dictionaries(KEYS, TREES, max_size=5)


def merged(below: object, above: object, key: str = "") -> object:
    return merge(write(below), write(above), key).plain()


@given(LEVELS)
def test_a_level_that_declares_nothing_changes_nothing(level: dict[str, object]):
    assert merged(level, {}) == level


@given(LEVELS)
def test_a_level_over_nothing_is_itself(level: dict[str, object]):
    assert merged({}, level) == level


@given(LEVELS)
def test_a_level_over_itself_is_itself(level: dict[str, object]):
    assert merged(level, level) == level


@given(LEVELS, LEVELS)
def test_what_a_level_does_not_name_stays(below: dict[str, object], above: dict[str, object]):
    both = merged(below, above)
    assert isinstance(both, dict)
    assert set(both) == set(below) | set(above)
    assert all(both[key] == below[key] for key in set(below) - set(above))


@given(LEVELS, LEVELS)
def test_a_scalar_or_list_is_what_the_last_level_says(below: dict[str, object], above: dict[str, object]):
    both = merged(below, above)
    assert isinstance(both, dict)
    assert all(both[key] == value for key, value in above.items() if not isinstance(value, dict))


@given(LEVELS, LEVELS)
def test_every_piece_knows_the_level_it_comes_from(below: dict[str, object], above: dict[str, object]):
    both = merge(write(below, ("base",)), write(above, ("variant",)))
    for key, piece in both.branches.items():
        assert piece.path == ("variant" if key in above else "base", key)


@pytest.mark.parametrize(
    ("key", "below", "above", "expected"),
    [
        ("optimizer", {"name": "sgd", "momentum": 0.9}, {"name": "adam"}, {"name": "adam"}),
        ("optimizer", {"name": "sgd"}, {"momentum": 0.9}, {"name": "sgd", "momentum": 0.9}),
        ("optimizer", "sgd", {"momentum": 0.9}, {"name": "sgd", "momentum": 0.9}),
        ("optimizer", {"name": "sgd", "momentum": 0.9}, "sgd", "sgd"),
        ("kernel_regularizer", {"l2": 0.01}, {"l1": 0.1}, {"l1": 0.1}),
        ("kernel_initializer", "constant", {"value": 1}, {"name": "constant", "value": 1}),
        ("early_stopping", {"monitor": "loss"}, {"patience": 3}, {"monitor": "loss", "patience": 3}),
        ("early_stopping", {"monitor": "loss"}, None, None),
        ("model", {"hidden": [784], "output": "sigmoid"}, {"hidden": [3072]}, {"hidden": [3072], "output": "sigmoid"}),
        ("model", {"hidden": [784]}, ["flatten"], ["flatten"]),
        ("layers", {"hidden_1": {"use_bias": False}}, {"output": {}}, {"hidden_1": {"use_bias": False}, "output": {}}),
    ],
)  # fmt: skip
def test_merging_by_example(key: str, below: object, above: object, expected: object):
    assert merged(below, above, key) == expected


@given(TREES)
def test_writing_and_taking_apart_are_inverse(tree: object):
    assert write(tree).plain() == tree


def test_text_is_what_the_author_wrote():
    assert YamlNode(1000.0, spelling="1e3").text == "1e3"
    assert YamlNode(7).text == "7"
    assert YamlNode(None).text is None


def test_keys_are_text_and_stand_once():
    assert write({1: 2}).plain() == {"1": 2}
    with pytest.raises(SameKeyError):
        write({1: 2, "1": 3})


def test_an_object_needs_someone_to_convert_it():
    with pytest.raises(TypeError, match="object"):
        write([object()])
    assert write([object()], convert=lambda _value, path: len(path)).plain() == [1]
