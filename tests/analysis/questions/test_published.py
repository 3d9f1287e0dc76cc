"""Published figures beside ours: what holds, what differs, and where nothing may be said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from paribus.analysis.comparability import Comparability
from paribus.analysis.questions.published import Agreement, compare_with_published, holds
from paribus.record.records import Records
from paribus.record.run import Status

OURS = [0.961, 0.963, 0.966, 0.962, 0.964]


def compared(made, accuracies, published, **data):
    study = made.study(
        ["plain", "l2"], published={"plain": {"test": published, "train": 0.999, "epochs": 30}}
    )
    images = made.MNIST.model_copy(update=data)
    runs = [made.run(made.history(2), seed=s, test=a, data=images) for s, a in enumerate(accuracies)]
    (row,) = compare_with_published(study, Records({("plain", run.spec.seed): run for run in runs}))
    return row


def test_the_interval_is_where_one_more_run_of_ours_would_lie(made):
    row = compared(made, OURS, 0.9618)
    scale = np.std(OURS, ddof=1) * np.sqrt(1 + 1 / 5)
    assert row.interval == pytest.approx(stats.t.interval(0.95, 4, np.mean(OURS), scale))
    assert row.p_value == pytest.approx(2 * stats.t.sf(abs(0.9618 - np.mean(OURS)) / scale, 4))
    assert row.agreement is Agreement.HOLDS
    assert row.difference == pytest.approx(np.mean(OURS) - 0.9618)


def test_a_figure_far_outside_differs(made):
    row = compared(made, OURS, 0.98)
    assert row.agreement is Agreement.DIFFERS
    assert not holds([row])


def test_training_and_epochs_stand_beside_the_published_ones(made):
    row = compared(made, OURS, 0.9618)
    assert (row.published.train, row.published.dev, row.published.epochs) == (0.999, None, 30)
    assert row.ours.epochs == (2, 2)
    assert row.ours.train == pytest.approx(np.mean([made.history(2)[-1]["accuracy"]] * 5))


def test_one_more_run_of_ours_holds_about_95_times_in_100(made):
    draw = np.random.default_rng(0)
    runs = draw.normal(0.96, 0.002, size=(400, 6))
    holding = [compared(made, run[:5], run[5]).agreement is Agreement.HOLDS for run in runs]
    assert np.mean(holding) == pytest.approx(0.95, abs=0.033)  # three standard errors


def test_p_values_are_adjusted_over_the_rows_that_are_judged(made):
    figures = {"a": 0.9618, "b": 0.9695, "c": 0.9688}
    study = made.study([*figures, "d"], published={name: {"test": figures.get(name, 0.9)} for name in "abcd"})
    records = {
        (name, seed): made.run(made.history(2), seed=seed, test=accuracy)
        for name in figures
        for seed, accuracy in enumerate(OURS)
    }
    rows = compare_with_published(study, Records(records))
    expected = multipletests([row.p_value for row in rows[:3]], method="holm")[1]
    assert [row.p_adjusted for row in rows] == [*map(pytest.approx, expected), None]
    assert rows[1].p_value < 0.05 < rows[1].p_adjusted  # by itself it would not hold
    assert rows[1].agreement is Agreement.HOLDS
    assert rows[3].agreement is Agreement.MISSING


def test_one_seed_gives_no_verdict(made):
    row = compared(made, [0.9641], 0.9)
    assert (row.agreement, row.interval, row.p_value) == (Agreement.UNDECIDED, None, None)
    assert holds([row])


def test_a_figure_that_never_varies_holds_only_for_itself_to_its_two_places(made):
    assert compared(made, [float(np.float32(0.1135))] * 3, 0.1135).agreement is Agreement.HOLDS
    assert compared(made, [0.1135] * 3, 0.1137).agreement is Agreement.DIFFERS


def test_stand_ins_are_held_against_nothing(made):
    row = compared(made, OURS, 0.5, verified=False, stand_in=True)
    assert (row.agreement, row.comparability) == (Agreement.NOT_COMPARABLE, Comparability.STAND_IN)
    assert (row.interval, row.p_value) == (None, None)


def test_unverified_images_are_compared_and_said_to_be_such(made):
    row = compared(made, OURS, 0.9618, verified=False)
    assert (row.agreement, row.comparability) == (Agreement.HOLDS, Comparability.UNVERIFIED)


def test_what_has_not_run_is_missing(made):
    row = compared(made, [], 0.9618)
    assert row.agreement is Agreement.MISSING
    assert row.ours.test is row.difference is None


def test_a_diverged_run_counts_for_nothing(made):
    study = made.study(["plain"], published={"plain": {"test": 0.9618}})
    records = {("plain", s): made.run(made.history(2), seed=s, test=a) for s, a in enumerate(OURS)}
    records["plain", 9] = made.run(made.history(2), seed=9, status=Status.DIVERGED)
    assert compare_with_published(study, Records(records))[0].seeds == (0, 1, 2, 3, 4)
