"""Networks of the user's own as a study names them: read, told apart, described."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.study.conftest import Known

from paribus.errors import StudyError
from paribus.study.derive import derive_variant
from paribus.study.describe import describe_changes, describe_variant
from paribus.study.difference import difference, factors
from paribus.study.label import question_title
from paribus.study.reader import load
from paribus.study.study import Study

SOURCE = "def build(width=8, skip=True):\n    pass\n"
CHAIN = [
    {"dense": {"units": 5, "activation": "relu"}},
    {"dense": {"units": 10, "activation": "softmax"}},
]


@pytest.fixture
def read(tmp_path: Path, known: Known) -> Any:
    (tmp_path / "nets.py").write_text(SOURCE, encoding="utf-8")

    def reading(variants: dict[str, Any], **base: Any) -> Study:
        settings = {
            "model": {"python": str(tmp_path / "nets.py") + ":build"},
            "loss": "categorical_crossentropy",
            "optimizer": {"name": "sgd", "learning_rate": 0.1},
            "epochs": 1,
            **base,
        }
        questions = [{"treatment": name, "reference": "plain"} for name in variants]
        return load(
            {"data": "mnist", "base": settings, "variants": {"plain": {}, **variants}, "questions": questions}
        )

    return reading


def test_the_function_its_file_and_its_arguments_are_part_of_the_configuration(read, tmp_path):
    configuration = read({}).variants["plain"].configuration
    network = configuration.network
    assert (network.told, network.arguments) == ("nets.py:build", {"width": 8, "skip": True})
    assert configuration.layers == ()
    assert configuration.output == "softmax"
    (tmp_path / "nets.py").write_text(SOURCE + "\n", encoding="utf-8")
    assert read({}).variants["plain"].configuration != configuration


def test_a_default_that_is_written_out_is_the_same_configuration(read):
    study = read({"same": {"model": {"arguments": {"width": 8}}}})
    assert study.variants["same"].configuration == study.variants["plain"].configuration


def test_arguments_are_factors_with_their_levels(read):
    study = read(
        {"wide": {"model": {"arguments": {"width": 16}}}, "none": {"model": {"arguments": {"skip": False}}}}
    )
    plain, wide = (study.variants[name].configuration for name in ("plain", "wide"))
    changes = difference(plain, wide)
    assert [(each.factor, each.before, each.after) for each in changes] == [("width", 8, 16)]
    assert factors(changes) == ("width",)
    assert describe_changes(changes) == "width 16"
    assert describe_variant(study.variants, "wide") == "width 16"
    assert study.named("wide") == "wide · width 16"
    assert question_title(study.variants, study.questions[0]) == "Width 16 vs 8"


def test_another_function_or_layers_in_its_place_are_another_model(read, tmp_path):
    (tmp_path / "other.py").write_text(SOURCE, encoding="utf-8")
    study = read(
        {
            "other": {"model": {"python": str(tmp_path / "other.py") + ":build"}},
            "layers": {"model": {"hidden": [5]}},
        }
    )
    plain = study.variants["plain"].configuration
    for name in ("other", "layers"):
        assert factors(difference(plain, study.variants[name].configuration)) == ("model",)
    assert study.variants["layers"].configuration.network is None


def test_other_settings_change_beside_a_network_of_ones_own(read):
    study = read({"fast": {"learning_rate": 1.0}, "long": {"epochs": 3}})
    assert describe_variant(study.variants, "fast") == "learning_rate 1"
    assert describe_variant(study.variants, "long") == "epochs 3"


def test_a_plain_chain_is_the_same_configuration_as_its_layers(read, known):
    known.answer = {"layers": CHAIN}
    study = read({"listed": {"model": CHAIN}})
    chain, listed = (study.variants[name].configuration for name in ("plain", "listed"))
    assert chain == listed
    assert chain.network is None


def test_what_it_was_compiled_with_counts_where_the_study_says_nothing(read, known):
    known.answer = {"layers": None, "loss": "mean_squared_error", "optimizer": {"name": "adam"}}
    study = read({"other": {"loss": "categorical_crossentropy"}}, loss=None, optimizer=None)
    assert study.variants["plain"].configuration.loss == "mean_squared_error"
    assert study.variants["plain"].configuration.optimizer.name == "adam"
    assert describe_variant(study.variants, "other") == "loss categorical_crossentropy"


def test_a_network_is_asked_about_once_for_all_variants_that_share_it(read, known):
    read({"fast": {"learning_rate": 1.0}, "wide": {"model": {"arguments": {"width": 16}}}})
    assert [each["network"]["arguments"] for each in known.asked] == [{}, {"width": 16}]


def test_a_derived_variant_keeps_the_network(read, known):
    study = read({})
    asked = len(known.asked)
    derived = derive_variant(study, "plain", "slow", {"optimizer": {"learning_rate": 0.01}})
    assert derived.configuration.network == study.variants["plain"].configuration.network
    assert len(known.asked) == asked
    with pytest.raises(StudyError, match="an argument of the function"):
        derive_variant(study, "plain", "zeros", {"kernel_initializer": "zeros"})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"model": {"python": "nets.py"}}, "names no function"),
        ({"model": {"python": "absent.py:build"}}, "cannot be read"),
        ({"model": {"python": "NETS:biuld"}}, "Did you mean 'build'"),
        ({"model": {"python": "NETS:build", "keras": "net.keras"}}, "not both"),
        ({"model": {"keras": "absent.keras"}}, "cannot be read as a .keras file"),
        ({"model": {"python": "NETS:build", "weights": "keep"}}, "is for a .keras file"),
        ({"model": {"python": "NETS:build", "arguments": 3}}, "arguments"),
        ({"model": {"python": "NETS:build", "hidden": [3]}}, "hidden"),
        ({"kernel_regularizer": {"l2": 0.1}}, "an argument of the function"),
        ({"loss": None}, "the model is not compiled"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(read, tmp_path, settings, says):
    model = settings.get("model", {})
    if "python" in model:
        model["python"] = model["python"].replace("NETS", str(tmp_path / "nets.py"))
    with pytest.raises(StudyError) as refused:
        read({}, **settings)
    assert says in str(refused.value)


def test_the_reason_why_it_cannot_be_trained_is_said_in_the_study(read, known):
    known.answer = {"error": "nets.py:build returned int. Return a keras.Model."}
    with pytest.raises(StudyError, match=r"base.model: nets.py:build returned int"):
        read({})
