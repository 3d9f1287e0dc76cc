"""The schema takes what the reader takes, and refuses the faults of single values that the reader tells."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.study.conftest import BASE
from tests.study.test_any_study import JUNK, SETTING, STUDIES, told_of
from tests.study.test_faults import IN_A_VARIANT

from paribus.study import document
from paribus.study.keys import KEYS, Group
from paribus.study.reader import builtin_names, builtin_text, from_text, load
from paribus.study.schema import study_schema
from paribus.study.techniques import Kind, names
from paribus.texts import language

ROOT = Path(__file__).parent.parent.parent
SCHEMA = study_schema()
TRAIN = {"python": "train.py:train"}
VALIDATOR = Draft202012Validator(SCHEMA)

SEEN_BY_THE_READER_ALONE = [
    "says nothing of",  # the data say how many classes there are
    "is not an argument of sgd",  # the variant's parent says which optimizer it is
    "NaN",  # no number that JSON has
    "Which learning-rate schedule?",
    "boundaries",
    "differ. Give one of them.",
    "Only one of",
    "the RMSprop of TensorFlow in 2021",
    "The batch size",
    "cannot be monitored",
    "'vall_loss'",  # which metrics of their own a study has
    "cannot be the",
    " is above max",
    "No layer of this network",
    "The network ends in",
    "needs units",  # which `layers` may give
    "but its input has only",
    "cannot give",
    "cannot arrange",
    "smaller than strides",
    "positions away",
    "needs sequences of",
    "but the images of",
    "needs images of",
    "not both",
    "cannot divide",
    "One output cannot go",
    "built for inputs of",
    "The network has",
    "is not a class of",  # which the data say
    "is more than the",
    "leaves none of the",
    "The matrix needs",
    "has no groups",
    "folds are more than",
    "folds put later",
    "is added to the scaled inputs",
    "label_smoothing does not go",
    "needs a learning rate that is a number",
    "label_noise needs share",
    "[lowest, highest]",
    "Say where the data lie",
    "here are two",
    "does not go with",
]
"""What is told of several values together, or of a parent."""


DIGITS = """\
def load():
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return x, {"digit": y, "parity": y % 2}


