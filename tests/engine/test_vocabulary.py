"""Which words a run tells apart, its own training texts say: of each fold, split and training size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import paribus as pb
from paribus.data.own.load import load
from paribus.data.split import split_of
from paribus.engine.scaling import tokenized
from paribus.study.reader import load as load_study
from paribus.study.source import Source

WORDS = [f"word{letter}" for letter in "abcdefghij"]


def texts():
    """Each row has a word of its own, one that all have, and one of ten."""
    own = ["own" + "".join(chr(97 + int(digit)) for digit in str(row)) for row in range(60)]
    return [f"all {WORDS[row % 10]} {each}" for row, each in enumerate(own)]


def configured(data, **base):
    study = load_study(
        {
            "name": "words",
            "data": data,
            "base": {
                "model": [
                    {"embedding": {"input_dim": 80, "output_dim": 4}},
                    "flatten",
                    {"dense": {"units": 2, "activation": "softmax"}},
                ],
                "loss": "categorical_crossentropy",
                "optimizer": {"name": "sgd", "learning_rate": 0.1},
                "epochs": 2,
                "batch_size": 8,
                **base,
            },
            "variants": {"plain": {}},
        }
    )
    return study.variants["plain"].configuration, study.sources


@pytest.fixture
def data():
    frame = pd.DataFrame({"note": texts(), "y": ["a", "b"] * 30})
    return pb.Data.from_frame(frame, "y", text="note")


@pytest.mark.parametrize("how", [{}, {"folds": 5}, {"train_size": 10}, {"validation": 0.4}])
def test_a_run_numbers_the_words_of_its_own_training_texts_alone(data, how):
    configuration, sources = configured(data, **how)
    dataset, _ = load(sources["data"])
    for seed in range(3):
        splits = split_of(dataset, configuration, seed)
        train, test, _ = tokenized(splits, configuration)
        trained = train[splits.train]
        assert (trained != 1).all()  # of which it knows every word
        assert (trained[:, 0] == 2).all()  # the word that all have is the commonest
        assert sorted(set(trained[trained > 0])) == list(range(2, len(set(trained[trained > 0])) + 2))
        others = np.concatenate([train[splits.validation], test])
        assert (others[:, 2] == 1).all()  # the words of other rows are unknown
        assert (others[:, 0] == 2).all()


def test_a_smaller_vocabulary_keeps_the_commonest(data):
    configuration, sources = configured(data)
    dataset, _ = load(sources["data"])
    few = configuration.own.model_copy(update={"vocabulary": 3})
    smaller = configuration.model_copy(update={"own": few})
    train, *_ = tokenized(split_of(dataset, smaller, 0), smaller)
    assert set(np.unique(train)) == {0, 1, 2}


def test_data_without_text_is_left_alone():
    configuration, _ = configured({"sklearn": "iris"}, model={"hidden": [4], "output": "softmax"})
    dataset, _ = load(Source(way="sklearn", place="iris", name="iris"))
    assert tokenized(split_of(dataset, configuration, 0), configuration) is None
