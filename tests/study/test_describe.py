"""What a variant changes, in words: each key that differs, with its level, and no other."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.study.conftest import BASE, study
from tests.study.test_any_study import loaded

from paribus.study.change import Change
from paribus.study.describe import describe_changes, describe_variant, format_level
from paribus.study.difference import difference
from paribus.study.keys import MODEL_KEYS, SETTINGS
from paribus.study.label import label, question_title
from paribus.study.model import Question
from paribus.study.reader import load
from paribus.study.techniques import Kind, entry, names
from paribus.texts import LANGUAGES, language

LAB = {
    "1": "",
    "2": "from 1: kernel_regularizer and bias_regularizer l2 0.01",
    "3a": "from 1: hidden_1: kernel_initializer zeros",
    "3b": "from 1: hidden_1: kernel_initializer and bias_initializer ones",
    "3c": "from 1: hidden_1: bias_initializer ones",
    "4a": "from 2: momentum 0.9",
    "4b": "from 1: optimizer rmsprop; learning_rate 0.0001",
    "4b-l2": "from 4b: kernel_regularizer and bias_regularizer l2 0.01",
    "4c": "from 2: optimizer adam; learning_rate 0.0001",
    "5": "from 2: batch_size 8",
    "6": "from 5: epochs 100; early_stopping: monitor val_loss, patience 3",
    "7a": "from 1: data cifar10; learning_rate 0.001; hidden [3072]",
    "7b": "from 7a: kernel_regularizer and bias_regularizer l2 0.01",
    "7c": "from 7b: batch_size 8; epochs 100; early_stopping: monitor val_loss, patience 2",
}


@pytest.mark.parametrize(("name", "words"), LAB.items())
def test_the_lab_in_words(name: str, words: str):
    assert describe_variant(load("lab2").variants, name) == words


def test_in_vietnamese_keys_keep_their_spelling():
    lab = load("lab2").variants
    with language("vi"):
        assert describe_variant(lab, "2") == "như 1, nhưng: kernel_regularizer và bias_regularizer l2 0,01"
        assert (
            describe_variant(lab, "6")
            == "như 5, nhưng: epochs 100; early_stopping: monitor val_loss, patience 3"
        )


def test_a_variant_that_changes_nothing_is_described_by_its_parent():
    assert describe_changes((), "2") == "as 2"


DENSE = {"dense": {"units": 784, "activation": "relu"}}
OUTPUT = {"dense": {"units": 10, "activation": "sigmoid"}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": {"activation": "tanh"}}, "activation tanh"),
        ({"model": {"output": "softmax"}}, "output softmax"),
        ({"model": {"dropout": 0.3}}, "dropout 0.3"),
        ({"model": {"batch_normalization": True}}, "batch_normalization true"),
        ({"model": {"hidden": [512, 256]}}, "hidden [512, 256]"),
        ({"model": [{"dense": {"units": 784, "activation": "relu", "use_bias": False}}, OUTPUT]}, "hidden_1: use_bias false"),
        ({"model": [DENSE, {"dropout": 0.3}, OUTPUT]}, "dropout 0.3"),
        ({"model": [{"dropout": 0.3}, DENSE, OUTPUT]}, "dropout 0.3 first"),
        ({"model": [DENSE, {"dropout": 0.3}, {"dropout": 0.5}, OUTPUT]}, "dropout 0.3 after hidden_1; dropout 0.5 after dropout_1"),
        ({"layers": {"hidden_1": {"use_bias": False}}}, "hidden_1: use_bias false"),
        ({"layers": {label: {"use_bias": False} for label in ("hidden_1", "output")}}, "layers: use_bias false"),
        ({"layers": {"output": {"kernel_regularizer": "l2"}}}, "output: kernel_regularizer l2 0.01"),
        ({"kernel_regularizer": {"l1": 0.1}}, "kernel_regularizer l1 0.1"),
        ({"kernel_regularizer": {"l1": 0.1}, "bias_regularizer": "l2"}, "kernel_regularizer l1 0.1; bias_regularizer l2 0.01"),
        ({"kernel_regularizer": {"l1": 0.1, "l2": 0.2}}, "kernel_regularizer l1_l2 (l1 0.1, l2 0.2)"),
        ({"kernel_initializer": {"name": "random_normal", "stddev": 0.1}}, "kernel_initializer random_normal (stddev 0.1)"),
        ({"kernel_initializer": {"name": "constant", "value": 0.5}}, "kernel_initializer constant (value 0.5)"),
        ({"learning_rate": {"name": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 9}}, "learning_rate cosine_decay (initial_learning_rate 0.1, decay_steps 9)"),
        ({"optimizer": {"name": "rmsprop", "learning_rate": 0.01, "epsilon_outside": True}}, "optimizer rmsprop; epsilon_outside true"),
        ({"optimizer": {"name": "sgd", "learning_rate": 0.01, "momentum": 0.9}}, "momentum 0.9"),
        ({"kernel_constraint": {"name": "max_norm", "max_value": 3}}, "kernel_constraint max_norm (max_value 3)"),
        ({"kernel_constraint": "non_neg", "bias_constraint": "non_neg"}, "kernel_constraint and bias_constraint non_neg"),
        ({"layers": {"hidden_1": {"kernel_constraint": "unit_norm"}}}, "hidden_1: kernel_constraint unit_norm"),
        ({"model": [{"gaussian_noise": 0.1}, DENSE, OUTPUT]}, "gaussian_noise 0.1 first"),
        ({"model": [{"spectral_normalization": {**DENSE, "power_iterations": 2}}, OUTPUT]}, "without hidden_1; spectral_normalization (dense 784 (activation relu), power_iterations 2) first"),
        ({"scale": "unit"}, "scale unit"),
        ({"validation": 0.2}, "validation 0.2"),
        ({"loss": "mse"}, "loss mean_squared_error"),
        ({"early_stopping": {"monitor": "loss", "min_delta": 0.1, "restore_best_weights": True}}, "early_stopping: monitor loss, patience 0, min_delta 0.1, restore_best_weights true"),
        ({"batch_size": 128, "epochs": 30, "loss": "bce"}, ""),
    ],
)  # fmt: skip
def test_a_variant_of_the_base_names_what_differs_from_it(changes: dict[str, object], words: str):
    assert describe_variant(study({"a": changes}).variants, "a") == words


ROWS = {"reshape": [28, 28]}
SEQUENCE = [ROWS, {"bidirectional": {"lstm": {"units": 8, "dropout": 0.1}}}, OUTPUT]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"layers": {"bidirectional_1": {"lstm": {"units": 4}}}}, "bidirectional_1: units 4"),
        ({"layers": {"bidirectional_1": {"merge_mode": "sum"}}}, "bidirectional_1: merge_mode sum"),
        ({"kernel_regularizer": {"l2": 0.1}}, "kernel_regularizer l2 0.1"),
        ({"model": [ROWS, {"lstm": {"units": 8, "dropout": 0.1}}, OUTPUT]}, "lstm 8 (dropout 0.1) instead of bidirectional lstm 8"),
        ({"model": [ROWS, {"bidirectional": {"gru": 8}}, OUTPUT]}, "bidirectional gru 8 instead of bidirectional lstm 8"),
        ({"model": [ROWS, "masking", *SEQUENCE[1:]]}, "masking after reshape_1"),
        ({"model": [*SEQUENCE[:2], {"dense": {"units": 10, "activation": "sigmoid", "kernel_constraint": "non_neg"}}]}, "output: kernel_constraint non_neg"),
    ],
)  # fmt: skip
def test_a_wrapped_layer_is_named_by_what_differs_in_it(changes: dict[str, object], words: str):
    read = study({"a": {"model": SEQUENCE}, "b": {"from": "a", **changes}}).variants
    assert describe_variant(read, "b") == f"from a: {words}"
    back = study({"a": {"model": SEQUENCE, **changes}, "b": {"model": SEQUENCE}}).variants
    assert difference(read["a"].configuration, read["b"].configuration)
    assert describe_changes(difference(read["b"].configuration, back["b"].configuration))


def test_what_only_the_variants_set_is_named_in_each():
    written = {"model": {"hidden": [8]}, "loss": "mse", "data": "mnist", "epochs": 1}
    read = load({"base": written, "variants": {"a": {"optimizer": "adam"}, "b": {"optimizer": "sgd"}}})
    assert [describe_variant(read.variants, name) for name in "ab"] == ["optimizer adam", "optimizer sgd"]


def test_between_two_variants_only_what_differs_is_named():
    stopping = {"monitor": "val_loss", "patience": 3}
    read = study(
        {
            "a": {"early_stopping": stopping},
            "b": {"from": "a", "early_stopping": {"patience": 5}},
            "c": {"from": "b", "early_stopping": None},
        }
    )
    assert describe_variant(read.variants, "b") == "from a: early_stopping: patience 5"
    assert describe_variant(read.variants, "c") == "from b: early_stopping none"


def test_the_momentum_of_layers_is_not_taken_for_the_optimizers():
    heavy = {f"batch_normalization_{place}": {"momentum": 0.9} for place in (1, 2)}
    read = study(
        {
            "a": {"model": {"hidden": [8, 8], "batch_normalization": True}},
            "layers": {"from": "a", "layers": heavy},
            "optimizer": {"from": "a", "optimizer": {"momentum": 0.9}},
        }
    )
    assert describe_variant(read.variants, "layers") == "from a: layers: momentum 0.9"
    assert describe_variant(read.variants, "optimizer") == "from a: momentum 0.9"


def test_a_layer_more_starts_as_the_settings_for_all_layers_say():
    read = study(
        {
            "more": {"model": {"hidden": [784, 32]}},
            "other": {
                "model": {"hidden": [784, 32]},
                "layers": {"hidden_2": {"kernel_initializer": "zeros"}},
            },
        },
        kernel_initializer="he_normal",
    )
    assert describe_variant(read.variants, "more") == "hidden [784, 32]"
    assert describe_variant(read.variants, "other") == "hidden [784, 32]; hidden_2: kernel_initializer zeros"


class Rate:
    """An optimizer of Keras, which keeps its learning rate in float32."""

    def __init__(self, rate: float):
        self.rate = rate

    def get_config(self) -> dict[str, object]:
        return {"name": "SGD", "learning_rate": float(np.float32(self.rate)), "momentum": 0.9}


Rate.__name__ = "SGD"


@pytest.mark.parametrize("rate", [0.1, 0.01, 3e-4, 0.5, 1.0, 0.30000001192092896])
def test_a_rate_that_went_through_float32_is_as_its_author_wrote_it(rate: float):
    read = study({"keras": {"optimizer": Rate(rate)}, "numpy": {"learning_rate": np.float32(rate)}})
    written = study({"keras": {"learning_rate": round(rate, 6), "optimizer": {"momentum": 0.9}}})
    assert read.variants["keras"].configuration == written.variants["keras"].configuration
    assert read.variants["numpy"].configuration.optimizer.arguments["learning_rate"] == round(rate, 6)


KERNELS = st.sampled_from(["zeros", "he_normal", {"name": "random_normal", "stddev": 0.1}, None])
PENALTIES = st.sampled_from(["l1", {"l2": 0.01}, {"l2": 0.1}, {"l1": 0.1, "l2": 0.01}, None])
ACTIVATIONS = st.sampled_from(["relu", "tanh", "linear", "softmax"])
OF_A_LAYER = st.fixed_dictionaries(
    {}, optional={"use_bias": st.booleans(), "kernel_initializer": KERNELS, "bias_initializer": KERNELS, "activation": ACTIVATIONS}
)  # fmt: skip
LISTED = st.one_of(
    st.builds(lambda units, more: {"dense": {"units": units, **more}}, st.sampled_from([8, 16]), OF_A_LAYER),
    st.sampled_from([0.3, 0.5]).map(lambda rate: {"dropout": rate}),
    st.sampled_from([0.9, 0.99]).map(lambda momentum: {"batch_normalization": {"momentum": momentum}}),
    st.just({"activation": "relu"}),
)
MODELS = st.fixed_dictionaries(
    {"hidden": st.lists(st.sampled_from([8, 16]), max_size=3)},
    optional={
        "activation": ACTIVATIONS,
        "output": ACTIVATIONS,
        "dropout": st.sampled_from([0.3, 0.5]),
        "batch_normalization": st.booleans(),
    },
) | st.lists(LISTED, max_size=4).map(
    lambda layers: [*layers, {"dense": {"units": 10, "activation": "softmax"}}]
)
LEVELS = st.fixed_dictionaries(
    {"model": MODELS},
    optional={
        "optimizer": st.fixed_dictionaries(
            {"name": st.sampled_from(["sgd", "rmsprop", "adam"])},
            optional={"learning_rate": st.sampled_from([0.01, 0.001]), "weight_decay": st.sampled_from([None, 0.1])},
        ),
        "early_stopping": st.fixed_dictionaries({}, optional={"patience": st.integers(0, 2), "monitor": st.sampled_from(["loss", "val_loss"]), "baseline": st.sampled_from([None, 0.0, 1.0])}),
        "kernel_initializer": KERNELS,
        "bias_initializer": KERNELS,
        "kernel_regularizer": PENALTIES,
        "batch_size": st.sampled_from([32, 64]),
        "layers": st.fixed_dictionaries({}, optional={"output": OF_A_LAYER, "hidden_1": OF_A_LAYER}),
    },
)  # fmt: skip


@given(st.lists(LEVELS, min_size=2, max_size=5))
@settings(deadline=None, max_examples=60)
def test_two_configurations_never_have_one_description(levels: list[dict[str, object]]):
    read = [
        loaded({"base": BASE, "variants": {"a": {}, "b": level, "c": {"from": "a", **level}}})
        for level in levels
    ]
    known = [study.variants["b"].configuration for study in read if study]
    for reference in known:
        words = {describe_changes(difference(reference, each)): each for each in known}
        assert all(words[describe_changes(difference(reference, each))] == each for each in known)
    for spoken in LANGUAGES:
        with language(spoken):
            words = {describe_variant(study.variants, "b"): study for study in read if study}
            for study in filter(None, read):
                assert (
                    words[describe_variant(study.variants, "b")].variants["b"].configuration
                    == study.variants["b"].configuration
                )


KEYS = {
    "batch_size": {"batch_size": 8},
    "epochs": {"epochs": 9},
    "validation": {"validation": 0.3},
    "scale": {"scale": "unit"},
    "loss": {"loss": "mse"},
    "data": {"data": "cifar10"},
    "learning_rate": {"learning_rate": 0.3},
    "momentum": {"optimizer": {"momentum": 0.5}},
    "nesterov": {"optimizer": {"nesterov": True}},
    "hidden": {"model": {"hidden": [16, 8]}},
    "activation": {"model": {"activation": "tanh"}},
    "output": {"model": {"output": "softmax"}},
    "dropout": {"model": {"dropout": 0.3}},
    "batch_normalization": {"model": {"batch_normalization": True}},
    "kernel_initializer": {"kernel_initializer": "he_normal"},
    "bias_regularizer": {"bias_regularizer": "l1"},
    "use_bias": {"layers": {"output": {"use_bias": False}}},
    "patience": {"early_stopping": {"patience": 7}},
    "min_delta": {"early_stopping": {"min_delta": 0.5}},
}
"""A change to each key, alone."""
SAME = {"batch_size": 128, "epochs": 30, "model": {"activation": "relu"}, "learning_rate": 0.01}


def together(keys: set[str]) -> dict[str, object]:
    """The changes to several keys at once."""
    changes: dict[str, object] = {}
    for key in sorted(keys):
        for setting, level in KEYS[key].items():
            before = changes.get(setting)
            changes[setting] = {**before, **level} if isinstance(before, dict) else level
    return changes


@given(st.sets(st.sampled_from(sorted(KEYS)), max_size=6))
@settings(deadline=None, max_examples=60)
def test_a_description_names_exactly_the_keys_that_differ(keys: set[str]):
    changes = together(keys)
    for setting, level in SAME.items():  # declared again, at the level of the base
        changes.setdefault(setting, level)
    read = study({"a": changes, "b": {}, "c": {"from": "b", **changes}}, early_stopping={"patience": 3})
    for name in "ac":
        words = describe_variant(read.variants, name).removeprefix("from b: ")
        named = re.findall(r"[a-z_]{4,}", words.replace("output:", ""))
        assert set(named) & KEYS.keys() == keys, words
    assert describe_variant(read.variants, "b") == ""


def test_no_argument_of_an_optimizer_has_the_name_of_another_key():
    arguments = {each for name in names(Kind.OPTIMIZER) for each in entry(Kind.OPTIMIZER, name).arguments}
    assert arguments & {*MODEL_KEYS, *SETTINGS} == {"learning_rate"}


def test_a_change_is_described_with_its_parent_in_front():
    assert describe_changes((Change("batch_size", None, 128, 8),), parent="2") == "from 2: batch_size 8"


RECURRENT = {"reshape": [28, 28]}
TO_SEQUENCE = {"return_sequences": True}


@pytest.mark.parametrize(
    ("before", "after", "words", "title"),
    [
        ([{"lstm": 18}], [{"gru": 18}], "gru 18 instead of lstm 18", "Gru 18 vs lstm 18"),
        ([{"lstm": 18}], [{"gru": {"units": 9, "dropout": 0.1}}], "gru 9 (dropout 0.1) instead of lstm 18", "Gru 9 vs lstm 18"),
        ([{"lstm": {"units": 8, **TO_SEQUENCE}}, {"lstm": 8}], [{"lstm": {"units": 8, **TO_SEQUENCE}}, {"gru": 8}], "gru 8 instead of lstm_2", "Gru 8 vs lstm 8"),
        ([{"max_pooling1d": 2}, "flatten"], [{"average_pooling1d": 2}, "flatten"], "average_pooling1d 2 (strides 2) instead of max_pooling1d", "average_pooling1d 2 vs max_pooling1d"),
        (["batch_normalization", {"lstm": 8}], ["layer_normalization", {"lstm": 8}], "layer_normalization instead of batch_normalization", "layer_normalization vs batch_normalization"),
        ([{"dropout": 0.5}, {"lstm": 8}], ["batch_normalization", {"lstm": 8}], "without dropout_1; batch_normalization after reshape_1", None),
        ([{"lstm": 8}], [{"conv1d": {"filters": 4, "kernel_size": 3}}, "flatten"], "without lstm_1; conv1d (filters 4, kernel_size 3) after reshape_1; flatten after conv1d_1", None),
    ],
)  # fmt: skip
def test_a_layer_in_the_place_of_another_of_its_sort_is_told_as_one_change(before, after, words, title):
    networks = {
        name: {"model": [RECURRENT, *layers, OUTPUT]} for name, layers in (("a", before), ("b", after))
    }
    read = study({"a": networks["a"], "b": {"from": "a", **networks["b"]}})
    assert describe_variant(read.variants, "b") == f"from a: {words}"
    if title is not None:
        (change,) = difference(read.variants["a"].configuration, read.variants["b"].configuration)
        assert question_title(read.variants, Question(treatment="b", reference="a")) == title
        assert change.before is not None
        assert change.after is not None


OF_SEQUENCES = st.one_of(
    st.builds(
        lambda kind, units, more: {kind: {"units": units, **TO_SEQUENCE, **more}},
        st.sampled_from(["lstm", "gru", "simple_rnn"]),
        st.sampled_from([4, 8]),
        st.fixed_dictionaries({}, optional={"kernel_initializer": KERNELS, "dropout": st.just(0.1)}),
    ),
    st.sampled_from(
        [
            {"conv1d": {"filters": 4, "kernel_size": 3, "padding": "same"}},
            {"time_distributed": {"dense": 4}},
            "batch_normalization",
            "layer_normalization",
            {"dropout": 0.5},
            {"activation": "tanh"},
            "elu",
        ]
    ),
)


@given(st.lists(st.lists(OF_SEQUENCES, max_size=4), min_size=2, max_size=6))
@settings(deadline=None, max_examples=60)
def test_two_networks_of_sequences_never_have_one_description(networks: list[list[object]]):
    read = [
        loaded({"base": BASE, "variants": {"a": {"model": [RECURRENT, *layers, "flatten", OUTPUT]}}})
        for layers in networks
    ]
    known = [each.variants["a"].configuration for each in read if each]
    for reference in known:
        words = {describe_changes(difference(reference, each)): each for each in known}
        assert all(words[describe_changes(difference(reference, each))] == each for each in known)


def test_a_network_of_one_layer_does_not_name_it():
    read = study(
        {"plain": {}, "l2": {"kernel_regularizer": {"l2": 0.01}}}, model={"hidden": [], "output": "softmax"}
    )
    assert describe_variant(read.variants, "l2") == "kernel_regularizer l2 0.01"
    assert question_title(read.variants, Question(treatment="l2", reference="plain")) == "L2 0.01 vs none"


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (1e30, "10³⁰"), (2.5e20, "2.5×10²⁰"), (10**30, "10³⁰"), (-1e30, "−10³⁰"), (1e10, "10000000000"),
        (1.2345678901234567e19, "1.2345678901234567×10¹⁹"), (1e-12, "1e-12"),
    ],
)  # fmt: skip
def test_a_very_large_level_is_written_with_a_power_of_ten(level: float, words: str):
    assert format_level(level) == words
    read = study({"a": {"optimizer": {"name": "sgd", "learning_rate": 0.1, "clipnorm": 1e30}}})
    assert "clipnorm 10³⁰" in label(read.variants, "a")
