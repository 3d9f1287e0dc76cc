"""Published figures beside ours: what is inside, what differs, and where nothing may be said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from paribus.analysis.comparability import Comparability
from paribus.analysis.questions.prediction import Agreement
from paribus.analysis.questions.published import DEFAULT_TOLERANCE, compare_with_published
from paribus.record.records import Records
from paribus.record.run import Status

OURS = [0.961, 0.963, 0.966, 0.962, 0.964]
STAND_IN = {"verified": False, "stand_in": True}


def verified(made, accuracies, published, *, questions=(), margin=0.01, **data):
    """The study's figures compared with runs: accuracies by variant, a seed each."""
    study = made.study([*accuracies], published=published, questions=questions, margin=margin)
    images = made.MNIST.model_copy(update=data)
    runs = {
        (name, seed): made.run(made.history(2), seed=seed, test=each, data=images)
        for name, values in accuracies.items()
        for seed, each in enumerate(values)
    }
    return compare_with_published(study, Records(runs))


def compared(made, accuracies, published, **data):
    figures = {"plain": {"test": published, "train": 0.999, "epochs": 30}}
    return verified(made, {"plain": accuracies, "l2": []}, figures, **data).rows[0]


def test_the_interval_is_where_one_more_run_of_ours_would_lie(made):
    row = compared(made, OURS, 0.9618)
    scale = np.std(OURS, ddof=1) * np.sqrt(1 + 1 / 5)
    assert row.judgement.interval == pytest.approx(stats.t.interval(0.95, 4, np.mean(OURS), scale))
    assert row.judgement.agreement is Agreement.WITHIN
    assert row.judgement.distance == pytest.approx(np.mean(OURS) - 0.9618)


def test_a_figure_far_outside_differs(made):
    found = verified(made, {"plain": OURS}, {"plain": {"test": 0.98}})
    assert found.rows[0].judgement.agreement is Agreement.DIFFERS
    assert found.differs


def test_training_and_epochs_stand_beside_the_published_ones(made):
    row = compared(made, OURS, 0.9618)
    assert (row.published.train, row.published.dev, row.published.epochs) == (0.999, None, 30)
    assert row.ours.epochs == (2, 2)
    assert row.ours.train == pytest.approx(np.mean([made.history(2)[-1]["accuracy"]] * 5))


def test_one_more_run_of_ours_is_inside_about_95_times_in_100(made):
    draw = np.random.default_rng(0)
    runs = draw.normal(0.96, 0.002, size=(400, 6))
    outside = [compared(made, run[:5], run[5]).judgement.is_outside for run in runs]
    assert np.mean(outside) == pytest.approx(0.05, abs=0.033)  # three standard errors


def test_differing_is_adjusted_for_all_that_is_judged_and_lying_inside_is_not(made):
    figures = {"a": 0.9618, "b": 0.9695, "c": 0.9688}
    found = verified(
        made,
        {**dict.fromkeys(figures, OURS), "d": []},
        {name: {"test": figures.get(name, 0.9)} for name in "abcd"},
        questions=[{"treatment": "b", "reference": "a"}, {"treatment": "d", "reference": "a"}],
    )
    judged = [each for each in found.judgements if each.prediction]
    p_values = [each.prediction.p_value for each in judged]
    assert [each.p_adjusted for each in judged] == pytest.approx(multipletests(p_values, method="holm")[1])
    assert {each.family for each in judged} == {4}  # three figures and a difference
    b = found.rows[1].judgement
    assert b.prediction.p_value < 0.05 < b.p_adjusted
    assert b.agreement is Agreement.TOO_FEW_SEEDS
    assert found.rows[3].judgement.agreement is Agreement.MISSING
    assert found.differences[1].judgement.agreement is Agreement.MISSING


@pytest.mark.parametrize(("of", "told"), [(1, "one more run"), (4, "the mean of 4 more runs")])
def test_the_sentence_names_what_the_interval_is_for(made, of, told):
    found = verified(made, {"plain": OURS}, {"plain": {"test": 0.9633, "runs": of}})
    sentence = str(found.rows[0].judgement.sentence)
    assert sentence.startswith(f"Inside the 95% prediction interval for {told}: ")


def test_more_seeds_are_promised_nothing(made):
    judgement = compared(made, [0.961, 0.963, 0.966], 0.963).judgement
    assert judgement.agreement is Agreement.TOO_FEW_SEEDS
    assert "more seeds may make it narrow enough" in str(judgement.sentence)


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_or_two_seeds_are_too_few_however_far_the_figure_is(made, seeds):
    row = compared(made, OURS[:seeds], 0.1)
    assert row.judgement.agreement is Agreement.TOO_FEW_SEEDS
    assert (row.judgement.interval, row.judgement.p_adjusted) == (None, None)
    assert f"{seeds} seed" in str(row.judgement.sentence)


def test_where_ours_never_vary_the_figure_has_to_be_the_same_to_about_an_image(made):
    dead = [float(np.float32(0.1135))] * 3
    assert compared(made, dead, 0.1135).judgement.agreement is Agreement.WITHIN
    assert compared(made, dead, 0.1165).judgement.agreement is Agreement.DIFFERS


