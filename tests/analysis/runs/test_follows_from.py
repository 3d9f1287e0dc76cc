"""What follows from another finding stands after it, and does not repeat its text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.analysis import made_runs
from tests.analysis.made_runs import (
    ALIVE,
    DECAYING,
    LARGE,
    LAST,
    LOST,
    POOR,
    configured,
    flat,
    hidden,
    measured,
    probe,
    run,
    study,
)

from paribus.analysis.runs.diagnosis import diagnose
from paribus.report.findings import sentences

L1 = {"kernel_regularizer": {"l1": 0.01}}


def test_a_penalty_stands_before_what_follows_from_it():
    shrunk = measured({}, hidden(weight=2.0)).probes
    plain = configured(L1, run(**POOR, penalty=flat(0.01), more={"probes": shrunk}))
    treatment = study().variants["treatment"].configuration
    runs = {("plain", 0): plain, ("treatment", 0): run(configuration=treatment)}
    found = [each for each in diagnose(study(), runs).findings if each.variants == ("plain",)]
    codes = [each.code for each in found]
    assert codes.index("penalty-limits") < codes.index("underfitting")
    (follows,) = (each for each in found if each.code == "underfitting")
    assert follows.follows_from.code == "penalty-limits"


@pytest.mark.parametrize("settings", [DECAYING, LARGE])
def test_the_text_of_a_root_is_told_once(settings):
    lost = configured(settings, measured({"data_loss": 30.0}, {}, learned=False))
    found = diagnose(study(), {("plain", 0): lost}).findings
    following = [each for each in found if each.follows_from]
    assert following
    for each in following:
        root = each.follows_from
        told = " ".join(sentences(each))
        assert str(root.why).split(".")[0] not in told
        assert str(root.title) in told
        assert told.count(str(root.title)) == 1


def test_a_neglected_class_names_no_other_cause_where_it_follows_from_a_root():
    more = {"labels": made_runs.LABELS, "predicted": (1000, *[1125] * 8, 0)}
    alone = run(**POOR, test=0.8, more=more)
    wide = diagnose(study(), {("plain", 0): alone}).of("plain")["neglected-class"]
    assert "few" in str(wide.cause)
    decaying = configured(DECAYING, replace(alone))
    follows = diagnose(study(), {("plain", 0): decaying}).of("plain")["neglected-class"]
    assert follows.follows_from.code == "strong-decay"
    assert "Its training images" not in " ".join(sentences(follows))
    assert "as class 9," in str(follows.why)


def test_several_neglected_classes_are_classes():
    more = {"labels": made_runs.LABELS, "predicted": (0, *[1250] * 8, 0)}
    found = diagnose(study(), {("plain", 0): run(test=0.8, more=more)}).of("plain")
    assert "as classes 0 and 9," in str(found["neglected-class"].why)


def test_a_finding_without_numbers_names_no_seed_that_they_are_of():
    lost = {
        ("plain", seed): replace(
            measured({}, {}, learned=False, configuration=made_runs.unscaled(), seed=seed)
        )
        for seed in range(3)
    }
    finding = diagnose(study(), lost).of("plain")["unscaled-input"]
    assert str(finding.why).endswith("Found in 3 of 3 runs.")


def test_a_gradient_lost_with_a_silent_layer_follows_from_it_and_that_from_the_update_before():
    first, jump, silent = (
        probe(0, output=replace(LAST, ratio=300.0)),
        probe(1, data_loss=50.0),
        {"data_loss": 50.0, "hidden_1": replace(ALIVE, active=0.0, gradient=0.0)},
    )
    dying = (first, jump, *(probe(step, epoch=1, **silent) for step in (2, 4)))
    lost = run(**LOST, more={"probes": dying})
    found = diagnose(study(), {("plain", 0): lost}).of("plain")
    assert found["zero-gradient"].follows_from.code == "silent-layer"
    assert found["silent-layer"].follows_from.code == "exploding"
    assert found["exploding"].follows_from is None


def test_units_that_start_as_copies_do_not_follow_from_a_gradient_of_zero():
    same = {"hidden_1": replace(ALIVE, gradient=0.0, identical=1.0)}
    lost = run(**LOST, more={"probes": (probe(0, **same), probe(1, **same), probe(2, **same))})
    found = diagnose(study(), {("plain", 0): lost}).of("plain")
    assert found["zero-gradient"].placeholders["moment"] == "start"
    assert found["identical-units"].follows_from is None
    assert "start with the same weights" in str(found["identical-units"].cause)
