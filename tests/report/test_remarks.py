"""Remarks say what findings and answers say, with their numbers, and no more."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.analysis.made_runs import answering, flat, rising, run, stopping, swinging
from tests.analysis.made_studies import clean

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.answering import comparisons
from paribus.analysis.questions.verdict import Failures
from paribus.analysis.runs.diagnosis import diagnose
from paribus.record.records import Records
from paribus.record.run import Status
from paribus.report.remark import About
from paribus.report.remarks import remarks
from paribus.study.reader import load


def remarked(study, known):
    """All remarks of a study with these runs, by what they are about."""
    records = {key: each.record for key, each in known.items()}
    found = remarks(study, known, diagnose(study, known), comparisons(study, Records(records)))
    return {(each.about, *each.names): str(each) for each in found}


def known(**curves):
    """Three runs of each of two variants; the treatment's curves are given."""
    return {
        (name, seed): run(
            seed=seed,
            configuration=clean().variants[name].configuration,
            accuracy=rising(0.99),
            test=0.96 + 0.001 * seed + (0.02 + 0.0001 * seed if name == "treatment" else 0),
            **{"val_accuracy": rising(0.96), **(curves if name == "treatment" else {})},
        )
        for name in ("plain", "treatment")
        for seed in range(3)
    }


def test_a_variant_is_told_with_its_course_convergence_gap_and_test():
    told = remarked(clean(), known())[About.VARIANT, "plain"]
    assert "Training accuracy goes from 80.00% in the first epoch to 99.00% at the end" in told
    assert re.search(r"Validation accuracy converges near epoch \d+", told)
    assert "3.00 percentage points, which is moderate" in told
    assert "Test accuracy is 96.10% (mean of 3 runs, 95% CI over new seeds 95.85–96.35%)" in told


def test_means_are_said_to_be_means_of_how_many_runs():
    told = remarked(clean(), known())[About.VARIANT, "plain"]
    first, _, rest = told.partition(" The numbers below are means of 3 runs, unless a seed is given. ")
    assert first.startswith("Test accuracy is 96.10% (mean of 3 runs")
    assert "3.00 percentage points, which is moderate (2 to 5)." in rest
    assert "eans of" not in rest
    one = {key: each for key, each in known().items() if key[1] == 0}
    assert "eans of" not in remarked(clean(), one)[About.VARIANT, "plain"]


def test_a_late_gain_is_told_as_a_difference_of_two_means():
    told = remarked(clean(), known(val_accuracy=[0.8 + 0.005 * epoch for epoch in range(30)]))
    of_two = r"mean validation accuracy of the last (\d+) epochs is .* points above that of the \1 before"
    assert re.search(of_two, told[About.VARIANT, "treatment"])


def test_the_study_names_in_how_many_runs_a_variant_swings():
    runs = known()
    for seed in (1, 2):
        runs["treatment", seed] = known(val_accuracy=swinging(0.95, 0.02))["treatment", seed]
    assert "examples: variant treatment (2 of 3 runs)." in remarked(clean(), runs)[About.STUDY, "study"]


def test_runs_that_all_diverged_are_not_one_seed():
    lost = {
        key: run(
            seed=key[1],
            configuration=each.configuration,
            status=Status.DIVERGED,
            data_loss=[float("nan")],
        )
        for key, each in known().items()
    }
    assert "one seed" not in remarked(clean(), lost)[About.STUDY, "study"]


def test_one_run_has_the_interval_of_its_images_and_says_so():
    one = {key: each for key, each in known().items() if key[1] == 0}
    told = remarked(clean(), one)[About.VARIANT, "plain"]
    expected = "The expected accuracy of this network on new images of this kind is "
    assert f"(one run, 10,000 test images). {expected}" in told
    assert "Other seeds are not covered." in told


def test_a_network_that_did_not_learn_is_told_by_its_cause_and_not_by_its_curves():
    told = remarked(clean(), {("plain", 0): answering(0)})[About.VARIANT, "plain"]
    assert 'The model predicts "1" for every example' in told
    assert "1,135 test examples" in told
    for word in ("converge", "gap", "underfit", "overfit", "Training accuracy"):
        assert word not in told


def mixed():
    """Three runs that learned, and two that predict one class."""
    learned = {key: each for key, each in known().items() if key[0] == "plain"}
    return learned | {("plain", seed): answering(0) for seed in (3, 4)}


def test_dead_and_living_runs_are_not_averaged():
    told = remarked(clean(), mixed())
    variant = told[About.VARIANT, "plain"]
    assert "(Found in 2 of the 2 runs that could be judged, of 5; numbers from seed 3.)" in variant
    assert "What follows is about the 3 of 5 runs that learned. Test accuracy is 96.10% (mean of 3" in variant
    assert "Training accuracy goes from 80.00%" in variant
    assert "Test accuracy of the 2 of 5 runs that did not learn: 11.35–11.35%" in variant
    assert "Highest mean" not in told[About.STUDY, "study"]