def build(parity=True): ...
"""


def plain(text: bytes) -> object:
    return document.read(text)[0].plain()


def documented_studies() -> list[tuple[str, str]]:
    """Every example in the documentation that is a whole study, with where it stands."""
    found = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        found += [(page.name, block) for block in blocks if re.search(r"^variants:", block, re.MULTILINE)]
    return [(name, block) for name, block in found if re.search(r"^base:", block, re.MULTILINE)]


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", builtin_names())
def test_a_built_in_study_is_valid(name):
    assert [error.message for error in VALIDATOR.iter_errors(plain(builtin_text(name)))] == []


@pytest.mark.usefixtures("known")
def test_every_example_of_the_documentation_is_valid(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("nets.py").write_text("def build(width=16, skip=True): ...\n", encoding="utf-8")
    for name in ("train.py", "with_torch.py", "table.py", "boosted.py"):
        Path(name).write_text("def train(config, seed, run): ...\nread = train\n", encoding="utf-8")
    losses = "def focal(a, b, gamma=2): ...\nclass Softened: ...\ndef confidence(a, b): ...\n"
    Path("losses.py").write_text(losses, encoding="utf-8")
    parts = ("SignDescent", "Small", "Warmup", "Norms")
    Path("parts.py").write_text("".join(f"class {each}: ...\n" for each in parts), encoding="utf-8")
    Path("digits.py").write_text(DIGITS, encoding="utf-8")
    examples = documented_studies()
    assert examples
    for name, block in examples:
        assert [error.message for error in VALIDATOR.iter_errors(plain(block.encode()))] == [], name
        assert from_text(block.encode(), name)


@pytest.mark.parametrize("case", IN_A_VARIANT, ids=lambda case: str(case[0])[:60])
def test_what_the_reader_refuses_in_one_value_the_schema_refuses(case):
    variant, *told = case
    is_valid = VALIDATOR.is_valid({"base": BASE, "variants": {"a": variant}})
    assert is_valid == any(words in " ".join(told) for words in SEEN_BY_THE_READER_ALONE), told


OWN = {
    "at the top": {
        "train": TRAIN,
        "base": {"width": [1, {"a": 2}]},
        "variants": {"a": {}, "b": {"width": None}},
    },
    "in the base": {"base": {"train": TRAIN, "depth": 2}, "variants": {"a": {"depth": 3}, "b": None}},
    "in a variant": {"base": {**BASE}, "variants": {"a": {}, "b": {"train": TRAIN, "depth": 3}}},
}


@pytest.mark.parametrize("where", OWN)
def test_settings_are_free_where_a_function_trains(where):
    assert VALIDATOR.is_valid(OWN[where])


def test_settings_that_every_training_has_are_checked_where_a_function_trains():
    for wrong in ({"epochs": 0}, {"early_stopping": {"patience": -1}}, {"train": {"python": 3, "tsak": "x"}}):
        assert not VALIDATOR.is_valid({"train": TRAIN, "base": wrong, "variants": {"a": {}}})
        assert not VALIDATOR.is_valid({"train": TRAIN, "variants": {"a": wrong}})


WRONG = {
    "a key that is none": {"epoch": 3, "variants": {"a": {}}},
    "a setting at the top": {"epochs": 3, "variants": {"a": {}}},
    "no variants": {"base": BASE},
    "no variant": {"variants": {}},
    "variants in a list": {"variants": [{}]},
    "a name that is a path": {"name": "a/b", "variants": {"a": {}}},
    "a variant whose name is a path": {"variants": {"a/b": {}}},
    "no seed": {"seeds": 0, "variants": {"a": {}}},
    "half a seed": {"seeds": 2.5, "variants": {"a": {}}},
    "a margin in percent": {"margin": 5, "variants": {"a": {}}},
    "a base that is a list": {"base": [], "variants": {"a": {}}},
    "an optimizer of the base without a name": {"base": {**BASE, "optimizer": {"momentum": 0.9}}, "variants": {"a": {}}},
    "an argument of another optimizer": {"base": {**BASE, "optimizer": {"name": "sgd", "rho": 0.9}}, "variants": {"a": {}}},
    "a model of the base without hidden layers": {"base": {**BASE, "model": {"output": "softmax"}}, "variants": {"a": {}}},
    "an activation that no layer takes": {"base": {**BASE, "model": {"hidden": [], "activation": 3}}, "variants": {"a": {}}},
    "an initializer that no layer takes": {
        "base": {**BASE, "model": [{"average_pooling2d": [14, 5]}, "flatten"], "kernel_initializer": "zero"},
        "variants": {"a": {}},
    },
    "questions by name": {"base": BASE, "variants": {"a": {}, "b": {}}, "questions": {"treatment": "a"}},
    "a question without its reference": {"base": BASE, "variants": {"a": {}}, "questions": [{"treatment": "a"}]},
    "a metric that is none": {
        "base": BASE,
        "variants": {"a": {}, "b": {}},
        "questions": [{"treatment": "a", "reference": "b", "metric": "accuracy"}],
    },
    "published figures in percent": {"base": BASE, "variants": {"a": {}}, "published": {"a": {"test": 96.1}}},
    "published figures in a list": {"base": BASE, "variants": {"a": {}}, "published": [0.9]},
}  # fmt: skip


@pytest.mark.parametrize("written", WRONG.values(), ids=WRONG)
def test_what_is_wrong_in_a_study_is_refused_by_both(written):
    assert told_of(lambda: load(written))
    assert not VALIDATOR.is_valid(written)


@given(STUDIES)
@settings(deadline=None, max_examples=60)
def test_a_study_that_the_reader_takes_is_valid(written):
    if told_of(lambda: load(written)) is None:
        assert [error.message for error in VALIDATOR.iter_errors(written)] == []


TECHNIQUE = st.sampled_from([name for kind in Kind for name in names(kind)])
PART = st.sampled_from(
    ["learning_rate", "momentum", "l1", "l2", "units", "filters", "kernel_size", "padding"]
)
NEARLY = (
    JUNK | TECHNIQUE | st.dictionaries(st.just("name") | PART, TECHNIQUE | st.integers(-1, 3), max_size=3)
)


@given(st.dictionaries(SETTING, NEARLY, max_size=2), st.dictionaries(SETTING, NEARLY, max_size=3))
@settings(deadline=None, max_examples=300)
def test_what_the_schema_refuses_in_settings_the_reader_refuses(base, variant):
    written = {"base": {**BASE, **base}, "variants": {"v0": variant, "v1": {"from": "v0"}}}
    if not VALIDATOR.is_valid(written):
        assert told_of(lambda: load(written))


@given(
    st.dictionaries(
        st.sampled_from(["name", "seeds", "margin", "data", "questions", "published"]), JUNK, max_size=2
    )
)
@settings(deadline=None, max_examples=200)
def test_what_the_schema_refuses_in_parts_the_reader_refuses(parts):
    written = {"base": BASE, "variants": {"v0": {}, "name": {}}, **parts}
    if not VALIDATOR.is_valid(written):
        assert told_of(lambda: load(written))


def test_the_schema_says_of_every_key_what_it_means():
    base = SCHEMA["else"]["properties"]["base"]["properties"]
    assert base.keys() == KEYS[Group.BASE].keys()
    assert all(each["description"] and each["examples"] for each in base.values())
    assert base["batch_size"]["default"] == 32
    with language("vi"):
        assert "huấn luyện" in study_schema()["properties"]["seeds"]["description"]


def of_inputs(branches: object, scale: object, inputs: object) -> dict[str, object]:
    network = [{"branches": branches}, {"dense": 2}]
    base = {"model": network, "scale": scale, "loss": "mean_squared_error", "optimizer": "sgd", "epochs": 1}
    return {"data": {"npz": "f.npz", "inputs": inputs}, "base": base, "variants": {"v": {}}}


NAMED = {"image": "x_image", "age": "x_age"}
IMAGE = [{"conv2d": {"filters": 8, "kernel_size": 3}}, "flatten"]


@pytest.mark.parametrize("scale", ["standard", {"image": "unit", "age": None}])
@pytest.mark.parametrize("inputs", [NAMED, ["image", "age"]])
def test_several_inputs_are_taken_with_their_branches_and_scales(scale, inputs):
    assert VALIDATOR.is_valid(of_inputs({"image": IMAGE, "age": []}, scale, inputs))
    assert VALIDATOR.is_valid(of_inputs({"image": IMAGE, "age": None}, scale, inputs))


@pytest.mark.parametrize(
    "study",
    [
        of_inputs({"image": [{"conv2dd": 3}], "age": []}, "standard", NAMED),
        of_inputs({"image": "flatten", "age": []}, "standard", NAMED),
        of_inputs([IMAGE], "standard", NAMED),
        of_inputs({"image": IMAGE}, {"image": "unti"}, NAMED),
        of_inputs({"image": IMAGE}, "standard", {"image": ["x", "y"]}),
    ],
)
def test_what_is_wrong_with_a_branch_a_scale_or_an_input_is_refused(study):
    assert not VALIDATOR.is_valid(study)
