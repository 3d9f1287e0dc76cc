"""From runs to a comparison: which seeds are paired, what is said where some are missing, in which words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from paribus.analysis.questions.answering import compare, comparisons
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.statistics import paired, standard_error
from paribus.analysis.questions.verdict import Verdict
from paribus.record.folder import RunFolder, Trained
from paribus.record.records import Records
from paribus.record.run import Result, Status
from paribus.study.model import Question
from paribus.study.reader import load
from paribus.texts import language

ASKED = {"treatment": "l2", "reference": "plain"}
GOOD, BASE = [0.978, 0.980, 0.979, 0.981, 0.977], [0.961, 0.963, 0.960, 0.965, 0.962]


def runs(made, name, accuracies, **fields):
    """A finished run a seed, with the given test accuracies."""
    return {
        (name, seed): made.run(made.history(2), seed=seed, test=accuracy, **fields)
        for seed, accuracy in enumerate(accuracies)
    }


def compared(made, treatment, reference, *, margin=None, metric="test_accuracy"):
    study = made.study(questions=[{**ASKED, "metric": metric}], margin=margin)
    both = runs(made, "plain", reference) | runs(made, "l2", treatment)
    return comparisons(study, Records(both))[0]


def predicted(folder, record, right, labels):
    """The run with outputs on the test images that are right where they are said to be."""
    predicted = np.where(right, labels, (labels + 1) % 10)
    outputs = np.full((len(labels), 10), 0.05, np.float32)
    outputs[np.arange(len(labels)), predicted] = 0.8
    home = RunFolder(folder / record.spec.digest[:16])
    home.start(record.spec, {})
    scores = {"accuracy": float(np.mean(right)), "loss": 0.1, "data_loss": 0.1}
    home.finish(Result(Status.FINISHED, 2, 2, scores), Trained({}, outputs, labels.astype(np.uint8)))
    result = Result(Status.FINISHED, 2, 2, scores)
    return replace(record, folder=home.path, result=result)


@pytest.fixture
def tested(made, tmp_path):
    """Three seeds of two variants with predictions on 200 images, of which the second gets more right."""
    draw = np.random.default_rng(5)
    labels = draw.integers(0, 10, 200)
    hard = draw.uniform(0.6, 0.9, 200)
    study = made.study(questions=[ASKED, {**ASKED, "metric": "test_brier"}])
    records = {}
    for name, extra in (("plain", 0.0), ("l2", 0.08)):
        for seed in range(3):
            run = made.run(made.history(2), seed=seed, configuration=study.variants[name].configuration)
            right = draw.uniform(size=200) < hard + extra
            records[name, seed] = predicted(tmp_path, run, right, labels)
    return study, records


def test_runs_are_paired_by_seed(made):
    found = compared(made, GOOD, BASE)
    expected = stats.ttest_rel(GOOD, BASE)
    assert found.seeds == (0, 1, 2, 3, 4)
    assert found.difference == pytest.approx(np.mean(GOOD) - np.mean(BASE))
    assert found.paired.p_t == pytest.approx(expected.pvalue)
    assert found.paired.t_interval == pytest.approx(tuple(expected.confidence_interval()))
    assert found.p_value == found.p_adjusted > expected.pvalue
    assert found.verdict is Verdict.BETTER
    assert found.procedure == "fixed"


def test_the_other_way_round_it_is_worse(made):
    assert compared(made, BASE, GOOD).verdict is Verdict.WORSE


@pytest.mark.parametrize("metric", ["test_loss", "test_data_loss"])
def test_a_lower_loss_is_better(made, metric):
    study = made.study(questions=[{**ASKED, "metric": metric}], margin=0.5)
    records = runs(made, "plain", BASE) | runs(made, "l2", GOOD)
    for (name, seed), run in records.items():
        test = dict.fromkeys(("loss", "data_loss"), (0.1 if name == "l2" else 0.2) + seed**2 / 1000)
        factor = 1.01 if name == "l2" else 1
        test = {key: value * factor for key, value in test.items()}
        records[name, seed] = replace(run, result=replace(run.result, test=test))
    found = comparisons(study, Records(records))[0]
    assert found.verdict is Verdict.BETTER
    assert found.margin is None  # the study's is one of accuracies


def test_few_seeds_and_much_luck_leave_it_open(made):
    found = compared(made, [0.962, 0.959, 0.964], [0.961, 0.963, 0.960], margin=0.001)
    assert found.verdict is Verdict.UNDECIDED
    assert "Undecided." in str(found.sentence)
    assert "not evidence that two variants are equal" in str(found.notes[-1])


def test_a_difference_shown_to_be_below_the_margin_is_equivalence(made):
    found = compared(made, [0.9611, 0.9629, 0.9601, 0.9649, 0.9620], BASE, margin=0.005)
    assert found.verdict is Verdict.EQUIVALENT
    assert "No difference is shown" in str(found.sentence)
    assert "0.50 percentage points" in str(found.sentence)


def test_a_difference_that_exists_but_is_below_the_margin_is_said_to_exist(made):
    found = compared(made, [each + 0.001 + seed / 1e5 for seed, each in enumerate(BASE)], BASE, margin=0.005)
    assert found.is_different
    assert found.verdict is Verdict.EQUIVALENT
    assert "The variants do differ" in str(found.sentence)


def test_without_a_margin_the_same_difference_counts(made):
    found = compared(made, [each + 0.001 + seed / 1e5 for seed, each in enumerate(BASE)], BASE)
    assert found.verdict is Verdict.BETTER


@pytest.mark.parametrize(
    ("more", "verdict", "words"),
    [
        (0.0, "undecided", "exactly the same"),
        (0.01, "undecided", "+1.00 percentage points for each of 5 seeds"),
    ],
)
def test_differences_that_never_vary_are_tested_exactly(made, more, verdict, words):
    found = compared(made, [each + more for each in BASE], BASE)
    assert found.verdict == verdict
    assert words in str(found.sentence)


@pytest.mark.parametrize(("more", "verdict"), [(0.01, "better"), (-0.01, "worse")])
def test_six_seeds_that_all_differ_alike_suffice_for_the_exact_test(made, more, verdict):
    base = [*BASE, 0.964]
    found = compared(made, [each + more for each in base], base)
    assert (found.verdict, found.p_value) == (verdict, 2 / 2**6)
    assert "exact sign-flip test" in str(found.sentence)


def test_six_seeds_that_differ_alike_by_less_than_the_margin_are_equivalent(made):
    base = [*BASE, 0.964]
    found = compared(made, [each + 0.001 for each in base], base, margin=0.005)
    assert found.verdict is Verdict.EQUIVALENT


def test_two_seeds_give_no_verdict(made):
    found = compared(made, [0.98, 0.981], [0.96, 0.9611])
    assert found.verdict is Verdict.UNDECIDED
    assert "at least three" in str(found.sentence)


def test_a_variant_that_is_its_reference_is_identical(made):
    study = made.study(questions=[ASKED])
    same = study.variants["plain"].model_copy(update={"name": "l2"})
    study = study.model_copy(update={"variants": {**study.variants, "l2": same}})
    found = comparisons(study, Records(runs(made, "plain", BASE) | runs(made, "l2", BASE)))[0]
    assert found.verdict is Verdict.IDENTICAL
    assert "the same configuration" in str(found.sentence)


def test_where_the_t_test_alone_would_claim_it_nothing_is_decided_and_that_is_said(made):
    """Three seeds whose t lies between Student's limit and the one that skewed differences ask for."""
    found = compared(made, [0.9635, 0.9672, 0.9667], [0.961, 0.963, 0.9614])
    assert found.p_t_adjusted <= 0.05 < found.p_adjusted
    assert found.verdict is Verdict.UNDECIDED
    assert found.is_open_for_skew
    told = str(found.cautions[0])
    assert "3 seeds cannot rule out skewed differences" in told
    assert "The stricter test used here gives adjusted p = 0.07" in told


