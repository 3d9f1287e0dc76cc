"""An ablation lacks the one setting suspected of a finding, and differs in nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.analysis import made_runs
from tests.analysis.made_runs import (
    DECAYING,
    DIED,
    DROPPED,
    LARGE,
    LOST,
    POOR,
    SHUT,
    TWICE,
    flat,
    hidden,
    measured,
    probe,
    probes,
    run,
    swinging,
)
from tests.analysis.made_studies import clean

from paribus.analysis.causes.ablation import ablations, confirmable
from paribus.analysis.runs.diagnosis import diagnose
from paribus.record.probes import LayerProbe
from paribus.record.run import Status
from paribus.study.derive import derive_variant
from paribus.study.difference import difference

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "src" / "paribus" / "texts" / "locale" / "en" / "LC_MESSAGES" / "confirm.po"
DOCS = ROOT / "docs" / "confirm.md"

ZEROS = {"layers": {"hidden_1": {"kernel_initializer": "zeros", "bias_initializer": "zeros"}}}
ONES = {"layers": {"hidden_1": {"kernel_initializer": "ones", "bias_initializer": "ones"}}}
STOPPING = {"epochs": 100, "early_stopping": {"monitor": "val_loss", "patience": 3}}
ONE = {"predicted": (640, *[0] * 9), "accuracy": 0.1}
FROZEN = LayerProbe(gradient=0.0, weight=0.0, update=0.0, dead=1.0, identical=1.0, active=0.0)
FROM_START = tuple(probe(2**place - 1, epoch=place, hidden_1=FROZEN, **ONE) for place in range(4))
THROWN = probes(first={**ONE}, then={"hidden_1": replace(DIED, gradient=0.0), **ONE})
SWINGS = run(val_accuracy=swinging(0.95, 0.02))
_RISING = np.linspace(0.5, 0.9, 30)
FTRL = {"optimizer": "ftrl"}
CASES = {
    "zeros": (ZEROS, run(**LOST, more={"probes": FROM_START}), {"weights", "biases"}),
    "ones": (
        {**ONES, "scale": "none"},
        run(**LOST, more={"probes": THROWN}),
        {"size", "weights", "pixels", "rate"},
    ),
    "diverged": ({}, run(status=Status.DIVERGED, data_loss=[0.5, np.nan]), {"rate"}),
    "diverged on pixels": (
        {"scale": "none"},
        run(status=Status.DIVERGED, data_loss=[0.5, np.nan]),
        {"pixels", "rate"},
    ),
    "dropped outputs": (DROPPED, run(**LOST), {"undropped"}),
    "shut by biases": (SHUT, run(**LOST), {"zero-biases"}),
    "normalized one by one": ({**made_runs.NORMALIZED, "batch_size": 1}, run(**LOST), {"larger-batch"}),
    "huge batches": ({"batch_size": 20_000}, run(**POOR), {"smaller-batch"}),
    "narrow": ({"model": {"hidden": [2]}}, run(**POOR), {"wider"}),
    "decaying": (DECAYING, run(**POOR), {"no-decay"}),
    "forgotten": (FTRL, measured({}, hidden(weight=0.1), learned=False), {"other-optimizer"}),
    "two softmaxes": (TWICE, run(**LOST), {"one-softmax"}),
    "large weights": (LARGE, measured({"data_loss": 30.0}, {}, learned=False), {"glorot"}),
    "large steps": ({}, measured(hidden(ratio=0.6), hidden(ratio=0.4), learned=False), {"rate"}),
    "a large schedule": (
        {"learning_rate": {"name": "piecewise_constant_decay", "boundaries": [9], "values": [5.0, 1.0]}},
        run(status=Status.DIVERGED, data_loss=[0.5, np.nan]),
        {"rate"},
    ),
    "backwards": (
        {"early_stopping": {"monitor": "val_accuracy", "mode": "min", "patience": 3}},
        run(status=Status.EARLY_STOPPED, val_accuracy=[0.5, 0.6, 0.7, 0.8]),
        {"stopping"},
    ),
    "overfitting": (
        {"epochs": 30},
        run(val_data_loss=[*np.linspace(0.3, 0.1, 12), *np.linspace(0.1, 0.3, 18)]),
        {"no-l2", "epochs"},
    ),
    "penalized": (
        {"kernel_regularizer": {"l2": 0.001}},
        run(val_data_loss=np.linspace(0.1, 0.3, 30)),
        {"weak-l2"},
    ),
    "relu output": ({"model": {"output": "relu"}}, run(**LOST), {"fitting-output"}),
    "softmax under a binary loss": ({"loss": "binary_crossentropy"}, run(), {"fitting-loss"}),
    "too long a step": (
        {"model": {"output": "linear"}, "loss": "mse", "learning_rate": 20.0},
        run(status=Status.DIVERGED, data_loss=[0.5, np.nan]),
        {"stable-rate"},
    ),
    "epochs for updates": ({**made_runs.falling(10), "epochs": 30}, run(), {"by-epochs"}),
    "strong dropout": ({"model": {"dropout": 0.95}}, run(**LOST), {"lighter"}),
    "deep sigmoids": ({"model": {"hidden": [64] * 5, "activation": "sigmoid"}}, run(**LOST), {"relu"}),
    "deep relus": ({"model": {"hidden": [64] * 16}}, run(**LOST), {"he"}),
    "strong penalty": (
        {"kernel_regularizer": {"l1": 0.01}},
        measured({}, hidden(weight=0.5), learned=False, penalty=flat(1.0), data_loss=flat(0.5)),
        {"unpenalized"},
    ),
    "exponentials": (
        {"model": {"activation": "exponential"}},
        measured({"data_loss": None}, {"data_loss": None}, status=Status.DIVERGED),
        {"no-exponential"},
    ),
    "overflowing start": (
        {"kernel_initializer": {"name": "random_normal", "stddev": 100.0}},
        measured({"data_loss": None}, {"data_loss": None}, status=Status.DIVERGED),
        {"glorot"},
    ),
    "stopped by noise": (
        {"epochs": 100, "early_stopping": {"monitor": "val_accuracy", "patience": 1}},
        run(status=Status.EARLY_STOPPED, accuracy=[0.3, 0.7], val_accuracy=[0.58, 0.57]),
        {"patience"},
    ),
    "no activation": ({"model": {"activation": "linear"}}, run(), {"nonlinear"}),
    "lagging": (
        made_runs.NORMALIZED,
        made_runs.in_both_modes(training=0.97, inference=0.3),
        {"momentum"},
    ),
    "short": ({}, run(accuracy=_RISING, val_accuracy=_RISING), {"few-epochs"}),
    "swinging": ({}, SWINGS, {"rate", "batch"}),
    "frozen": (
        {},
        run(
            accuracy=flat(0.97),
            more={"probes": probes(first={}, then={"hidden_1": LayerProbe(1.0, 1.0, 0, 1e-9)})},
        ),
        {"low-rate"},
    ),
    "impatient": (
        STOPPING,
        run(
            status=Status.EARLY_STOPPED,
            val_accuracy=flat(0.8, 10),
            more={"longest_history": run(val_accuracy=[*flat(0.8, 10), *flat(0.95, 20)]).record.history},
        ),
        {"patience"},
    ),
    "unreachable, but ended by patience": (
        {**STOPPING, "early_stopping": {**STOPPING["early_stopping"], "baseline": 0.01}},
        run(
            status=Status.EARLY_STOPPED,
            val_accuracy=flat(0.8, 10),
            more={"longest_history": run(val_accuracy=[*flat(0.8, 10), *flat(0.95, 20)]).record.history},
        ),
        {"patience"},
    ),
    "watching": (
        STOPPING,
        run(status=Status.EARLY_STOPPED, penalty=np.linspace(9, 1, 30), val_data_loss=flat(0.1)),
        {"monitor"},
    ),
}


def suspected(settings, observed, code=None):
    """The ablations for a run of ``plain`` with these settings, and the study."""
    study = clean(plain=settings)
    spec = observed.record.spec.model_copy(update={"configuration": study.variants["plain"].configuration})
    observed = replace(observed, record=replace(observed.record, spec=spec))
    diagnosed = diagnose(study, {("plain", 0): observed})
    return study, ablations(study, diagnosed, only=["plain"], code=code)


@pytest.mark.parametrize("case", CASES)
def test_what_is_suspected_is_taken_away_and_nothing_else_differs(case):
    settings, observed, kinds = CASES[case]
    study, found = suspected(settings, observed)
    assert {each.kind for each in found} == kinds
    for each in found:
        before = study.variants["plain"].configuration
        after = derive_variant(study, "plain", each.name, each.changes).configuration
        assert len({change.factor for change in difference(before, after)}) == 1
        assert each.name == f"plain-{each.kind}"
        assert str(each.cause)
        assert str(each.change).startswith(f"Ablation run {each.name} ")


def test_zeros_alone_and_their_biases_alone_are_suspected_of_a_gradient_that_is_zero_from_the_start():
    _, found = suspected(*CASES["zeros"][:2], code="zero-gradient")
    changes = {each.kind: each.changes for each in found}
    assert changes == {
        "weights": {"layers": {"hidden_1": {"kernel_initializer": "glorot_uniform"}}},
        "biases": {"layers": {"hidden_1": {"bias_initializer": "ones"}}},
    }


def test_the_size_of_equal_weights_is_tried_apart_from_their_being_equal():
    study, found = suspected(*CASES["ones"][:2])
    size = next(each for each in found if each.kind == "size")
    layer = derive_variant(study, "plain", size.name, size.changes).configuration.layers[0]
    assert layer.arguments["kernel_initializer"].name == "constant"
    inputs, outputs = 784, layer.arguments["units"]
    draw = np.random.default_rng(0).uniform(-1, 1, 100_000) * np.sqrt(6 / (inputs + outputs))
    assert layer.arguments["kernel_initializer"].arguments["value"] == pytest.approx(draw.std(), rel=0.03)


def test_what_follows_from_another_finding_is_tried_only_when_asked_for():
    settings, observed, _ = CASES["zeros"]
    from_the_start = {"identical-units", "one-answer", "zero-gradient"}
    assert {each.code for each in suspected(settings, observed)[1]} == from_the_start
    assert [each.kind for each in suspected(settings, observed, "identical-units")[1]] == ["weights"]
    died = run(**LOST, more={"probes": probes(first={}, then={"hidden_1": DIED})})
    assert "zero-gradient" not in {each.code for each in suspected({}, died)[1]}
    assert suspected({}, died, "zero-gradient")[1]


def test_findings_that_only_describe_have_no_ablation():
    assert suspected({}, run())[1] == ()


def test_a_name_that_the_study_has_is_not_given_again():
    study, found = suspected(*CASES["short"][:2])
    taken = study.model_copy(
        update={"variants": {**study.variants, "plain-few-epochs": study.variants["treatment"]}}
    )
    diagnosed = diagnose(taken, {("plain", 0): CASES["short"][1]})
    assert [each.name for each in ablations(taken, diagnosed, only=["plain"])] == ["plain-few-epochs-2"]
    assert [each.name for each in found] == ["plain-few-epochs"]


def test_catalogue_and_docs_have_every_suspicion_and_every_finding():
    kinds = {kind for _, _, found in CASES.values() for kind in found}
    told = CATALOGUE.read_text(encoding="utf-8")
    assert set(re.findall(r'"confirm\.([\w-]+)\.cause"', told)) == kinds
    assert set(re.findall(r"^\| `([\w-]+)`", DOCS.read_text(encoding="utf-8"), re.MULTILINE)) == {
        *confirmable()
    }


def test_the_patience_that_noise_exhausted_is_tried_once():
    observed = run(
        status=Status.EARLY_STOPPED,
        accuracy=[0.3, 0.7],
        val_accuracy=[0.58, 0.57],
        more={"longest_history": run(val_accuracy=[0.58, 0.57, *flat(0.95, 20)]).record.history},
    )
    settings = {"epochs": 100, "early_stopping": {"monitor": "val_accuracy", "patience": 1}}
    _, found = suspected(settings, observed)
    assert [(each.code, each.kind) for each in found] == [("stopped-on-noise", "patience")]
