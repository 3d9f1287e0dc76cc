"""The rebuilt programs are studies with a complete truth, and are judged as docs/benchmark.md says."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.faults.__main__ import PAGE, read
from benchmarks.faults.judging import is_among, named, of_factor, settings
from benchmarks.faults.programs import FOLDER, HEALTHY, SPLITS, Program, programs
from benchmarks.faults.tables import TABLES, filled, precision, recall
from benchmarks.spoilt import HOW, spoilt

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.diagnosis import RunFindings
from paribus.data.embedded import stand_in
from paribus.study.reader import load

PROGRAMS = programs()
SETTINGS = {
    *("data", "validation", "scale", "loss", "batch_size", "epochs", "early_stopping"),
    *("kernel_initializer", "bias_initializer", "kernel_regularizer"),
    *(f"model.{each}" for each in ("activation", "output", "hidden", "dropout", "batch_normalization")),
    *(f"optimizer.{each}" for each in ("name", "learning_rate", "momentum", "clipnorm")),
}


def study(**changes: object):
    base = {
        "data": "mnist",
        "scale": "none",
        "model": {"hidden": [8]},
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
        "epochs": 5,
    }
    return load({"name": "s", "base": {**base, **changes}, "variants": {"program": {}}})


def finding(code: str, severity: Severity = Severity.WARNING, *factors: str, **more: object) -> Finding:
    return Finding(code, severity, ("program",), factors=factors, seeds=(0,), **more)


def found(*findings: Finding) -> RunFindings:
    return RunFindings(findings, {})


def test_every_program_has_its_study_and_its_truth():
    assert {each.study_file.name for each in PROGRAMS} == {
        path.name for path in (FOLDER / "cases").glob("*.yaml")
    }
    for each in PROGRAMS:
        assert each.source
        assert each.adapted
        assert bool(each.faults) == bool(each.cause) == (each.kind != HEALTHY)
        assert each.right <= SETTINGS, each.case
        assert each.images in {"clean", *HOW}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.case)
def test_a_program_and_its_repair_load(program: Program):
    read = load(program.study_file)
    assert list(read.variants) == ["program"]
    assert read.name == program.case
    if program.repair:
        repaired = settings(read, "program", program.repair)
        for fault in program.faults:
            assert fault[0] in repaired


def test_what_is_set_aside_is_enough_to_judge_by():
    assert {each.split for each in PROGRAMS} == set(SPLITS)
    set_aside = [each for each in PROGRAMS if each.split == "set-aside"]
    assert sum(len(each.faults) for each in set_aside) >= 30
    assert sum(each.kind == HEALTHY for each in set_aside) >= 10


def test_a_design_finding_names_the_settings_of_its_factors():
    unscaled = finding("unscaled-pixels", Severity.WARNING, "scale")
    told = finding("dose", Severity.INFO, "regularization")
    assert named(study(), [unscaled, told], found(), "program") == {"unscaled-pixels": {"scale"}}
    assert is_among(of_factor("stopping"), ["early_stopping"])
    assert not is_among(of_factor("stopping"), ["scale"])


def test_a_finding_about_runs_names_what_its_advice_or_its_ablation_would_change():
    vanishing = finding("vanishing", domain="diagnosis", evidence={"moved": 0.001})
    assert named(study(), (), found(vanishing), "program")["vanishing"] >= {"optimizer.learning_rate"}
    described = finding("vanishing", Severity.INFO, domain="diagnosis", evidence={"moved": 0.001})
    assert named(study(), (), found(described), "program") == {}


def test_a_finding_without_either_names_what_its_title_says():
    other = finding("test-differs", domain="diagnosis")
    assert named(study(), (), found(other), "program")["test-differs"] == {"data"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"scale": "unit"}, {"scale"}),
        ({"learning_rate": 0.5}, {"optimizer.learning_rate"}),
        ({"optimizer": {"momentum": 0.5}}, {"optimizer.momentum"}),
        ({"model": {"output": "sigmoid"}}, {"model.output"}),
        ({"model": {"activation": "tanh"}}, {"model.activation"}),
        ({"model": {"dropout": 0.5}}, {"model.dropout"}),
        ({"layers": {"hidden_1": {"kernel_initializer": "zeros"}}}, {"kernel_initializer"}),
        ({"epochs": 9}, {"epochs"}),
        ({"layers": {"hidden_9": {"units": 3}}}, set()),
    ],
)
def test_a_change_is_told_by_the_settings_that_differ(changes: dict[str, object], expected: set[str]):
    assert settings(study(), "program", changes) == expected


def test_recall_counts_faults_and_precision_named_settings():
    rows = [
        {"hit": 1, "faults": 2, "right": ["scale"], "wrong": ["loss"]},
        {"hit": 0, "faults": 0, "right": [], "wrong": ["epochs", "loss"]},
    ]
    assert recall(rows) == "0.50 (1 of 2)"
    assert precision(rows) == "0.25 (1 of 4)"


def test_the_page_says_what_was_measured():
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page, read()) == page, "run `python -m benchmarks.faults`"
    assert all(f"<!-- measured: {name} -->" in page for name in TABLES)


def test_images_and_labels_are_spoilt_as_they_are_told():
    digits = stand_in("mnist")
    images, labels = digits.x_train, digits.y_train
    counts = np.bincount(labels)
    changed = {how: spoilt(images, labels, how, 1) for how in HOW}
    assert counts.argmax() not in changed["commonest relabelled"][1]
    assert len(changed["overlapping"][1]) == len(labels) + counts.max()
    assert len(np.unique(changed["copies"][0], axis=0)) == len(images) // 5
    assert np.bincount(changed["mislabelled"][1], minlength=10)[4] == 0
    assert (changed["marked"][0][:, 0].reshape(len(labels), -1).argmax(axis=1) == 2 * labels).all()
    assert np.corrcoef(changed["buried"][0].ravel(), images.ravel())[0, 1] < 0.5
    uneven = labels[(labels != 3) | (np.arange(len(labels)) % 2 == 0)]
    assert np.bincount(spoilt(images[: len(uneven)], uneven, "rarer deleted", 1)[1])[3] < 0.1 * counts[3]
    assert np.bincount(changed["unbalanced"][1])[1] < 0.1 * counts[1]
    assert all(
        kept is given
        for kept, given in zip(spoilt(images, labels, "clean", 1), (images, labels), strict=True)
    )
