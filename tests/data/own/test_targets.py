"""Several targets of an example: named, checked, and kept through splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import paribus as pb
from paribus.data.folds import fold_of
from paribus.data.own.load import load
from paribus.errors import DataError
from paribus.study.source import Source

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(100, 4)).astype(np.float32)
DIGIT = DRAW.integers(0, 3, 100)
PARITY = np.where(DIGIT % 2, "odd", "even")
LENGTH = DRAW.normal(size=100)


def test_the_first_target_is_scored_and_the_others_stand_beside_it():
    data = pb.Data(X, {"digit": DIGIT, "parity": PARITY, "length": LENGTH})
    assert data.facts.scored == "digit"
    assert data.facts.task == "classification"
    assert [each.name for each in data.facts.beside] == ["parity", "length"]
    assert data.facts.beside[0].classes == ("even", "odd")
    assert data.facts.beside[1].task == "regression"


def test_score_names_another_one():
    data = pb.Data(X, {"digit": DIGIT, "length": LENGTH}, score="length")
    assert data.facts.scored == "length"
    assert data.facts.task == "regression"
    assert [each.name for each in data.facts.named] == ["digit", "length"]


def test_targets_of_one_row_stay_together_whatever_is_drawn(tmp_path: Path):
    rows = np.arange(100.0)
    np.savez(tmp_path / "d.npz", x=rows[:, None], y_digit=DIGIT, y_place=rows + 0.5)
    dataset, facts = load(Source(way="npz", place=str(tmp_path / "d.npz"), name="d"))
    assert dataset.beside is not None
    x = np.concatenate([dataset.x_train, dataset.x_test])[:, 0]
    np.testing.assert_array_equal(dataset.beside[:, 0], x + 0.5)
    assert facts.scored == "digit"
    fold = fold_of(dataset, 4, 1, has_classes=True)
    assert fold.beside is not None
    np.testing.assert_array_equal(fold.beside[:, 0], np.concatenate([fold.x_train, fold.x_test])[:, 0] + 0.5)


def test_parts_that_are_given_keep_their_targets(tmp_path: Path):
    parts = {"train": slice(60), "val": slice(60, 80), "test": slice(80, 100)}
    rows = np.arange(100.0)
    arrays = {f"x_{name}": rows[part, None] for name, part in parts.items()}
    arrays |= {f"y_{name}_digit": DIGIT[part] for name, part in parts.items()}
    arrays |= {f"y_{name}_place": rows[part] + 0.5 for name, part in parts.items()}
    np.savez(tmp_path / "d.npz", **arrays)
    dataset, facts = load(Source(way="npz", place=str(tmp_path / "d.npz"), name="d", score="place"))
    assert facts.validation == 20
    assert facts.task == "regression"
    assert dataset.beside is not None
    np.testing.assert_array_equal(dataset.beside[:, 0], DIGIT)
    np.testing.assert_array_equal(dataset.y_test[:, 0], rows[80:] + 0.5)


@pytest.mark.parametrize(
    ("given", "score", "said"),
    [
        ({"digit": DIGIT, "parity": PARITY[:50]}, None, "different numbers of rows: digit 100, parity 50"),
        ({"digit": DIGIT, "val": PARITY}, None, "'val' cannot name a target"),
        ({"digit": DIGIT, "parity": PARITY}, "party", "Did you mean 'parity'?"),
        (DIGIT, "digit", "examples have one target"),
        ({"digit": DIGIT, "length": np.where(LENGTH > 1, np.nan, LENGTH)}, None, r"\(length\)"),
    ],
)
def test_targets_that_cannot_be_used_are_refused(given, score, said):
    with pytest.raises(DataError, match=said):
        pb.Data(X, given, score=score)


def test_test_data_need_the_same_targets():
    with pytest.raises(DataError, match="targets of the test data are digit"):
        pb.Data(
            train=(X[:80], {"digit": DIGIT[:80], "parity": PARITY[:80]}), test=(X[80:], {"digit": DIGIT[80:]})
        )
