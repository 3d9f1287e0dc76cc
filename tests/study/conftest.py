"""Studies as texts, small enough to see what is wrong with them."""

from __future__ import annotations

import pytest

from paribus.errors import StudyError
from paribus.study.reader import from_text, load
from paribus.study.study import Study

BASE = {
    "data": "mnist",
    "model": {"hidden": [784], "activation": "relu", "output": "sigmoid"},
    "loss": "binary_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.01},
    "batch_size": 128,
    "epochs": 30,
}


def faults_of(text: str | bytes) -> str:
    """What is told of a study's text."""
    with pytest.raises(StudyError) as caught:
        from_text(text.encode() if isinstance(text, str) else text, "mine.yaml")
    return str(caught.value)


def faults_with(variant: dict[str, object], **base: object) -> str:
    """What is told of a variant ``a`` beside a sound base, some of it replaced."""
    with pytest.raises(StudyError) as caught:
        load({"base": {**BASE, **base}, "variants": {"a": variant}})
    return str(caught.value)


def study(variants: dict[str, object], **base: object) -> Study:
    """A study on a sound base, some of it replaced."""
    return load({"base": {**BASE, **base}, "variants": variants})
