"""Advice is a variant that can be pasted into the study, changes one thing, and says what to expect."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from tests.analysis import made_runs
from tests.analysis.made_runs import (
    DECAYING,
    DIED,
    DROPPED,
    LOST,
    POOR,
    SHUT,
    TWICE,
    answering,
    flat,
    hidden,
    measured,
    probes,
    rising,
    run,
    swinging,
)
from tests.analysis.made_studies import clean

from paribus.analysis.causes.advice import advice
from paribus.analysis.runs.diagnosis import diagnose
from paribus.record.run import Status
from paribus.study.configuration import EarlyStopping
from paribus.study.difference import difference, factors
from paribus.study.reader import from_text, load
from paribus.study.study import Study

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "src" / "paribus" / "texts" / "locale" / "en" / "LC_MESSAGES" / "advice.po"
ZEROS = {"layers": {"hidden_1": {"kernel_initializer": "zeros", "bias_initializer": "zeros"}}}
L1 = {"kernel_regularizer": {"l1": 0.01}}
L2 = {"kernel_regularizer": {"l2": 0.01}}


def pasted(study: Study, snippet: str) -> Study:
    """The study with a snippet pasted into its file."""
    yaml = YAML(typ="safe")
    added = yaml.load(snippet)
    variants = {name: each.settings for name, each in study.variants.items()}
    written = {
        "base": next(iter(variants.values())),
        "variants": {**variants, **added["variants"]},
        "questions": added["questions"],
    }
    out = io.StringIO()
    yaml.dump(written, out)
    return from_text(out.getvalue().encode(), "mine.yaml")


def given(plain: dict[str, object], **more: object):
    """The advice for a run of ``plain``, and the study."""
    study = clean(plain=plain)
    beside = more.pop("beside", False)
    observed = more.pop("observed", None) or run(**more)
    record = observed.record
    spec = record.spec.model_copy(update={"configuration": study.variants["plain"].configuration})
    observed = replace(observed, record=replace(record, spec=spec))
    others = {("treatment", 0): run(val_accuracy=flat(0.97))} if beside else {}
    return study, advice(study, diagnose(study, {("plain", 0): observed, **others}))


STOPPING = {"epochs": 100, "early_stopping": {"monitor": "val_loss", "patience": 3}}
SILENT = probes(first={}, then={"hidden_1": DIED})
HALF_DEAD = {"probes": probes(first={}, then={"hidden_1": replace(made_runs.ALIVE, dead=0.6)})}
OUTDONE = {"val_accuracy": flat(0.95), "more": HALF_DEAD, "beside": True}
_RISING = np.linspace(0.5, 0.9, 30)
CASES = {
    "fitting-output": ({"model": {"output": "relu"}}, LOST, "activation"),
    "fitting-loss": ({"loss": "binary_crossentropy"}, {}, "loss"),
    "stable-rate": (
        {"model": {"output": "linear"}, "loss": "mse", "learning_rate": 20.0},
        {"status": Status.DIVERGED, "data_loss": [0.5, float("nan")]},
        "learning_rate",
    ),
    "by-epochs": ({**made_runs.falling(10), "epochs": 30}, {}, "learning_rate"),
    "lighter": ({"model": {"dropout": 0.95}}, LOST, "dropout"),
    "relu": ({"model": {"hidden": [64] * 5, "activation": "sigmoid"}}, LOST, "activation"),
    "no-exponential": (
        {"model": {"activation": "exponential"}},
        {"observed": measured({"data_loss": None}, {"data_loss": None}, status=Status.DIVERGED)},
        "activation",
    ),
    "he": ({"model": {"hidden": [64] * 16}}, LOST, "initialization"),
    "undropped": (DROPPED, LOST, "dropout"),
    "zero-biases": (SHUT, LOST, "initialization"),
    "larger-batch": ({**made_runs.NORMALIZED, "batch_size": 2}, POOR, "batch_size"),
    "smaller-batch": ({"batch_size": 20_000}, POOR, "batch_size"),
    "wider": ({"model": {"hidden": [2]}}, POOR, "model"),
    "no-decay": (DECAYING, POOR, "optimizer"),
    "other-optimizer": (
        {"optimizer": "ftrl"},
        {"observed": measured({}, hidden(weight=0.1), learned=False)},
        "optimizer",
    ),
    "one-softmax": (TWICE, LOST, "activation"),
    "unpenalized": (
        L1,
        {"observed": measured({}, hidden(weight=0.5), learned=False, penalty=flat(1.0), data_loss=flat(0.5))},
        "regularization",
    ),
    "glorot": (
        {"kernel_initializer": {"name": "random_normal", "stddev": 100.0}},
        {"observed": measured({"data_loss": None}, {"data_loss": None}, status=Status.DIVERGED)},
        "initialization",
    ),
    "patient-with-noise": (
        {"epochs": 100, "early_stopping": {"monitor": "val_accuracy", "patience": 1}},
        {"status": Status.EARLY_STOPPED, "accuracy": [0.3, 0.7], "val_accuracy": [0.58, 0.57]},
        "stopping",
    ),
    "nonlinear": ({"model": {"activation": "linear"}}, {}, "activation"),
    "momentum": (
        made_runs.NORMALIZED,
        {"observed": made_runs.in_both_modes(training=0.97, inference=0.3)},
        "normalization",
    ),
    "start": ({**ZEROS}, {"observed": answering(0)}, "initialization"),
    "scale": ({"scale": "none"}, {"observed": answering(0)}, "scale"),
    "smaller-rate": ({}, {"status": Status.DIVERGED, "data_loss": [0.5, float("nan")]}, "learning_rate"),
    "scale-alive": ({"scale": "none"}, OUTDONE, "scale"),
    "smaller-rate-alive": ({}, OUTDONE, "learning_rate"),
    "smaller-rate-held": (
        {},
        {"accuracy": np.linspace(0.95, 0.7, 30), "val_accuracy": np.linspace(0.95, 0.7, 30)},
        "learning_rate",
    ),
    "larger-rate": (
        {},
        {
            "accuracy": flat(0.97),
            "more": {"probes": probes(first={}, then={"hidden_1": made_runs.LayerProbe(1.0, 1.0, 0, 1e-9)})},
        },
        "learning_rate",
    ),
    "steadier": ({}, {"val_accuracy": swinging(0.95, 0.02)}, "learning_rate"),
    "stop": ({}, {"val_data_loss": np.linspace(0.1, 0.3, 30)}, "stopping"),
    "longer": ({}, {"accuracy": _RISING, "val_accuracy": _RISING}, "stopping"),
    "weaker-penalty": (
        L1,
        {
            "accuracy": flat(0.9),
            "val_accuracy": flat(0.9),
            "data_loss": flat(0.1),
            "val_data_loss": flat(0.1),
            "penalty": flat(1.0),
        },
        "regularization",
    ),
    "weaker": (
        L2,
        {"accuracy": flat(0.8), "val_accuracy": flat(0.8), "penalty": flat(1.0), "beside": True},
        "regularization",
    ),
    "watch": (
        {**STOPPING, **L2},
        {"penalty": np.linspace(5, 0.1, 30), "val_data_loss": flat(0.08)},
        "stopping",
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_it_can_be_pasted_and_changes_one_factor(kind):
    plain, observed, factor = CASES[kind]
    study, found = given(plain, **observed)
    (wanted,) = (each for each in found if each.kind == kind)
    read = pasted(study, wanted.yaml)
    new = read.variants[wanted.name].configuration
    changed = factors(difference(study.variants["plain"].configuration, new))
    assert changed == (factor,)
    assert read.questions[0].treatment == wanted.name
    for sentence in (wanted.do, wanted.keep, wanted.expect):
        assert not re.search(r"[{}]|nan|None", str(sentence)), sentence


def stopped_too_soon():
    """A run that ended at epoch 6 with 90 %, on a trajectory that goes on to 95 %."""
    curve = [*flat(0.9, 6), *flat(0.95, 34)]
    return run(
        status=Status.EARLY_STOPPED,
        configuration=made_runs.configuration(epochs=100, early_stopping=EarlyStopping(patience=3)),
        val_accuracy=curve[:6],
        more={"longest_history": tuple(made_runs.rows(val_loss=flat(0.2, 40), val_accuracy=curve))},
    )


@pytest.mark.parametrize("unusual", [{"mode": "min"}, {"baseline": 0.99}, {"min_delta": 0.5}])
def test_the_default_of_the_setting_that_ended_a_run_is_advised_and_its_remedy_is_its_own(unusual):
    stopping = {"monitor": "val_accuracy", "patience": 3}
    observed = run(status=Status.EARLY_STOPPED, val_accuracy=[0.5, 0.6, 0.7, 0.8])
    study, found = given({"epochs": 100, "early_stopping": {**stopping, **unusual}}, observed=observed)
    (usual,) = found
    changed = pasted(study, usual.yaml).variants[usual.name].configuration.early_stopping
    assert changed == EarlyStopping(**stopping)
    key = next(iter(unusual))
    assert key in str(usual.do)
    assert key in str(usual.finding.remedy)
    assert ("can reach" in str(usual.finding.remedy), "default" in str(usual.finding.remedy)) == (
        False,
        key == "mode",
    )


def test_more_patience_is_advised_where_it_stopped_too_soon():
    study, found = given(STOPPING, observed=stopped_too_soon())
    (patient,) = (each for each in found if each.kind == "patient")
    settings = pasted(study, patient.yaml).variants[patient.name].configuration.early_stopping
    assert (settings.monitor, settings.patience) == ("val_loss", 10)


def test_what_is_advised_against_dead_units_is_held_against_dead_units():
    _, found = given({"scale": "none"}, more=HALF_DEAD)
    assert found == ()
    _, found = given({"scale": "none"}, **OUTDONE)
    assert [each.kind for each in found] == ["scale-alive", "smaller-rate-alive"]
    for each in found:
        assert "fewer than 60.0% of the units of hidden_1" in str(each.expect)


def test_every_kind_of_the_catalogue_is_shown():
    kinds = set(
        re.findall(r'^msgid "advice\.([a-z-]+)\.do"', CATALOGUE.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert kinds == {*CASES, "patient", "usual"}


def test_an_uneventful_run_gets_no_advice():
    _, found = given({}, val_accuracy=rising(0.97), accuracy=rising(0.98))
    assert found == ()


def test_a_name_of_the_study_is_not_given_again():
    study = clean(variants={"plain": {}, "plain-longer": {"epochs": 60}}, questions=[])
    known = {("plain", 0): run(accuracy=_RISING, val_accuracy=_RISING)}
    assert advice(study, diagnose(study, known)) == ()


def test_names_that_look_like_numbers_are_quoted():
    zeros = {**clean().variants["plain"].settings, **ZEROS}
    study = clean(variants={"3a": zeros}, questions=[])
    known = {("3a", 0): made_runs.configured(ZEROS, answering(0))}
    (start,) = advice(study, diagnose(study, known))
    assert '  "3a-glorot":\n    from: "3a"\n' in start.yaml
    assert "kernel_initializer: glorot_uniform" in start.yaml


def test_a_network_whose_weights_hardly_move_is_not_advised_smaller_steps():
    frozen = probes(first={}, then={"hidden_1": made_runs.LayerProbe(1.0, 1.0, 0, 1e-9)})
    _, found = given({}, **LOST, more={"probes": frozen})
    assert [each.kind for each in found] == ["larger-rate"]
    _, moving = given({}, **LOST)
    assert [each.kind for each in moving] == ["smaller-rate"]


def test_a_bias_that_keeps_a_layer_dead_is_advised_to_start_at_zero():
    plain = {"layers": {"hidden_1": {"bias_initializer": {"name": "constant", "value": -20}}}}
    study, found = given(plain, observed=answering(0))
    (start,) = found
    layer = pasted(study, start.yaml).variants[start.name].configuration.layers[0]
    assert layer.arguments["bias_initializer"].name == "zeros"


def test_advice_names_only_what_differs():
    settings = {"optimizer": {"name": "adamw", "learning_rate": 0.01, "weight_decay": 20.0, "beta_1": 0.8}}
    study, found = given(settings, **POOR)
    (undecayed,) = (each for each in found if each.kind == "no-decay")
    assert undecayed.changes == {"optimizer": {"weight_decay": 0.0}}
    changed = pasted(study, undecayed.yaml).variants[undecayed.name].configuration.optimizer
    assert changed.arguments["beta_1"] == 0.8


def test_a_change_that_a_variant_makes_already_is_not_advised_again():
    study = load("lab2")
    lost = answering(0)
    learned = run(configuration=study.variants["1"].configuration)
    for runs, told in (
        ({("3a", 0): lost}, "It has not run yet."),
        ({("1", 0): learned, ("1", 1): learned, ("3a", 0): lost}, "It trained in 2 of 2 runs."),
    ):
        (start,) = [each for each in advice(study, diagnose(study, runs)) if each.kind == "start"]
        assert start.tried is not None
        assert start.tried.variant == "1"
        assert not start.yaml
        assert told in str(start.sentences[-1])
