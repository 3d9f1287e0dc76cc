"""Networks of several inputs: how they are written, what they come to, and what is wrong with some."""

import re
from pathlib import Path

import numpy as np
import pytest

import paribus as pb
from paribus.errors import StudyError
from paribus.study.datasets import DataFacts, Input
from paribus.study.describe import describe_changes
from paribus.study.difference import difference
from paribus.study.shapes import multiply_adds, parameters, shapes
from paribus.study.update_mode import reason_not_delayed

IMAGE = [{"conv2d": {"filters": 3, "kernel_size": 3}}, "flatten"]
END = [{"dense": 4}, {"dense": {"units": 2, "activation": "softmax"}}]
BRANCHES = [{"branches": {"image": IMAGE, "age": [{"dense": 5}]}}, *END]
BASE = {
    "model": BRANCHES,
    "loss": "categorical_crossentropy",
    "optimizer": "sgd",
    "epochs": 1,
    "batch_size": 4,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARIBUS_CACHE", str(tmp_path_factory.mktemp("cache")))
        draw = np.random.default_rng(0)
        x = {"image": draw.integers(0, 256, (40, 6, 6)).astype(np.uint8), "age": draw.normal(size=40)}
        yield pb.Data(x, np.arange(40) % 2)


@pytest.fixture
def configured(data):
    def configured(**settings):
        study = pb.Study(name="t", data=data, base={**BASE, **settings}, variants={"v": {}})
        return study.variants["v"].configuration

    return configured


def test_branches_come_in_the_order_of_the_data_and_are_joined(configured):
    turned = {"age": [{"dense": 5}], "image": IMAGE}
    configuration = configured(model=[{"branches": turned}, *END])
    assert configuration == configured()
    assert [(layer.label, layer.branch) for layer in configuration.layers] == [
        ("conv2d_1", "image"),
        ("flatten_1", "image"),
        ("hidden_1", "age"),
        ("hidden_2", ""),
        ("output", ""),
    ]
    entering = configuration.facts.entering
    assert shapes(configuration.layers, entering) == ((4, 4, 3), (48,), (5,), (4,), (2,))
    assert parameters(configuration.layers, entering) == 30 + 10 + 53 * 4 + 4 + 10
    assert multiply_adds(configuration.layers, entering) == 16 * 27 + 5 + 53 * 4 + 8


def test_a_branch_without_layers_is_joined_as_it_is(configured):
    for nothing in ([], None):
        configuration = configured(model=[{"branches": {"image": IMAGE, "age": nothing}}, *END])
        assert configuration.layers[2].arguments["units"] == 4
        assert parameters(configuration.layers, configuration.facts.entering) == 30 + 49 * 4 + 4 + 10


def test_a_plain_network_is_given_all_inputs_as_one_row(configured):
    plain = configured(model={"hidden": [4], "activation": "linear", "output": "softmax"})
    joined = configured(model=[{"branches": {"image": [], "age": []}}, *END])
    assert plain == joined
    assert parameters(plain.layers, plain.facts.entering) == 37 * 4 + 4 + 10
    assert not reason_not_delayed(plain)
    assert reason_not_delayed(configured()) == "study.not-delayed-first"


def test_single_layers_of_a_branch_are_set_by_their_labels(configured):
    changed = configured(layers={"hidden_1": {"activation": "tanh"}})
    assert changed.layers[2].arguments["activation"] == "tanh"
    (change,) = difference(configured(), changed)
    assert (change.factor, change.layer, change.after) == ("activation", "hidden_1", "tanh")


def test_scaling_is_one_word_for_all_inputs_or_a_word_for_each(configured):
    assert configured(scale="standard").scale == {"image": "standard", "age": "standard"}
    by_name = {"image": "unit", "age": "robust"}
    assert configured(scale=by_name).scale == by_name
    assert configured(scale={"image": "unit"}).scale == {"image": "unit", "age": "none"}
    assert configured(scale={}).scale == configured().scale == "none"


def test_a_network_without_branches_is_written_as_it_was_before_there_were_any(configured):
    assert "branch" not in configured().layers[-1].model_dump()
    assert configured().layers[0].model_dump()["branch"] == "image"
    facts = DataFacts(shape=(3,), train=9, test=9)
    assert "inputs" not in facts.model_dump()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"model": [{"branches": {"image": IMAGE, "agee": []}}, *END]},
            r"'agee' is not an input.*Known: image, age. Did you mean 'age'",
        ),
        ({"model": [{"branches": {"image": IMAGE}}, *END]}, r"Inputs without a branch: age.*age: \[\]"),
        ({"model": [{"branches": IMAGE}, *END]}, "branches is written as keys and values.*image, age"),
        ({"model": [{"branches": {"image": 3, "age": []}}, *END]}, "branch of 'image' is a list of layers"),
        ({"model": [*END, {"branches": {"image": [], "age": []}}]}, "branches are the first entry"),
        ({"model": [{"branches": {"image": [], "age": [{"dense": 2}]}}]}, "name the layers that all inputs"),
        (
            {"model": [*IMAGE, *END]},
            r"has the inputs image and age.*branches: \{image: \[...\], age: \[...\]\}",
        ),
        (
            {
                "model": [
                    {"branches": {"image": [], "age": [{"conv2d": {"filters": 2, "kernel_size": 2}}]}},
                    *END,
                ]
            },
            "conv2d_1",
        ),
        ({"scale": "unit"}, r"input 'age' has none. Scale by input: \{image: unit, age: standard\}"),
        ({"scale": {"image": "minmax"}}, r"input 'image' has pixels"),
        ({"scale": {"imag": "unit"}}, "'imag' is not an input.*Did you mean 'image'"),
        ({"scale": {"image": "unti"}}, "Did you mean 'unit'"),
        ({"augment": ["random_flip"]}, "has several inputs"),
    ],
)
def test_what_is_wrong_is_told_in_one_message(configured, settings, message):
    with pytest.raises(StudyError) as error:
        configured(**settings)
    assert len(error.value.faults) == 1
    assert re.search(message, str(error.value), re.DOTALL), str(error.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"model": BRANCHES}, "These data have one input"), ({"scale": {"image": "unit"}}, "one word")],
)
def test_branches_are_for_several_inputs(settings, message):
    base = {**BASE, "model": {"hidden": [4], "output": "softmax"}, **settings}
    with pytest.raises(StudyError, match=message):
        pb.Study(name="t", data="mnist", base=base, variants={"v": {}})