def test_an_interval_of_shares_stays_among_them():
    runs = {
        ("plain", seed): run(seed=seed, accuracy=rising(0.99), test=test)
        for seed, test in enumerate((0.99, 0.7, 0.999))
    }
    told = remarked(clean(), runs)[About.VARIANT, "plain"]
    assert re.search(r"new seeds [\d.]+–100\.00%", told)


def test_a_remark_with_one_run_s_numbers_says_whose_they_are():
    runs = {
        ("plain", seed): run(
            seed=seed,
            status=Status.EARLY_STOPPED,
            configuration=stopping(monitor="val_loss", patience=3),
            val_data_loss=[*flat(0.5, epochs), *flat(0.6, 3)],
        )
        for seed, epochs in enumerate((4, 6, 9))
    }
    told = remarked(clean(), runs)[About.VARIANT, "plain"]
    assert "3 runs stopped early" in told
    assert "numbers from seed" in told


def test_the_course_ends_with_the_weights_that_were_kept():
    restored = stopping(monitor="val_loss", restore_best_weights=True)
    kept = run(accuracy=rising(0.99), configuration=restored, kept_epoch=5)
    assert (
        "in the epoch whose weights were kept"
        in remarked(clean(), {("plain", 0): kept})[About.VARIANT, "plain"]
    )


def test_a_question_has_its_verdict_and_what_the_findings_add():
    told = remarked(clean(), known(val_accuracy=swinging(0.96, 0.01)))[About.QUESTION, "treatment", "plain"]
    answer = comparisons(clean(), Records({key: each.record for key, each in known().items()}))[0]
    assert told.startswith(str(answer.sentence))
    assert "Variant treatment swings" in told


@pytest.mark.parametrize(("rising_still", "told"), [(1, False), (2, True)])
def test_a_variant_has_not_converged_where_most_of_its_runs_have_not(rising_still, told):
    runs = known()
    longer = known(val_accuracy=[0.9 + 0.002 * epoch for epoch in range(30)])
    runs |= {("treatment", seed): longer["treatment", seed] for seed in range(rising_still)}
    said = remarked(clean(), runs)[About.QUESTION, "treatment", "plain"]
    assert ("only variant treatment has not converged" in said) == told
    assert not ("has not converged" in said and "converges near" in said)


def test_nothing_is_called_better_without_a_verdict():
    one = {key: each for key, each in known().items() if key[1] == 0}
    for (about, *_), told in remarked(clean(), one).items():
        if about is not About.QUESTION:
            assert "better" not in told.lower()


def test_the_study_counts_its_verdicts():
    told = remarked(clean(), known())[About.STUDY, "study"]
    assert "One question was asked: 1 better" in told
    assert "Highest mean test accuracy on mnist: variant treatment (" in told


def test_a_numbered_study_has_a_conclusion_for_each_exercise():
    study = load("lab2")
    runs = {
        (name, seed): run(
            seed=seed, configuration=study.variants[name].configuration, val_accuracy=rising(0.96)
        )
        for name in ("1", "2", "4b", "4c")
        for seed in range(2)
    }
    found = remarked(study, runs)
    assert {key[1] for key in found if key[0] is About.EXERCISE} == {"1", "2", "4"}
    assert found[About.EXERCISE, "1"].startswith("No question asks about variant 1: others are compared")
    assert "Test accuracy is" in found[About.EXERCISE, "1"]
    assert "Variant 4b vs 4c: undecided." in found[About.EXERCISE, "4"]
    assert "cannot be attributed to one factor. Also different: regularization" in found[About.EXERCISE, "4"]


def lab_runs(names, seeds=3, **more):
    """Runs of some variants of the lab, each with what `more` gives it."""
    study = load("lab2")
    return study, {
        (name, seed): run(
            seed=seed,
            configuration=study.variants[name].configuration,
            test=0.96 + 0.001 * seed * place,
            **more.get(f"v{name}", {}),
        )
        for place, name in enumerate(names, start=1)
        for seed in range(seeds)
    }


def test_a_conclusion_has_the_difference_its_interval_and_the_seeds_ahead():
    study, runs = lab_runs(("1", "2", "4a"))
    told = remarked(study, runs)
    assert re.search(
        r"Variant 2 vs 1: undecided, .* percentage points .*95% CI .*, better at 2 of 3",
        told[About.EXERCISE, "2"],
    )
    assert "Confounded" in told[About.EXERCISE, "4"]


