"""From runs to a comparison: which seeds are paired, what is said where some are missing, in which words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from paribus.analysis.questions.answering import compare, comparisons
from paribus.analysis.questions.comparison import Verdict
from paribus.record.folder import RunFolder, Trained
from paribus.record.records import Records
from paribus.record.run import Result, Status
from paribus.study.model import Question

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
    assert found.p_value == found.p_adjusted == pytest.approx(expected.pvalue)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval()))
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
    assert "stays open" in str(found.sentence)
    assert "does not show that they are alike" in str(found.sentence)


def test_a_difference_shown_to_be_below_the_margin_is_equivalence(made):
    found = compared(made, [0.9611, 0.9629, 0.9601, 0.9649, 0.9620], BASE, margin=0.005)
    assert found.verdict is Verdict.EQUIVALENT
    assert "No difference is shown" in str(found.sentence)
    assert "0.50 points" in str(found.sentence)


def test_a_difference_that_exists_but_is_below_the_margin_is_said_to_exist(made):
    found = compared(made, [each + 0.001 + seed / 1e5 for seed, each in enumerate(BASE)], BASE, margin=0.005)
    assert found.is_different
    assert found.verdict is Verdict.EQUIVALENT
    assert "A difference exists" in str(found.sentence)


def test_without_a_margin_the_same_difference_counts(made):
    found = compared(made, [each + 0.001 + seed / 1e5 for seed, each in enumerate(BASE)], BASE)
    assert found.verdict is Verdict.BETTER


@pytest.mark.parametrize(("more", "words"), [(0.0, "exactly the same"), (0.01, "+1.00 points at each of 5")])
def test_differences_without_spread_are_said_and_not_tested(made, more, words):
    found = compared(made, [each + more for each in BASE], BASE, margin=0.005)
    assert found.verdict is Verdict.UNDECIDED
    assert words in str(found.sentence)
    assert found.p_value is None


def test_a_diverged_run_is_left_out_with_its_seed_and_said(made):
    study = made.study(questions=[ASKED])
    records = runs(made, "plain", BASE) | runs(made, "l2", GOOD)
    records["l2", 3] = made.run(made.history(2), seed=3, status=Status.DIVERGED)
    del records["plain", 4]
    found = comparisons(study, Records(records))[0]
    assert found.seeds == (0, 1, 2)
    assert found.difference == pytest.approx(np.mean(GOOD[:3]) - np.mean(BASE[:3]))
    assert [(each.variant, each.seed, each.why) for each in found.excluded] == [
        ("l2", 3, "diverged"),
        ("plain", 4, "not-run"),
    ]
    assert "l2 at seed 3 (diverged), plain at seed 4 (not run)" in str(found)


def test_without_runs_nothing_is_compared(made):
    found = comparisons(made.study(questions=[ASKED]), Records())[0]
    assert (found.seeds, found.means, found.difference, found.notes) == ((), None, None, ())
    assert found.verdict is Verdict.UNDECIDED
    assert "is not decided" in str(found.sentence)


def test_p_values_are_adjusted_over_all_the_studys_questions(made):
    names = ["plain", "l2", "third", "later"]
    study = made.study(names, questions=[{"treatment": name, "reference": "plain"} for name in names[1:]])
    third = [0.9655, 0.9630, 0.9640, 0.9660, 0.9650]
    records = runs(made, "plain", BASE) | runs(made, "l2", GOOD) | runs(made, "third", third)
    found = comparisons(study, Records(records))
    p_values = [stats.ttest_rel(each, BASE).pvalue for each in (GOOD, third)]
    expected = multipletests([*p_values, 1.0], method="holm")[1]
    assert [each.p_adjusted for each in found] == [*map(pytest.approx, expected[:2]), None]
    assert {each.family for each in found} == {3}


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
    assert "One seed cannot tell" in str(found.sentence)
    assert "about these two networks, not about the technique" in str(found.cautions[0])


def test_several_seeds_say_what_each_interval_covers(tested):
    study, records = tested
    found = comparisons(study, Records(records))[0]
    assert found.networks is None
    assert found.image_intervals.images == 200
    low, high = found.image_intervals.new_seeds_and_images
    assert (
        low
        < found.image_intervals.new_images[0]
        < found.difference
        < found.image_intervals.new_images[1]
        < high
    )
    assert "new seeds as well" in str(found.notes[-1])


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
    assert accuracy.image_intervals is None
    assert score.seeds == (0, 2)
    assert [(each.variant, each.seed, each.why) for each in score.excluded] == [("l2", 1, "no-predictions")]


def test_networks_tested_on_different_images_are_not_paired_by_image(tested):
    study, records = tested
    other = records["l2", 0].data.model_copy(update={"sha256": "07" * 32})
    records = {key: replace(run, data=other) if key[0] == "l2" else run for key, run in records.items()}
    assert comparisons(study, Records(records))[0].image_intervals is None


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
    assert repr(found) == "Comparison('l2' vs 'plain', test_accuracy: better, +1.68 points, p < 0.0001)"
    assert "&lt;script&gt;" in found._repr_html_()
    assert "<script>" not in found._repr_html_()
