"""A study without a fault, what to change in it to have one, and what its review finds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.conftest import MNIST, made_history, made_run

from paribus.analysis.design.review import review
from paribus.analysis.finding import Finding
from paribus.record.records import Records
from paribus.record.run import DataUsed
from paribus.study.census import Census
from paribus.study.datasets import DataFacts, Input
from paribus.study.reader import load
from paribus.study.resolve import SettingsReader
from paribus.study.source import Sources
from paribus.study.study import Study
from paribus.study.yaml_node import write

BRANCHES = {
    "image": ["flatten", {"dense": 6}],
    "age": [{"dense": 4}],
    "words": [{"embedding": {"input_dim": 100, "output_dim": 3}}, "flatten"],
}
"""Of the inputs that `with_inputs` has."""

BASE = {
    "data": "mnist",
    "scale": "unit",
    "model": {"hidden": [128], "activation": "relu", "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
    "batch_size": 128,
    "epochs": 10,
}
STOP = {"monitor": "val_accuracy", "patience": 3}
L2 = {"l2": 0.0001}


def clean(
    treatment: dict[str, object] | None = None,
    base: dict[str, object] | None = None,
    *,
    plain: dict[str, object] | None = None,
    metric: str = "test_accuracy",
    **fields: object,
) -> Study:
    """A study of ``treatment`` against ``plain``, without a fault unless one is passed in.

    Args:
        treatment: What the treatment changes; dropout unless given.
        base: What to change in the base.
        plain: What to change in the reference.
        metric: What is asked for.
        fields: The study's other fields.
    """
    return load(
        {
            "seeds": 5,
            "margin": 0.01,
            "base": {**BASE, **(base or {})},
            "variants": {
                "plain": plain or {},
                "treatment": {"model": {"dropout": 0.3}} if treatment is None else treatment,
            },
            "questions": [{"treatment": "treatment", "reference": "plain", "metric": metric}],
            **fields,
        }
    )


def records(differences: Sequence[float]) -> Records:
    """Runs of both variants of `clean`, a seed each, whose test accuracies differ by these."""
    accuracies = {
        (name, seed): accuracy
        for seed, difference in enumerate(differences)
        for name, accuracy in (("plain", 0.9), ("treatment", 0.9 + difference))
    }
    return Records(
        {key: made_run(made_history(3), seed=key[1], test=accuracy) for key, accuracy in accuracies.items()}
    )


def counted(**counts: object) -> dict[str, DataUsed]:
    """MNIST as it is, ten classes of 6,000 images without copies, but for some counts."""
    usual = {"classes": (6_000,) * 10, "contradictory": 0, "copies": 0, "tested": 0}
    return {"mnist": MNIST.model_copy(update={"census": Census(**{**usual, **counts})})}


def finding(study: Study, code: str, **options: object) -> Finding | None:
    """The first finding with this code in the review of a study."""
    return next((each for each in review(study, **options) if each.code == code), None)


def tabular(name: str = "breast_cancer", *, metric: str = "test_accuracy", **base: object) -> Study:
    """A study of two networks on a table of scikit-learn, standardized: a regression on ``diabetes``."""
    is_regression = name == "diabetes"
    outputs = "linear" if is_regression else "softmax"
    usual = {
        "data": {"sklearn": name},
        "scale": "standard",
        "model": {"hidden": [16], "activation": "relu", "output": outputs},
        "loss": "mean_squared_error" if is_regression else "categorical_crossentropy",
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "epochs": 40,
    }
    return load(
        {
            "seeds": 8,
            "base": {**usual, **base},
            "variants": {"plain": {}, "treatment": {"learning_rate": 0.003}},
            "questions": [{"treatment": "treatment", "reference": "plain", "metric": metric}],
        }
    )


def with_tokens(tokens: int, *, places: int) -> Study:
    """A study on so many tokens, whose first layer has a number of places for them as an embedding has."""
    study = tabular()
    changed = {name: variant.configuration for name, variant in study.variants.items()}
    for name, before in changed.items():
        first = before.layers[0]
        first = first.model_copy(update={"arguments": {**first.arguments, "input_dim": places}})
        facts = before.facts.model_copy(update={"values": "tokens", "vocabulary": tokens})
        changed[name] = before.model_copy(update={"own": facts, "layers": (first, *before.layers[1:])})
    variants = {
        name: variant.model_copy(update={"configuration": changed[name]})
        for name, variant in study.variants.items()
    }
    return study.model_copy(update={"variants": variants})


def tabled(study: Study, **counts: object) -> dict[str, DataUsed]:
    """The table of a study, its classes alike and without a fault, but for some counts."""
    ((name, facts),) = study.facts.items()
    classes = (facts.train // max(1, len(facts.classes)),) * len(facts.classes)
    usual = {"classes": classes, "contradictory": 0, "copies": 0, "tested": 0}
    known = {
        "sha256": "0" * 64,
        "verified": True,
        "stand_in": False,
        "train": facts.train,
        "test": facts.test,
    }
    return {name: DataUsed(name=name, **known, census=Census(**{**usual, **counts}))}


def with_inputs(*, network: object = None, **base: object) -> Study:
    """A study of examples with an image, a number and tokens, which nothing scales."""
    inputs = (
        Input(name="image", shape=(8, 8, 1), values="pixels"),
        Input(name="age", shape=(1,)),
        Input(name="words", shape=(5,), values="tokens", vocabulary=100),
    )
    facts = DataFacts(
        shape=(70,), train=2000, test=500, classes=("no", "yes"), values="numbers", inputs=inputs
    )
    settings = {
        "data": {"arrays": "0" * 64, "name": "made"},
        "model": network or [{"branches": BRANCHES}, {"dense": {"units": 2, "activation": "softmax"}}],
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "epochs": 40,
        **base,
    }
    read = SettingsReader(write(settings), Sources(Path(), facts))
    configuration = read.configuration()
    assert configuration is not None, [str(each) for each in read.faults]
    study = tabular()
    variants = {
        name: variant.model_copy(update={"configuration": configuration})
        for name, variant in study.variants.items()
    }
    return study.model_copy(update={"variants": variants})