def test_where_new_images_leave_it_open_skewed_differences_are_not_blamed():
    numbers = Comparison(
        Question.model_validate(ASKED), (0, 1, 2), (0.965, 0.96), paired([0.963, 0.966, 0.965], [0.96] * 3)
    )
    numbers = replace(numbers, p_adjusted=0.3, p_t_adjusted=0.04, p_normal_adjusted=0.06)
    assert numbers.t_test_alone
    assert not numbers.is_open_for_skew
    told = str(numbers.cautions[0])
    assert "covers no new test examples. The stricter test used here gives adjusted p = 0.30." in told


def test_a_dose_of_l2_is_told_by_the_epochs_that_ran(made):
    """7c may train for 100 epochs and was stopped after 40 and 44, so that its dose is 22.4 times 7b's."""
    study = load("lab2")
    epochs = {("7b", 0): 30, ("7b", 1): 30, ("7c", 0): 40, ("7c", 1): 44}
    records = {
        (name, seed): made.run(
            made.history(ran), seed=seed, test=0.4, configuration=study.variants[name].configuration
        )
        for (name, seed), ran in epochs.items()
    }
    asked = Question(treatment="7c", reference="7b")
    found = {each.factor: each.ratio for each in compare(study, Records(records), asked).confounds}
    assert found["l2_dose"] == pytest.approx(16 * 42 / 30, rel=1e-2)
    assert Records(records).mean_epochs == {"7b": 30, "7c": 42}


