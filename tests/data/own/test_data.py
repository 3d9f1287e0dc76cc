"""What a program gives as data: an argument that is not allowed is told in one message."""

import numpy as np
import pandas as pd
import pytest

from paribus.data.own.data import Data
from paribus.data.own.load import load
from paribus.errors import DataError
from paribus.study.source import Source

X, Y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
FRAME = pd.DataFrame(X, columns=["area", "rooms", "age"]).assign(price=Y, town="Huế")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    "test", [1.5, 1.0, 0, 0.0, -1, -0.5, 3, "0.2", float("nan"), True, np.float32(1.5), 1j]
)
def test_a_share_of_test_data_lies_between_0_and_1(test):
    with pytest.raises(DataError, match="above 0 and below 1"):
        Data(X, Y, test=test)
    with pytest.raises(DataError, match="above 0 and below 1"):
        Data.from_frame(FRAME, "price", test=test)


def test_a_share_of_numpy_is_a_share():
    assert Data(X, Y, test=np.float64(0.25)).facts.test == 10


def test_a_task_that_is_none_is_told_with_the_one_that_was_meant():
    for make in (lambda: Data(X, Y, task="regress"), lambda: Data.from_frame(FRAME, "price", task="regress")):
        with pytest.raises(DataError, match=r"no task 'regress'. Did you mean 'regression'"):
            make()


@pytest.mark.parametrize("given", [0.2, 5, "x", None.__class__])
def test_validation_data_are_a_pair(given):
    with pytest.raises(DataError, match="As validation, "):
        Data(X, Y, validation=given)


def test_training_data_are_a_pair():
    with pytest.raises(DataError, match=r"As train, 0.2"):
        Data(train=0.2)


def test_other_arguments_are_told_by_name(tmp_path):
    with pytest.raises(DataError, match="As size, 'big' is not allowed"):
        Data.from_folder(tmp_path, size="big")
    with pytest.raises(DataError, match="As ordered, 'maybe' is not allowed"):
        Data(X, Y, ordered="maybe")


def test_complex_numbers_are_refused_wherever_they_are(tmp_path):
    x, y = X + 1j, Y + 1j
    for make in (
        lambda: Data(x, Y),
        lambda: Data(X, y),
        lambda: Data(X, Y, test=(x, Y)),
        lambda: Data(X, Y, validation=(X, y)),
        lambda: Data(X, Y, test=([[1j]], [0])),
        lambda: Data.from_frame(FRAME.assign(wave=1j), "price"),
        lambda: Data.from_frame(FRAME.assign(wave=1j), "wave"),
        lambda: Data.from_frame(FRAME.assign(wave=1j), ["price", "wave"]),
    ):
        with pytest.raises(DataError, match="Complex numbers cannot be used"):
            make()
    np.savez(tmp_path / "a.npz", x=x, y=Y)
    with pytest.raises(DataError, match="Complex numbers cannot be used"):
        load(Source(way="npz", place=str(tmp_path / "a.npz"), name="mine"))


def test_a_complex_column_that_is_left_out_harms_nothing():
    assert Data.from_frame(FRAME.assign(wave=1j), "price", drop=["wave"]).facts.train == 32


@pytest.mark.parametrize("part", ["test", "validation"])
def test_labels_that_training_never_has_are_named(part):
    words = np.array(["no", "yes"])[Y]
    with pytest.raises(DataError, match=f"only the {part} data have: maybe, never"):
        Data(X, words, **{part: (X[:4], ["yes", "maybe", "never", "no"])})
    with pytest.raises(DataError, match=f"only the {part} data have: 2"):
        Data(X, np.eye(3)[Y], **{part: (X[:4], np.eye(3)[[0, 1, 2, 2]])})


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("target", "prise"),
        ("drop", ["prise"]),
        ("group", "prise"),
        ("id", "prise"),
        ("weight", "prise"),
        ("text", "prise"),
        ("categorical", ["prise"]),
    ],
)
def test_a_column_that_is_missing_is_told_with_the_one_that_was_meant(key, given):
    with pytest.raises(DataError, match=r"no column 'prise'. Did you mean 'price'"):
        Data.from_frame(FRAME, **{"target": "price", key: given})


def test_a_missing_folder_is_looked_for_in_the_current_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as caught:
        Data.from_folder("nope", size=(8, 8))
    assert "starts at the current folder" in str(caught.value)
    assert "study" not in str(caught.value)


def test_a_path_is_no_frame():
    with pytest.raises(DataError, match="this is of type str"):
        Data.from_frame("houses.csv", "price")


@pytest.mark.parametrize("part", ["test", "validation"])
def test_rows_are_counted_in_the_part_that_they_are_of(part):
    with pytest.raises(DataError, match=rf"\({part}\): Data rows without a label: 1 \(2; counted"):
        Data(X, Y, **{part: (X[:3], [0.0, np.nan, 1.0])})
    with pytest.raises(DataError, match=rf"\({part}\): .* the first in data row 3, counted from 1"):
        Data(X, Y, **{part: (np.where(np.arange(4)[:, None] == 2, np.inf, X[:4]), Y[:4])})


@pytest.mark.parametrize("part", ["test", "validation"])
def test_targets_that_are_all_one_number_are_refused(part):
    targets = np.linspace(0.5, 9.7, len(X))
    with pytest.raises(DataError, match=rf"targets of the {part} data \(3 rows\) are all the same number"):
        Data(X, targets, **{part: (X[:3], [1.5, 1.5, 1.5])})
    with pytest.raises(DataError, match=r"targets of the training data .* nothing to predict"):
        Data(X, np.full(len(X), 2.5), task="regression")
