"""What holds of every study, and of everything that is none."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.study.conftest import BASE

from paribus.errors import StudyError
from paribus.study.describe import describe_changes, describe_variant
from paribus.study.difference import difference
from paribus.study.reader import from_text, load
from paribus.study.study import Study
from paribus.study.techniques import Kind, names

RATES = st.floats(1e-6, 1)
OPTIMIZERS = st.sampled_from(names(Kind.OPTIMIZER))
REGULARIZERS = st.sampled_from([None, "l1", {"l2": 0.01}, {"l1": 0.1, "l2": 0}, "orthogonal_regularizer"])
INITIALIZERS = st.sampled_from(["zeros", "he_normal", {"name": "constant", "value": 2}, None])
LAYER = st.sampled_from(
    [
        {"conv2d": {"filters": 4, "kernel_size": 3}},
        {"separable_conv2d": {"filters": 4, "kernel_size": [3, 1], "strides": 2}},
        "max_pooling2d",
        {"dropout": 0.5},
        "batch_normalization",
        {"activation": "relu"},
    ]
)
MODELS = st.fixed_dictionaries({"hidden": st.lists(st.integers(1, 99), max_size=3)}) | st.lists(
    LAYER, max_size=2
).map(lambda layers: [*layers, "flatten", {"dense": {"units": 10, "activation": "softmax"}}])
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "optimizer": OPTIMIZERS | st.fixed_dictionaries({"name": OPTIMIZERS, "learning_rate": RATES}),
        "learning_rate": RATES,
        "kernel_regularizer": REGULARIZERS,
        "bias_initializer": INITIALIZERS,
        "model": MODELS,
        "batch_size": st.integers(1, 500),
        "epochs": st.integers(1, 50),
        "early_stopping": st.fixed_dictionaries({"monitor": st.sampled_from(["loss", "val_accuracy"])}),
        "data": st.sampled_from(["mnist", "cifar10"]),
        "split": st.sampled_from(["random", "stratified", "time", None]),
        "folds": st.sampled_from([3, 5, None]),
        "train_size": st.sampled_from([0.5, 1, 2000, None]),
        "label_noise": st.sampled_from([0.1, {"share": 0.1}, {"share": 0.2}, None]),
        "shuffle_labels": st.booleans(),
        "class_weight": st.sampled_from(["balanced", None]),
        "balance": st.sampled_from(["over", "under", None]),
        "augment": st.sampled_from(
            [[], ["random_flip"], [{"random_zoom": [0, 0.1]}, {"gaussian_noise": 0.1}]]
        ),
        "label_smoothing": st.sampled_from([0, 0.1]),
        "reduce_on_plateau": st.fixed_dictionaries({"patience": st.integers(0, 3)}),
        "layers": st.fixed_dictionaries({"output": st.fixed_dictionaries({"use_bias": st.booleans()})}),
    },
)
STUDIES = st.lists(CHANGES, min_size=1, max_size=4).map(
    lambda levels: {
        "base": BASE,
        "variants": {
            f"v{place}": {**level, **({"from": f"v{place // 2}"} if place else {})}
            for place, level in enumerate(levels)
        },
    }
)


def loaded(written: dict[str, object]) -> Study | None:
    with contextlib.suppress(StudyError):
        return load(written)
    return None


@given(STUDIES)
@settings(deadline=None, max_examples=40)
def test_a_study_that_loads_survives_json_and_yaml(written: dict[str, object]):
    read = loaded(written)
    if read is None:
        return
    assert Study.model_validate_json(read.model_dump_json()) == read
    assert from_text(json.dumps(written).encode(), "any.yaml").variants == read.variants


@given(STUDIES)
@settings(deadline=None, max_examples=40)
def test_the_settings_of_a_variant_mean_its_configuration(written: dict[str, object]):
    read = loaded(written)
    for variant in read.variants.values() if read else ():
        again = load({"base": variant.settings, "variants": {"a": {}}})
        assert again.variants["a"].configuration == variant.configuration


@given(STUDIES)
@settings(deadline=None, max_examples=40)
def test_differences_are_there_when_configurations_differ(written: dict[str, object]):
    read = loaded(written)
    for name, variant in read.variants.items() if read else ():
        assert isinstance(describe_variant(read.variants, name), str)
        for other in read.variants.values():
            same = variant.configuration == other.configuration
            changes = difference(other.configuration, variant.configuration)
            assert (changes == ()) is same
            assert (describe_changes(changes) == "") is same


@given(STUDIES)
@settings(deadline=None, max_examples=40)
def test_a_difference_turned_round_has_before_and_after_turned_round(written: dict[str, object]):
    read = loaded(written)
    configurations = [variant.configuration for variant in read.variants.values()] if read else []
    for one, other in pairwise(configurations):
        there, back = (
            {(each.factor, each.layer): each for each in difference(*pair)}
            for pair in ((one, other), (other, one))
        )
        assert bool(there) is bool(back)
        for key in there.keys() & back.keys():
            assert (there[key].before, there[key].after) == (back[key].after, back[key].before)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["adam", "l2", "v0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "from", "l2", "hidden", "dense", "conv2d", "units", "optimizer", "monitor", "input"]
            )
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
SETTING = st.sampled_from(
    [*BASE, "layers", "early_stopping", "kernel_regularizer", "learning_rate", "from", "scale"]
)


def told_of(read: Callable[[], Study]) -> str | None:
    """What is told where a study cannot be read; any other error than a `StudyError` fails the test."""
    try:
        read()
    except StudyError as error:
        return str(error)
    return None


@given(st.dictionaries(SETTING, JUNK, max_size=3), st.dictionaries(SETTING, JUNK, max_size=3))
@settings(deadline=None, max_examples=80)
def test_nothing_but_a_study_error_comes_of_wrong_settings(
    base: dict[str, object], variant: dict[str, object]
):
    written = {"base": {**BASE, **base}, "variants": {"v0": variant, "v1": {"from": "v0"}}}
    assert told_of(lambda: load(written)) != ""


@given(st.dictionaries(st.sampled_from(["name", "base", "variants", "questions", "published", "data"]), JUNK))
@settings(deadline=None, max_examples=80)
def test_nothing_but_a_study_error_comes_of_wrong_parts(written: dict[str, object]):
    assert told_of(lambda: load(written)) != ""


PIECES = ["base", "variants", ": ", "\n", "  ", "- ", "{", "}", "[", "]", "&a ", "*a", "!!t ", "? ", "'", '"']
YAML_LIKE = st.lists(
    st.sampled_from([*PIECES, "|\n", "#", "---\n", "%", "<<", "1e3", "\t", ","]), max_size=40
).map("".join)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | YAML_LIKE.map(str.encode))
@settings(deadline=None, max_examples=200)
def test_nothing_but_a_study_error_comes_of_any_bytes(data: bytes):
    told_by_reader = told_of(lambda: from_text(data, "any.yaml"))
    assert told_by_reader is None or told_by_reader.startswith("any.yaml")