def test_tokens_need_a_branch(data, monkeypatch, tmp_path):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path))
    x = {"words": np.arange(80).reshape(40, 2) % 7, "age": np.arange(40.0)}
    data = pb.Data(x, np.arange(40) % 2, tokens="words")
    base = {**BASE, "model": {"hidden": [4], "output": "softmax"}, "scale": "standard"}
    with pytest.raises(StudyError, match="Begin the layers with a branch for each"):
        pb.Study(name="t", data=data, base=base, variants={"v": {}})
    words = [{"embedding": {"input_dim": 7, "output_dim": 3}}, "flatten"]
    model = [{"branches": {"words": words, "age": []}}, *END]
    configuration = (
        pb.Study(name="t", data=data, base={**base, "model": model}, variants={"v": {}})
        .variants["v"]
        .configuration
    )
    assert configuration.scale == {"words": "none", "age": "standard"}
    with pytest.raises(StudyError, match="Input 'words' has tokens"):
        pb.Study(name="t", data=data, base={**base, "scale": {"words": "standard"}}, variants={"v": {}})


def test_an_input_is_known_by_its_size():
    assert Input(name="image", shape=(6, 6, 1)).size == 36


def test_the_documented_network_is_read_as_it_stands_there(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    written = next(
        block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "branches" in block
    )
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (80, 8, 8)).astype(np.uint8)
    np.savez(tmp_path / "flowers.npz", x_image=images, x_age=draw.normal(size=80), y=np.arange(80) % 2)
    plain = "  plain: {model: {hidden: [32], output: softmax}}\n"
    (tmp_path / "flowers.yaml").write_text(f"{written}variants:\n  both: {{}}\n{plain}", encoding="utf-8")
    both, plain = pb.load(tmp_path / "flowers.yaml").variants.values()
    labels = ["conv2d_1", "max_pooling2d_1", "flatten_1", "hidden_1", "hidden_2", "output"]
    assert [layer.label for layer in both.configuration.layers] == labels
    assert parameters(plain.configuration.layers, plain.configuration.facts.entering) == 65 * 32 + 32 + 66


def test_a_layer_more_in_a_branch_is_one_change_though_later_layers_have_other_numbers(configured):
    plain, more = (
        configured(model=[{"branches": {"image": IMAGE, "age": age}}, *END]) for age in ([], [{"dense": 5}])
    )
    assert describe_changes(difference(plain, more)) == "dense 5 first in age"
    assert [change.factor for change in difference(more, plain)] == ["dense"]
