"""What a study says of tuning is read per variant, with every fault, and changes no run's identity."""

from __future__ import annotations

import pytest
from tests.study.conftest import BASE

from paribus.errors import StudyError
from paribus.study.early_end import Halving, Median
from paribus.study.study import Study
from paribus.study.to_dict import same_meaning, to_dict
from paribus.study.tuning import TuneRange

RATES = {"from": 1e-4, "to": 1, "scale": "log", "points": 5}


def study(tune=None, *, base=None, **variants):
    return Study(
        name="s",
        base={**BASE, **(base or {})},
        variants=variants or {"plain": {}, "other": {"batch_size": 8}},
        tune=tune,
    )


def fault(tune, **more):
    with pytest.raises(StudyError) as caught:
        study(tune, **more)
    return str(caught.value)


def test_every_variant_gets_what_the_study_tunes():
    found = study({"learning_rate": RATES, "on": "val_loss", "seeds": 3, "budget": 12}).tuned
    assert found["plain"] == found["other"]
    assert (found["plain"].budget, found["plain"].seeds, found["plain"].on) == (5, 3, "val_loss")
    assert found["plain"].settings["learning_rate"].grid == (0.0001, 0.001, 0.01, 0.1, 1.0)


def test_a_variant_may_tune_another_setting_too_or_nothing():
    momentum = {"optimizer.momentum": [0.0, 0.9]}
    shared = {"learning_rate": RATES, "search": "quasi_random", "budget": 8}
    found = study(shared, plain={}, heavy={"tune": momentum}, left={"tune": None}).tuned
    assert [*found["heavy"].settings] == ["learning_rate", "optimizer.momentum"]
    assert "left" not in found


def test_a_setting_that_counts_is_rounded_and_a_share_is_not():
    sizes = {"from": 8, "to": 64, "scale": "log", "points": 4}
    found = study({"batch_size": sizes, "label_smoothing": {"from": 0, "to": 0.5, "points": 2}}).tuned[
        "plain"
    ]
    assert found.settings["batch_size"].grid == (8, 16, 32, 64)
    assert found.settings["label_smoothing"].grid == (0.0, 0.5)


def test_without_a_metric_the_validation_score_decides():
    assert study({"learning_rate": RATES}).tuned["plain"].on == "val_accuracy"


@pytest.mark.parametrize(
    ("tune", "words"),
    [
        ({"learning_rate": {"from": -1, "to": 1}}, "above 0"),
        ({"learning_rat": RATES}, "Did you mean 'learning_rate'"),
        ({"learning_rate": {"from": 1, "to": 0.1}}, "is empty"),
        ({"learning_rate": {"from": 1}}, "lacks to"),
        ({"learning_rate": {"from": 0, "to": 1, "scale": "log"}}, "above 0"),
        ({"learning_rate": [0.1]}, "at least two"),
        ({"learning_rate": {"values": [1, 2], "from": 1}}, "at least two"),
        ({"on": "val_loss"}, "at least one setting"),
        ({"learning_rate": RATES, "on": "test_accuracy"}, "val_accuracy"),
        ({"learning_rate": RATES, "on": "val_f1_macro"}, "metrics: [f1_macro]"),
        ({"learning_rate": RATES, "budget": 3}, "The grid has 5 settings"),
        ({"learning_rate": RATES, "search": "quasi_random"}, "needs a budget"),
        ({"model": ["a", "b"], "model.dropout": [0.1, 0.2]}, "both tuned"),
        (["learning_rate"], "keys and values"),
        ({"learning_rate": RATES, "stop": "mediam"}, "Did you mean 'median'"),
        ({"learning_rate": RATES, "stop": 3}, "not a rule"),
        ({"learning_rate": RATES, "stop": {"median": {}, "halving": {}}}, "Give one rule"),
        ({"learning_rate": RATES, "stop": {"halving": {"factor": 3}}}, "Did you mean 'reduction_factor'"),
        ({"learning_rate": RATES, "stop": {"halving": {"reduction_factor": 1}}}, "a whole number from 2"),
        ({"learning_rate": RATES, "stop": {"halving": {"min_resource": 99}}}, "No try can end early"),
        ({"learning_rate": RATES, "stop": {"median": {"startup": 5}}}, "No try can end early"),
        ({"learning_rate": RATES, "stop": {"median": 3}}, "keys and values"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_once(tune, words):
    said = fault(tune)
    assert words in said
    assert said.count("tune") <= 3


def test_tuning_needs_validation_examples_of_its_own():
    assert "validation is 0" in fault({"learning_rate": RATES}, base={"validation": 0})
    assert "folds" in fault({"learning_rate": RATES}, base={"folds": 5})


def test_variants_with_unequal_budgets_are_refused():
    more = {"tune": {"optimizer.momentum": [0.0, 0.9]}}
    assert "gets 10 tries" in fault({"learning_rate": RATES}, plain={}, heavy=more)


def test_a_tuned_study_survives_being_written_and_read():
    tuned = study({"learning_rate": RATES, "batch_size": [8, 32], "budget": 10})
    assert Study.model_validate(tuned.model_dump(mode="json")) == tuned
    assert same_meaning(Study.model_validate(to_dict(tuned)), tuned)


def test_a_rule_by_its_name_has_numbers_that_follow_from_the_epochs():
    long = {"epochs": 20}
    median = study({"learning_rate": RATES, "stop": "median"}, base=long).tuned["plain"].stop
    assert median == Median(startup=4, warmup=5, interval=5)
    halving = study({"learning_rate": RATES, "stop": {"halving": None}}, base=long).tuned["plain"].stop
    assert halving == Halving(reduction_factor=3, min_resource=2)
    assert halving.checks(20) == (2, 6, 18)
    tuned = {"learning_rate": RATES, "epochs": [5, 40], "stop": "median"}
    assert study(tuned, base=long).tuned["plain"].stop.warmup == 10


def test_a_rule_survives_being_written_and_read():
    tuned = study({"learning_rate": RATES, "stop": {"halving": {"min_resource": 2}}}, base={"epochs": 20})
    assert Study.model_validate(tuned.model_dump(mode="json")) == tuned
    assert same_meaning(Study.model_validate(to_dict(tuned)), tuned)
    assert "stop" not in study({"learning_rate": RATES}).tuned["plain"].model_dump()


def test_variants_that_end_tries_by_other_rules_are_refused():
    other = {"tune": {"stop": "halving"}}
    said = fault({"learning_rate": RATES, "stop": "median"}, base={"epochs": 20}, plain={}, other=other)
    assert "and stop" in said


def test_tuning_is_no_part_of_a_configuration_and_leaves_older_studies_as_they_were():
    with_tuning, without = study({"learning_rate": RATES}), study()
    assert with_tuning.variants["plain"].configuration == without.variants["plain"].configuration
    assert "tune" not in without.variants["plain"].model_dump()


def test_a_share_of_a_range_is_a_ratio_or_a_difference():
    assert TuneRange(low=0.01, high=1, scale="log").at(0.5) == 0.1
    assert TuneRange(low=0, high=1).at(0.25) == 0.25
    assert TuneRange(values=("a", "b")).at(1.0) == "b"