def test_the_number_of_runs_does_not_run_into_the_name_of_a_variant(made):
    both = runs(made, "plain", BASE) | runs(made, "l2", GOOD)
    records = diverged(made, both, "l2", *range(5))
    with language("vi"):
        told = str(comparisons(made.study(questions=[ASKED]), Records(records))[0].sentence)
    assert "5/5 lần ở biến thể l2" in told
    assert "0/5 lần ở biến thể plain" in told


def test_new_images_count_in_the_p_of_normal_differences(tested):
    study, records = tested
    found = comparisons(study, Records(records))[0]
    assert found.image_interval is not None
    error = standard_error(found.paired.differences, found.image_interval.variance)
    expected = 2 * stats.t.sf(abs(found.difference) / error.value, error.freedom)
    assert found.paired.p_normal == pytest.approx(expected)
    assert found.p_normal_adjusted == pytest.approx(min(1, 2 * expected))
    assert found.paired.p_t < found.paired.p_normal < found.p_value


def test_a_run_that_is_missing_is_left_out_with_its_seed_and_said(made):
    study = made.study(questions=[ASKED])
    records = runs(made, "plain", BASE) | runs(made, "l2", GOOD)
    del records["plain", 4]
    found = comparisons(study, Records(records))[0]
    assert found.seeds == (0, 1, 2, 3)
    assert [(each.variant, each.seed, each.why) for each in found.excluded] == [("plain", 4, "not-run")]
    assert "plain at seed 4 (not run)" in str(found)


def diverged(made, records, name, *seeds):
    """The same records, of which some diverged."""
    return records | {
        (name, seed): made.run(made.history(2), seed=seed, status=Status.DIVERGED) for seed in seeds
    }


def test_runs_that_trained_decide_nothing_where_others_failed(made):
    study = made.study(questions=[ASKED], margin=0.005)
    records = diverged(made, runs(made, "plain", BASE) | runs(made, "l2", GOOD), "l2", 1, 3)
    found = comparisons(study, Records(records))[0]
    assert found.seeds == (0, 2, 4)
    assert found.difference == pytest.approx(np.mean(np.subtract(GOOD, BASE)[[0, 2, 4]]))
    assert found.verdict is Verdict.UNDECIDED
    told = "variant l2 in 2 of 5 runs (95% CI for the failure rate at new seeds: 5–85%)"
    assert f"because runs failed to train: {told}" in str(found.sentence)
    assert found.failures.p_value == pytest.approx(stats.binomtest(2, 2).pvalue)


def test_a_variant_that_fails_often_enough_is_less_reliable(made):
    base = [0.96 + seed / 1e4 for seed in range(12)]
    records = diverged(made, runs(made, "plain", base) | runs(made, "l2", base), "l2", *range(7))
    found = comparisons(made.study(questions=[ASKED]), Records(records))[0]
    assert found.failures.p_adjusted == pytest.approx(2 / 2**7)
    assert found.verdict is Verdict.LESS_RELIABLE
    assert "failed to train more often" in str(found.sentence)
    turned = made.study(questions=[{"treatment": "plain", "reference": "l2"}])
    assert comparisons(turned, Records(records))[0].verdict is Verdict.MORE_RELIABLE


@pytest.mark.parametrize("seeds", [1, 5])
def test_a_variant_that_never_trains_has_failed_also_with_one_seed(made, seeds):
    both = runs(made, "plain", BASE[:seeds]) | runs(made, "l2", GOOD[:seeds])
    records = diverged(made, both, "l2", *range(seeds))
    found = comparisons(made.study(questions=[ASKED]), Records(records))[0]
    assert found.verdict is Verdict.FAILED
    assert f"variant l2 in {seeds} of {seeds} runs;" in str(found.sentence)


