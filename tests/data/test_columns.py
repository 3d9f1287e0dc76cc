"""What the columns of a table have, beside what was put into them."""

from __future__ import annotations

import numpy as np
import pytest

from paribus.data.census import census
from paribus.data.columns import MOST_ROWS
from paribus.data.dataset import Dataset
from paribus.study.datasets import DataFacts, Input


def table(x: np.ndarray, y: np.ndarray, *, task: str = "classification", **facts: object):
    """A data set of these training rows, and what is known of it; its test rows are the first ones."""
    labels = y.astype(np.int32) if task == "classification" else y.astype(np.float32)[:, None]
    classes = tuple(map(str, np.unique(y))) if task == "classification" else ()
    rows = x.astype(np.float32)
    known = DataFacts(
        shape=x.shape[1:], train=len(x), test=5, classes=classes, task=task, values="numbers", **facts
    )
    made = Dataset("made", rows, labels, rows[:5], labels[:5], classes, "", True, False, "here")
    return made, known


def columns(x: np.ndarray, y: np.ndarray, **more: object) -> dict[str, object]:
    return {each.name: each for each in census(*table(x, y, **more)).columns}


DRAW = np.random.default_rng(0)
NOISE = DRAW.normal(size=300)
CLASSES = DRAW.integers(0, 2, 300)


def test_mean_spread_and_missing_numbers_are_those_of_numpy():
    values = np.where(np.arange(300) % 3, NOISE * 7 + 100, np.nan)
    found = columns(values[:, None], CLASSES, features=("price",))["price"]
    known = values[~np.isnan(values)].astype(np.float32).astype(np.float64)
    assert (found.mean, found.spread) == pytest.approx((known.mean(), known.std()))
    assert (found.lowest, found.highest) == (known.min(), known.max())
    assert found.missing == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("values", "numbering"),
    [
        (np.arange(300) + 1, "dense"),
        (DRAW.permutation(300), "dense"),
        (np.cumsum(DRAW.integers(1, 500, 300)), "dense"),
        (DRAW.permutation(10**5)[:300], "distinct"),
        (DRAW.integers(0, 50, 300), ""),
        (NOISE, ""),
    ],
)
def test_what_numbers_the_rows_is_told_from_what_measures_them(values, numbering):
    assert columns(values[:, None], CLASSES)["column 1"].numbering == numbering


def test_twenty_rows_tell_an_identifier_and_fewer_do_not():
    for rows, numbering in ((20, "dense"), (19, "")):
        found = columns(np.arange(rows)[:, None], np.arange(rows) % 2)
        assert found["column 1"].numbering == numbering


def test_a_column_that_is_the_class_tells_it_alone_and_noise_does_not():
    found = columns(np.column_stack([CLASSES * 3 + 0.1 * NOISE, NOISE, np.ones(300)]), CLASSES)
    assert found["column 1"].alone == 1
    assert found["column 2"].alone < 0.1
    assert found["column 3"].alone is None


def test_a_column_that_is_the_target_tells_it_alone():
    found = columns(np.column_stack([np.exp(NOISE), NOISE[::-1]]), NOISE, task="regression")
    assert found["column 1"].alone > 0.95 > 0.2 > found["column 2"].alone


def test_targets_are_counted_in_a_regression_alone():
    (target,) = census(*table(NOISE[:, None], 40 + 3 * NOISE, task="regression")).targets
    assert (target.mean, target.spread) == pytest.approx((40 + 3 * NOISE.mean(), 3 * NOISE.std()), rel=1e-5)
    assert census(*table(NOISE[:, None], CLASSES)).targets == ()


def test_of_a_large_table_rows_are_looked_at_evenly():
    rows = 2 * MOST_ROWS
    half = (np.arange(rows) >= MOST_ROWS).astype(float)
    assert columns(half[:, None], np.arange(rows) % 2)["column 1"].mean == pytest.approx(0.5)


def test_columns_of_images_and_of_series_are_not_tables():
    made, known = table(np.zeros((30, 4, 4, 1)), np.arange(30) % 2)
    assert census(made, known).columns == ()


def test_of_several_inputs_rows_of_numbers_are_columns_and_any_other_is_one():
    draw = np.random.default_rng(2)
    images, ages = draw.integers(0, 256, (300, 16)), draw.normal(50, 9, (300, 1))
    ages[::3] = np.nan
    labs, words = draw.normal(size=(300, 2)), draw.integers(0, 5, (300, 3))
    inputs = (
        Input(name="image", shape=(4, 4, 1), values="pixels"),
        Input(name="age", shape=(1,)),
        Input(name="labs", shape=(2,)),
        Input(name="words", shape=(3,), values="tokens", vocabulary=5),
    )
    found = columns(np.hstack([images, ages, labs, words]), CLASSES, inputs=inputs)
    assert list(found) == ["image", "age", "labs 1", "labs 2"]  # tokens are names and have no size
    assert (found["image"].mean, found["image"].spread) == pytest.approx((images.mean(), images.std()))
    assert (found["image"].count, found["image"].input) == (16, "image")
    assert (found["labs 2"].count, found["labs 2"].input) == (1, "labs")
    assert found["age"].missing == pytest.approx(1 / 3)
    assert found["image"].alone is None
    assert found["age"].alone is not None
