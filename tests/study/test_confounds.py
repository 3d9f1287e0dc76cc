"""What differs between two variants besides what their comparison is about."""

from __future__ import annotations

import pytest

from paribus.study.confounds import confounds
from paribus.study.reader import load
from paribus.study.study import Study


@pytest.fixture(scope="module")
def lab() -> Study:
    return load("lab2")


CONFOUNDS = {
    ("2", "1"): (),
    ("3c", "1"): (),
    ("4a", "2"): (),
    ("4c", "2"): ("learning_rate",),
    ("4b", "2"): ("learning_rate", "regularization"),
    ("4b", "4c"): ("regularization",),
    ("4b-l2", "4c"): (),
    ("5", "2"): (),
    ("6", "5"): (),
    ("5", "6"): (),
    ("7c", "7b"): ("stopping",),
    ("7c", "7a"): ("stopping", "regularization"),
}


@pytest.mark.parametrize(("pair", "expected"), CONFOUNDS.items())
def test_what_differs_besides_what_is_asked_about_confounds(
    lab: Study, pair: tuple[str, str], expected: tuple[str, ...]
):
    assert confounds(lab.variants, *pair) == expected