def test_a_variant_that_always_predicts_one_class_has_failed_and_its_difference_is_shown(tested, tmp_path):
    study, records = tested
    labels = RunFolder(records["plain", 0].folder).predictions()[1]
    for seed in range(3):
        right = labels == 7
        records["l2", seed] = constant(tmp_path / "constant", records["l2", seed], right, labels)
    found = comparisons(study, Records(records))[0]
    assert found.verdict is Verdict.FAILED
    assert found.difference < -0.5
    assert not found.excluded  # the failed runs are what is compared


def constant(folder, record, right, labels):
    """The run with class 7 predicted for every image."""
    outputs = np.full((len(labels), 10), 0.05, np.float32)
    outputs[:, 7] = 0.8
    scores = {"accuracy": float(np.mean(right)), "loss": 0.1, "data_loss": 0.1}
    result = Result(Status.FINISHED, 2, 2, scores)
    home = RunFolder(folder / record.spec.digest[:16])
    home.start(record.spec, {})
    home.finish(result, Trained({}, outputs, labels.astype(np.uint8)))
    return replace(record, folder=home.path, result=result)


def test_without_runs_nothing_is_compared(made):
    found = comparisons(made.study(questions=[ASKED]), Records())[0]
    assert (found.seeds, found.means, found.difference, found.notes) == ((), None, None, ())
    assert found.verdict is Verdict.UNDECIDED
    assert "Undecided." in str(found.sentence)


def test_p_values_are_adjusted_over_the_questions_that_were_asked_for(made):
    names = ["plain", "l2", "third", "later"]
    study = made.study(names, questions=[{"treatment": name, "reference": "plain"} for name in names[1:]])
    third = [0.9655, 0.9630, 0.9640, 0.9660, 0.9650]
    records = runs(made, "plain", BASE) | runs(made, "l2", GOOD) | runs(made, "third", third)
    found = comparisons(study, Records(records))
    p_values = [stats.ttest_rel(each, BASE).pvalue for each in (GOOD, third)]
    expected = multipletests(p_values, method="holm")[1]
    assert [each.p_t_adjusted for each in found] == [*map(pytest.approx, expected), None]
    assert [each.family for each in found] == [2, 2, 1]


def test_a_question_of_the_studys_is_one_among_them_and_another_is_one_more(made):
    study = made.study(["plain", "l2", "third"], questions=[{**ASKED, "ask": "Does L2 help?"}])
    records = runs(made, "plain", BASE) | runs(made, "l2", GOOD) | runs(made, "third", GOOD[::-1])
    declared = compare(study, Records(records), Question(treatment="l2", reference="plain"))
    other = compare(study, Records(records), Question(treatment="third", reference="plain"))
    assert (declared.family, declared.is_planned) == (1, True)
    assert (other.family, other.is_planned) == (2, False)
    assert "does not declare this question" in str(other)


def test_one_seed_compares_two_networks_and_says_that_it_does(tested):
    study, records = tested
    found = comparisons(study, Records({key: run for key, run in records.items() if key[1] == 0}))[0]
    accuracies = [records[name, 0].result.test["accuracy"] for name in ("l2", "plain")]
    assert found.verdict is Verdict.UNDECIDED
    only = found.networks.mcnemar
    assert (only.only_treatment - only.only_reference) / 200 == pytest.approx(accuracies[0] - accuracies[1])
    assert found.networks.treatment[0] < accuracies[0] < found.networks.treatment[1]
    assert "only one seed has run" in str(found.sentence)
    assert "compares two trained networks, not the technique" in str(found.cautions[0])


def test_several_seeds_say_what_each_interval_covers(tested):
    study, records = tested
    found = comparisons(study, Records(records))[0]
    assert found.networks is None
    assert found.image_interval.variance.images == 200
    low, high = found.image_interval.interval
    assert found.interval[0] < low < found.difference < high < found.interval[1]
    assert "new seeds and new test examples like the 200 used" in str(found.further[0])
    assert (
        str(found.corrected_sentence)
        == "Corrected for 2 questions, the CI is −19.49 to +29.49. It includes 0."
    )


