"""The table of keys is what the readers read, and each key's example is right where it stands."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.study.conftest import BASE

from paribus.study import document
from paribus.study.faults import Faults
from paribus.study.keys import KEYS, SETTINGS, Group, Key
from paribus.study.own_network import OWN_KEYS
from paribus.study.ranking import RANKING_KEYS
from paribus.study.reader import load
from paribus.study.source import OPTIONS, SourceReader
from paribus.study.study import Study
from paribus.study.yaml_node import write

ALL = [key for group in Group if group is not Group.DATA for key in KEYS[group].values()]
OF_DATA = KEYS[Group.DATA].values()
REGRESSION = {
    "data": {"sklearn": "diabetes"},
    "scale": "standard",
    "model": {"hidden": [8, 8], "output": "linear"},
    "loss": "mean_squared_error",
}


def study_with(key: Key, value: object) -> dict[str, object]:
    """A sound study that says this value under this key."""
    study: dict = {
        "base": {**BASE, "model": {"hidden": [8, 8]}},
        "variants": {"plain": {}, "dropout": {"model": {"dropout": 0.1}}},
        "questions": [{"treatment": "dropout", "reference": "plain"}],
        "published": {"dropout": {"test": 0.9}},
    }
    places = {
        Group.STUDY: study,
        Group.VARIANTS: study["variants"]["dropout"],
        Group.BASE: study["base"],
        Group.MODEL: study["base"]["model"],
        Group.EARLY_STOPPING: study["base"].setdefault("early_stopping", {}),
        Group.REDUCE_ON_PLATEAU: study["base"].setdefault("reduce_on_plateau", {}),
        Group.LABEL_NOISE: study["base"].setdefault("label_noise", {"share": 0.5}),
        Group.QUESTIONS: study["questions"][0],
        Group.PUBLISHED: study["published"]["dropout"],
    }
    if key.group is Group.MODEL and key.name in OWN_KEYS:
        study["variants"] = {"plain": {}, "dropout": {"epochs": 3}}
        of_file = key.name in ("keras", "custom_objects", "weights")
        model = {"keras": "net.keras"} if of_file else {"python": "nets.py:build"}
        places[Group.MODEL] = study["base"]["model"] = model
    if key.name == "model" and key.group is Group.STUDY:
        del study["base"]["model"]
        study["variants"] = {"plain": {}, "dropout": {"epochs": 3}}
        value = value or {"hidden": [8, 8]}
    if key.group is Group.EXPECT:
        pair = {"treatment": "dropout", "reference": "plain"}
        entries = {"between": {"variant": "plain"}, "published": pair}
        of_two = {"verdict": "worse", **pair}
        of_one = {"finding": "gap", "variant": "plain"}
        usual = of_two if key.name in of_two or key.name == "metric" else of_one
        study["expect"] = [entries.get(key.name, usual)]
        places[Group.EXPECT] = study["expect"][0]
    if key.group in (Group.TUNE, Group.RANGE, Group.MEDIAN, Group.HALVING):
        study["tune"] = {"learning_rate": {"from": 0.01, "to": 0.5}, "budget": 12, "search": "quasi_random"}
        places[Group.TUNE], places[Group.RANGE] = study["tune"], study["tune"]["learning_rate"]
        study["base"]["label_noise"] = None
    if key.group in (Group.MEDIAN, Group.HALVING):
        places[key.group] = {}
        study["base"]["epochs"] = 12
        study["tune"]["stop"] = {key.group.value: places[key.group]}
    if key.name == "values" and value is not None:
        study["tune"]["learning_rate"].clear()
    if key.group is Group.TRAIN:
        of_command = {"command": "a {settings}", "history": "h", "test": "t"}
        train = of_command if key.name in (*of_command, "timeout") else {"python": "train.py:train"}
        places[Group.TRAIN] = study["base"].setdefault("train", train)
        study["base"] |= {"early_stopping": None, "learning_rate": 0.1}
    if key.group is Group.LOSS:
        places[Group.LOSS] = study["base"]["loss"] = {"python": "nets.py:focal"}
    if key.group is Group.METRICS:
        metric = {"python": "nets.py:focal", "higher_is_better": True}
        study["base"]["metrics"] = [metric]
        places[Group.METRICS] = metric
    if key.group is Group.CALLBACKS:
        looking = {"python": "looks.py:Norms"}
        study["base"]["callbacks"] = [looking]
        places[Group.CALLBACKS] = looking
    if key.name == "loss_weights":
        study["base"]["data"] = {"npz": "several.npz"}
    if key.name in (*RANKING_KEYS, "against"):
        study["questions"][0] = places[Group.QUESTIONS] = {"each": ["dropout"], "against": "plain"}
        if key.name in ("best_of", "all_pairs"):
            places[Group.QUESTIONS].clear()
    places[key.group][key.name] = value
    if key.name == "command" and value is not None:
        study["base"]["train"]["command"] += " {settings}"
    if key.name == "matrix":
        study["base"]["label_noise"]["matrix"] = [[0.1] * 10] * 10
    if key.name == "learning_rate":
        study["base"]["optimizer"] = "sgd"
    if key.name == "target_scale":
        study["base"] |= {**REGRESSION, "label_noise": None}
    if key.name == "base":
        study["base"] = {**BASE, **value}
    if key.name in ("trend", "effects"):
        for pair in ("treatment", "reference"):
            del study["questions"][0][pair]
    if key.name in ("fraction", "effects"):
        signs = {"dropout": [0, 0.3], "batch_normalization": [False, True]}
        study["cross"] = {**signs, "optimizer": ["sgd", "adam"]}
    if key.name == "trend":
        study["sweep"] = {"kernel_regularizer.l2": [0, 1e-3, 1e-2]}
    return study


@pytest.fixture(autouse=True)
def with_files(tmp_path, monkeypatch, known):
    """The files that the examples of `train` and `model` name."""
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text("def train(config, seed, run): ...\n", encoding="utf-8")
    Path("nets.py").write_text(
        "def build(width=64): ...\ndef focal(): ...\ndef mean_iou(): ...\n", encoding="utf-8"
    )
    Path("looks.py").write_text("class Norms: ...\n", encoding="utf-8")
    Path("layers.py").touch()
    rows = np.arange(300)
    np.savez("several.npz", x=rows[:, None] / 7, y_digit=rows % 10, y_parity=rows % 2)
    with zipfile.ZipFile("net.keras", "w") as archive:
        archive.writestr("config.json", "{}")


def meaning(study: Study) -> tuple[object, ...]:
    """Everything that a study means, however it was written."""
    configurations = {name: variant.configuration for name, variant in study.variants.items()}
    questions = study.questions, study.rankings
    return study.seeds, study.margin, questions, study.published, study.expect, configurations


@pytest.mark.parametrize("key", ALL, ids=lambda key: f"{key.group}.{key.name}")
def test_the_example_of_a_key_is_read(key):
    value = document.read(f"value: {key.example}".encode())[0].branches["value"].plain()
    assert load(study_with(key, value))


@pytest.mark.parametrize("key", OF_DATA, ids=lambda key: key.name)
def test_the_example_of_a_key_of_data_is_read_beside_a_way_that_takes_it(key):
    value = document.read(f"value: {key.example}".encode())[0].branches["value"].plain()
    takers = [way for way in OPTIONS if way == key.name or key.name in ("name", *OPTIONS[way])]
    for way in takers:
        faults = Faults()
        written = write({way: KEYS[Group.DATA][way].example, key.name: value})
        assert SourceReader(faults, Path()).source(written), list(faults)
    assert takers


@pytest.mark.parametrize(
    "key", [key for key in ALL if key.default is not None], ids=lambda key: f"{key.group}.{key.name}"
)
def test_the_default_of_a_key_is_what_leaving_it_out_means(key):
    given, left_out = (meaning(load(study_with(key, value))) for value in (key.default, None))
    assert given == left_out


def test_the_settings_are_in_the_order_of_the_table():
    assert SETTINGS[0] == "data"
    assert len(SETTINGS) == len({*SETTINGS}) == 34