def test_a_variant_that_never_trained_is_concluded_with_chance_and_cause():
    study, runs = lab_runs(("1",))
    lost = {("3a", seed): answering(0) for seed in range(3)}
    compared = comparisons(study, Records({key: each.record for key, each in (runs | lost).items()}))
    both = [each for each in compared if each.treatment == "3a"]
    rates = {"treatment": FailureRate(3, 3), "reference": FailureRate(0, 3), "only": (3, 0), "p_value": 0.25}
    failed = [replace(each, failures=Failures(**rates)) for each in both]
    found = remarks(study, runs | lost, diagnose(study, runs | lost), failed)
    (told,) = [str(each) for each in found if each.names == ("3",)]
    assert told.startswith("Variant 3a failed to train in all 3 runs: test accuracy is 11.35%.")
    assert "Always predicting the most common class gives 11.35%." in told


def test_a_question_says_how_long_each_side_trained_and_that_nothing_was_stopped():
    long = {"val_accuracy": flat(0.95, 100)}
    study, runs = lab_runs(("5", "6"), v6=long)
    told = remarked(study, runs)[About.QUESTION, "6", "5"]
    assert "Variant 6 trained for 100 epochs, variant 5 for 30." in told
    assert "Early stopping did not trigger in any of 3 runs of variant 6" in told
    assert (
        "did not trigger in any of 3 runs, which reached epoch 100"
        in remarked(study, runs)[About.VARIANT, "6"]
    )


def test_epochs_that_only_keep_the_number_of_updates_are_no_difference_in_length():
    study = clean({"train_size": 5_400, "epochs": 100})
    runs = known()
    for name, seed in runs:
        longer = study.variants[name].configuration
        epochs = {"accuracy": rising(0.99, longer.epochs), "val_accuracy": rising(0.96, longer.epochs)}
        runs[name, seed] = run(seed=seed, configuration=longer, **epochs)
    told = remarked(study, runs).get((About.QUESTION, "treatment", "plain"), "")
    assert "effect of training length" not in told


def test_one_run_that_failed_does_not_make_a_variant_one_that_failed_to_train():
    study, runs = lab_runs(("1", "2"))
    lost = dict.fromkeys([("2", 0)], answering(0))
    told = remarked(study, runs | lost)
    assert not any("says nothing about a working version" in each for each in told.values())
    assert "that did not learn: 11.35%." in told[About.VARIANT, "2"]
    lost = {("2", seed): answering(0) for seed in range(3)}
    assert any("says nothing about a working" in each for each in remarked(study, runs | lost).values())


def test_a_question_on_l2_says_what_it_does_to_the_loss_and_to_a_weight():
    study, runs = lab_runs(("1", "2"), v2={"val_data_loss": flat(0.06)})
    told = remarked(study, runs)[About.QUESTION, "2", "1"]
    assert "0.06 in variant 2 and 0.08 in variant 1: lower in variant 2 at 3 of 3 seeds" in told
    assert "L2 alone leaves 7.9% of an initial weight by the end of variant 2." in told


def test_a_question_says_how_much_validation_accuracy_changes_from_epoch_to_epoch():
    study, runs = lab_runs(
        ("2", "5"), v5={"val_accuracy": [0.95, 0.97] * 15}, v2={"val_accuracy": [0.95, 0.951] * 15}
    )
    told = remarked(study, runs)[About.QUESTION, "5", "2"]
    assert "moves up or down by 2.00 percentage points per epoch on average in variant 5, and by 0.10" in told


def test_a_study_with_other_names_has_none():
    assert not [key for key in remarked(clean(), known()) if key[0] is About.EXERCISE]


def test_without_runs_there_is_nothing_to_say():
    assert remarked(clean(), {}) == {}


@pytest.mark.parametrize("status", [Status.DIVERGED, Status.FAILED, Status.RUNNING])
def test_runs_that_did_not_end_are_counted(status):
    runs = {("plain", 0): run(accuracy=flat(0.9)), ("plain", 1): run(status=status, accuracy=flat(0.9))}
    assert "1 of 2 runs completed" in remarked(clean(), runs)[About.VARIANT, "plain"]


@pytest.mark.parametrize("status", [Status.RUNNING, Status.INTERRUPTED])
def test_while_no_run_has_ended_the_study_says_so_and_not_that_nothing_went_wrong(status):
    told = remarked(clean(), {("plain", 0): run(status=status, accuracy=flat(0.9))})[About.STUDY, "study"]
    assert "No run has finished yet" in told
    assert "went wrong" not in told


def test_no_remark_has_a_hole_in_it():
    for told in remarked(clean(), known(val_accuracy=swinging(0.9, 0.03))).values():
        assert not re.search(r"[{}]|nan|None|Words|  |\s[.,]", told), told
