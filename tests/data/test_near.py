"""Test examples that are nearly a training example."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from paribus.data.embedded import stand_in
from paribus.data.near import near_copies
from paribus.study.datasets import DataFacts

IMAGES = stand_in("mnist")
PICTURES = DataFacts(shape=(28, 28, 1), train=1, test=1)
TABLE = DataFacts(shape=(30,), train=1, test=1, values="numbers")


def saved_again(image: np.ndarray) -> np.ndarray:
    """An image as it is read from a JPEG file of the usual quality."""
    file = io.BytesIO()
    Image.fromarray(image[..., 0]).save(file, "jpeg", quality=90)
    return np.asarray(Image.open(file))[..., None]


def test_images_that_are_saved_again_are_found():
    again = np.stack([saved_again(image) for image in IMAGES.x_train[:50]])
    found = near_copies(IMAGES.x_train, np.concatenate([IMAGES.x_test[:50], again]), PICTURES)
    assert found == pytest.approx(0.5, abs=0.02)


def test_digits_of_two_parts_of_a_data_set_are_not_near_each_other():
    assert near_copies(IMAGES.x_train, IMAGES.x_test, PICTURES) == 0


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_rows_of_tables_that_are_measured_apart_are_not_near(load):
    rows = load().data.astype(np.float32)
    order = np.random.default_rng(0).permutation(len(rows))
    train, test = rows[order[: len(rows) * 4 // 5]], rows[order[len(rows) * 4 // 5 :]]
    assert near_copies(train, test, TABLE) <= 0.05


def test_rows_that_were_measured_twice_are_found():
    rows = np.random.default_rng(0).normal(size=(500, 8)).astype(np.float32)
    twice = rows[:100] + 0.001
    assert near_copies(rows, twice, TABLE) > 0.95


def test_exact_copies_are_no_near_ones():
    rows = np.random.default_rng(0).normal(size=(500, 8)).astype(np.float32)
    assert near_copies(rows[:400], np.concatenate([rows[400:], rows[:20]]), TABLE) == 0


def test_tokens_and_tables_of_two_columns_are_not_compared():
    rows = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    assert near_copies(rows, rows, TABLE) is None
    assert near_copies(rows, rows, TABLE.model_copy(update={"values": "tokens"})) is None
