"""Names that people bring from elsewhere: each is met with the name it has in a study."""

from __future__ import annotations

import pytest

from paribus.errors import StudyError
from paribus.study.faults import KnownNames
from paribus.study.hints import _ELSEWHERE, _INSIDE, _MEANT, meant_elsewhere
from paribus.study.keys import KEYS, MODEL_KEYS, SETTINGS, Group
from paribus.study.reader import load
from paribus.study.techniques import entry
from paribus.texts import language

BASE = {
    "model": {"hidden": [8], "activation": "relu", "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "adam", "learning_rate": 0.01},
    "epochs": 2,
}


def fault(**wrong):
    study = {"name": "hints", "data": "mnist", "base": {**BASE, **wrong}, "variants": {"plain": {}}}
    with pytest.raises(StudyError) as refused:
        load(study)
    return str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ({"l2": 0.01}, "kernel_regularizer: {l2: …}"),
        ({"lr": 0.1}, "learning_rate"),
        ({"batch": 32}, "batch_size"),
        ({"callback": []}, "early_stopping: {…}, reduce_on_plateau: {…}"),
        ({"dropout_rate": 0.3}, "model: {dropout: …}"),
        ({"criterion": "mse"}, "loss"),
        ({"validation_split": 0.2}, "validation"),
        ({"cv": 5}, "folds"),
        ({"wd": 0.1}, "optimizer: {weight_decay: …}"),
        ({"Batch-Norm": True}, "model: {batch_normalization: …}"),
        ({"model": {**BASE["model"], "dropout_rate": 0.3}}, "dropout"),
        ({"optimizer": {"name": "adam", "lr": 0.1}}, "learning_rate"),
    ],
    ids=str,
)
def test_a_key_from_elsewhere_is_met_with_its_name_here(wrong, meant):
    assert f"Did you mean '{meant}'?" in fault(**wrong)


def test_it_is_so_in_vietnamese():
    with language("vi"):
        assert "Có phải ý bạn là 'learning_rate'?" in fault(lr=0.1)


def test_a_name_that_nobody_knows_lists_what_is_known():
    assert "Known: data, train, validation" in fault(flux=1)


def test_each_name_here_is_a_key_and_no_name_elsewhere_is_one_in_its_place():
    places = [SETTINGS, MODEL_KEYS, *(tuple(keys) for keys in KEYS.values())]
    places.append(tuple(entry("optimizer", "adam").arguments))
    for here in _ELSEWHERE:
        assert any(here.partition(":")[0] in names for names in places), here
    for name, here in _MEANT.items():
        assert not any(name in names and meant_elsewhere(name, names) for names in places), (name, here)
    assert all(inner in _ELSEWHERE for names in _INSIDE.values() for inner in names)
    assert Group.DATA in KEYS


def test_no_name_elsewhere_has_two_meanings():
    names = [name for each in _ELSEWHERE.values() for name in each.split()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("given", "meant"), [("f1", "test_f1_macro"), ("roc_auc", "test_roc_auc"), ("auc", "test_roc_auc")]
)
def test_a_metric_may_be_called_by_a_part_of_its_name(given, meant):
    assert str(KnownNames(given, tuple(METRICS))).endswith(f"Did you mean '{meant}'?")


METRICS = ("test_accuracy", "test_f1_macro", "test_f1_weighted", "test_roc_auc", "val_f1_macro")