def test_without_a_margin_the_tolerance_is_a_point(made):
    found = verified(made, {"plain": OURS}, {"plain": {"test": 0.9618}}, margin=None)
    assert found.tolerance == DEFAULT_TOLERANCE == 0.01


def test_stand_ins_are_compared_with_nothing(made):
    row = compared(made, OURS, 0.5, **STAND_IN)
    assert (row.judgement.agreement, row.comparability) == (Agreement.NOT_COMPARABLE, Comparability.STAND_IN)
    assert (row.judgement.interval, row.judgement.p_adjusted) == (None, None)


def test_unverified_images_are_compared_and_said_to_be_such(made):
    row = compared(made, OURS, 0.9618, verified=False)
    assert row.judgement.agreement is Agreement.WITHIN
    assert row.comparability is Comparability.UNVERIFIED


def test_a_figure_of_another_network_is_compared_with_nothing_nor_are_its_differences(made):
    found = verified(
        made,
        {"3a": [0.1135] * 5, "3b": [0.1135] * 5},
        {"3a": {"test": 0.1135}, "3b": {"test": 0.1135, "of": "3a"}},
        questions=[{"treatment": "3b", "reference": "3a"}],
    )
    agreements = [each.agreement for each in found.judgements]
    assert agreements == [Agreement.WITHIN, Agreement.NOT_COMPARABLE, Agreement.NOT_COMPARABLE]
    assert "belongs to the network of variant 3a" in str(found.rows[1].judgement.sentence)


def test_what_has_not_run_is_missing(made):
    row = compared(made, [], 0.9618)
    assert row.judgement.agreement is Agreement.MISSING
    assert row.ours.test is row.judgement.distance is None


def test_a_diverged_run_is_left_out_and_the_sentence_says_so(made):
    study = made.study(["plain"], published={"plain": {"test": 0.9618}})
    records = {("plain", s): made.run(made.history(2), seed=s, test=a) for s, a in enumerate(OURS)}
    records["plain", 9] = made.run(made.history(2), seed=9, status=Status.DIVERGED)
    (row,) = compare_with_published(study, Records(records)).rows
    assert row.judgement.seeds == (0, 1, 2, 3, 4)
    assert "1 of our runs diverged and is left out." in str(row.judgement.sentence)


def test_a_mean_of_published_runs_is_held_to_a_narrower_interval(made):
    one, ten = (
        verified(made, {"plain": OURS}, {"plain": {"test": 0.9618, "runs": runs}}).rows[0].judgement
        for runs in (1, 10)
    )
    assert ten.prediction.half_width < one.prediction.half_width


def test_the_difference_of_two_published_figures_is_compared_with_ours(made):
    """The lab published that early stopping gained 1.89 points; five seeds on real images lost 0.37."""
    found = verified(
        made,
        {"5": [0.9588, 0.9664, 0.9482, 0.9620, 0.9609], "6": [0.9508, 0.9598, 0.9533, 0.9563, 0.9576]},
        {"5": {"test": 0.9459}, "6": {"test": 0.9648}},
        questions=[
            {"treatment": "6", "reference": "5"},
            {"treatment": "6", "reference": "5", "metric": "test_loss"},
        ],
    )
    (difference,) = found.differences
    judgement = difference.judgement
    assert (difference.treatment, difference.reference) == ("6", "5")
    assert judgement.published == pytest.approx(0.0189)
    assert judgement.ours == pytest.approx(-0.0037)
    assert judgement.interval == pytest.approx((-0.0242, 0.0168), abs=5e-5)
    assert judgement.is_outside
    assert judgement.agreement is not Agreement.WITHIN
    assert str(judgement.sentence).startswith(
        "Outside the 95% prediction interval for one more difference of this kind"
    )


def test_differences_are_taken_at_the_seeds_that_both_variants_have(made):
    found = verified(
        made,
        {"a": OURS, "b": [0.951, 0.953, 0.956]},
        {"a": {"test": 0.9618}, "b": {"test": 0.9518}},
        questions=[{"treatment": "a", "reference": "b"}],
    )
    judgement = found.differences[0].judgement
    assert judgement.seeds == (0, 1, 2)
    assert judgement.ours == pytest.approx(0.01)


def test_questions_without_two_published_figures_are_left_out(made):
    questions = [{"treatment": "l2", "reference": "plain"}]
    found = verified(made, {"plain": OURS, "l2": OURS}, {"plain": {"test": 0.9618}}, questions=questions)
    assert found.differences == ()


def test_it_prints_a_paragraph_for_each(made):
    found = verified(
        made,
        {"plain": OURS, "l2": OURS},
        {"plain": {"test": 0.9618}, "l2": {"test": 0.9618}},
        questions=[{"treatment": "l2", "reference": "plain"}],
    )
    assert repr(found) == "Verification(figures: 2, differences: 1)"
    assert [line for line in str(found).splitlines() if len(line) < 25 and line] == [
        "plain · base",
        "l2 · L2 0.01",
        "L2 0.01 vs none",
    ]