def test_the_brier_score_is_computed_from_the_kept_outputs(tested):
    study, records = tested
    found = comparisons(study, Records(records))[1]
    right, wrong = 0.2**2 + 9 * 0.05**2, 0.8**2 + 0.95**2 + 8 * 0.05**2
    share = np.mean([tested[1]["l2", seed].result.test["accuracy"] for seed in range(3)])
    assert found.means[0] == pytest.approx(share * right + (1 - share) * wrong)
    assert found.difference < 0


def test_outputs_that_are_not_what_was_written_are_never_believed(tested):
    study, records = tested
    path = records["l2", 1].folder / "predictions.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    accuracy, score = comparisons(study, Records(records))
    assert accuracy.seeds == (0, 1, 2)
    assert accuracy.image_interval is None
    assert score.seeds == (0, 2)
    assert [(each.variant, each.seed, each.why) for each in score.excluded] == [("l2", 1, "no-predictions")]


def test_networks_tested_on_different_images_are_not_paired_by_image(tested):
    study, records = tested
    other = records["l2", 0].data.model_copy(update={"sha256": "07" * 32})
    records = {key: replace(run, data=other) if key[0] == "l2" else run for key, run in records.items()}
    assert comparisons(study, Records(records))[0].image_interval is None


def test_predictions_of_unlike_many_images_are_not_paired_by_image(tested, tmp_path):
    study, records = tested
    right = np.arange(150) % 5 > 0
    fewer = predicted(tmp_path, records["l2", 1], right, np.arange(150) % 10)
    records = {**records, ("l2", 1): fewer}
    accuracy, score = comparisons(study, Records(records))
    assert accuracy.is_answered
    assert score.is_answered


def test_what_else_differs_is_named(made):
    study = made.study(questions=[ASKED])
    configuration = study.variants["l2"].configuration
    both = configuration.model_copy(update={"batch_size": 8})
    variant = study.variants["l2"].model_copy(update={"configuration": both})
    study = study.model_copy(update={"variants": {**study.variants, "l2": variant}})
    found = comparisons(study, Records())[0]
    assert found.confounded_by == ("batch_size", "updates")
    assert "batch size" in str(found.cautions[0])


def test_a_comparison_shows_itself_in_a_notebook_without_trusting_words(made):
    study = made.study(questions=[{**ASKED, "ask": "<script>"}])
    found = comparisons(study, Records(runs(made, "plain", BASE) | runs(made, "l2", GOOD)))[0]
    assert "is better than" in str(found)
    assert (
        repr(found)
        == "Comparison('l2' vs 'plain', test_accuracy: better, +1.68 percentage points, p = 0.00038)"
    )
    assert "&lt;script&gt;" in found._repr_html_()
    assert "<script>" not in found._repr_html_()


def test_a_margin_of_a_question_counts_for_it_alone(made):
    close = [0.961, 0.962, 0.9605, 0.9651, 0.9619]
    asked = [{**ASKED, "margin": 0.02}, ASKED, {**ASKED, "metric": "test_loss", "margin": 0.3}]
    study = made.study(questions=asked)
    both = Records(runs(made, "plain", BASE) | runs(made, "l2", close))
    found = comparisons(study, both)
    assert [each.margin for each in found] == [0.02, None, 0.3]
    assert [each.verdict for each in found[:2]] == [Verdict.EQUIVALENT, Verdict.UNDECIDED]
    assert "smaller than the margin of 2.00 percentage points" in str(found[0].sentence)


def test_a_question_is_found_without_naming_its_margin(made):
    study = made.study(questions=[{**ASKED, "margin": 0.02}])
    found = compare(study, Records(runs(made, "plain", BASE) | runs(made, "l2", GOOD)), Question(**ASKED))
    assert found.is_planned
    assert found.margin == 0.02


def test_both_means_are_told_of_a_metric_that_is_not_the_score(made):
    study = made.study(questions=[ASKED, {**ASKED, "metric": "test_loss"}])
    records = runs(made, "plain", BASE) | runs(made, "l2", GOOD)
    for (name, seed), run in records.items():
        test = {**run.result.test, "loss": 0.25 if name == "l2" else 0.5 + seed / 100}
        records[name, seed] = replace(run, result=replace(run.result, test=test))
    score, loss = comparisons(study, Records(records))
    assert score.means_sentence is None
    assert str(loss.means_sentence) == "Mean test loss: 0.25 for variant l2, 0.52 for variant plain."
    assert str(loss.notes[0]) == str(loss.means_sentence)
