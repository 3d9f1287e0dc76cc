"""The gap and overfitting on hand-written curves, at both sides of each boundary."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analysis import made_runs
from tests.analysis.made_runs import abstains, flat, judged, persisting, probe, rising, run, swinging

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.curves import standard_error
from paribus.analysis.runs.overfitting import Gap, loss_standard_error

WARNING = Severity.WARNING
INFO = Severity.INFO


def sampled_run(accuracy, running=0.98):
    """A run whose kept weights get so much of the sample right."""
    return run(accuracy=flat(running), more={"probes": (probe(0), probe(500, epoch=30, accuracy=accuracy))})


class TestGap:
    def test_it_is_training_minus_validation_accuracy_and_graded(self):
        for validation, grade in ((0.98, "small"), (0.96, "moderate"), (0.93, "large")):
            fact = judged("gap", run(accuracy=flat(0.995), val_accuracy=flat(validation)))
            assert fact.evidence["gap"] == pytest.approx(0.995 - validation)
            assert fact.placeholders["grade"].code == f"diagnosis.gap-{grade}"
            assert fact.severity is INFO

    def test_it_is_none_up_to_three_standard_errors(self):
        noise = math.hypot(standard_error(0.97, 54_000), standard_error(0.97, 6_000))
        for times, grade in ((2.8, "none"), (3.3, "small"), (-2.8, "none"), (-3.3, "reversed")):
            fact = judged("gap", run(accuracy=flat(0.97 + times * noise), val_accuracy=flat(0.97)))
            assert fact.placeholders["grade"].code == f"diagnosis.gap-{grade}", times

    def test_the_kept_weights_count_and_not_the_last_ones(self):
        fact = judged("gap", run(accuracy=rising(0.99), val_accuracy=flat(0.9), kept_epoch=1))
        assert fact.evidence["train"] == 0.8

    def test_the_sample_counts_where_the_updates_mean_another_accuracy(self):
        for accuracy, sampled in ((0.985, False), (0.9, True)):
            measured = {"probes": (probe(0), probe(500, epoch=30, accuracy=accuracy))}
            fact = judged("gap", run(accuracy=flat(0.98), more=measured))
            assert fact.evidence["train"] == (accuracy if sampled else 0.98)

    def test_over_several_runs_training_accuracy_is_measured_in_one_way(self):
        accuracies = (0.98, 0.98, 0.75)
        runs = [sampled_run(accuracy) for accuracy in accuracies]
        one = [judged("gap", each) for each in runs]
        assert [fact.evidence["gap"] for fact in one] == pytest.approx([0.01, 0.01, -0.22])
        together = Gap().combine(one)
        assert together.evidence["gap"] == pytest.approx(np.mean(accuracies) - 0.97)
        assert together.evidence["running_gap"] == pytest.approx(0.01)
        assert together.placeholders["measured"].code == "diagnosis.train-sampled"

    def test_two_variants_are_compared_by_one_measure_or_said_to_depend_on_it(self):
        def finding(variant, *facts):
            return Finding("gap", INFO, (variant,), evidence=Gap().combine(facts).evidence)

        plain, lower, contradicting = (
            [judged("gap", sampled_run(accuracy, running=running))] * 2
            for accuracy, running in ((0.97, 0.98), (0.75, 0.98), (0.75, 0.99))
        )
        words = Gap().compare(finding("a", *plain), finding("b", *plain))
        assert (words.code, words.values["gap"]) == ("remarks.compared-gap", pytest.approx(0.01))
        words = Gap().compare(finding("a", *plain), finding("b", *contradicting))
        assert words.code == "remarks.compared-gap-unclear"
        words = Gap().compare(finding("a", *plain), finding("b", *lower))
        assert words.values["gap"] == pytest.approx(0.0)
        assert words.values["other_gap"] == pytest.approx(-0.22)

    def test_it_says_nothing_without_validation_images(self):
        assert abstains("gap", run(accuracy=flat(0.9), configuration=made_runs.configuration(validation=0.0)))


class TestOverfitting:
    def losses(self, size: float) -> list[float]:
        """A loss that falls to 0.1 and rises to so much more."""
        return [0.3, 0.2, 0.15, 0.12, *flat(0.1, 8), *np.linspace(0.1, 0.1 + size, 10), *flat(0.1 + size, 8)]

    def test_it_is_claimed_beyond_one_standard_error_of_the_loss_and_not_below(self):
        limit = loss_standard_error(0.1, 0.97, 6_000)
        assert limit == pytest.approx(0.1 * math.sqrt(0.97 / 0.03 / 6_000), rel=0.02)
        assert judged("overfitting", run(val_data_loss=self.losses(0.95 * limit))) is None
        fact = judged("overfitting", run(val_data_loss=self.losses(1.05 * limit)))
        assert fact.severity is WARNING
        assert fact.evidence["rise"] == pytest.approx(1.05 * limit)
        assert 5 <= fact.evidence["best_epoch"] <= 11

    def test_noise_alone_is_called_so_less_often_than_in_one_of_twenty(self):
        alarms = 0
        for seed in range(200):
            losses = 0.1 + np.random.default_rng(seed).normal(0, 0.02, 30)
            alarms += judged("overfitting", run(val_data_loss=losses)) is not None
        assert alarms <= 10

    def test_it_says_whether_accuracy_fell_with_it(self):
        loss = self.losses(0.05)
        held = judged("overfitting", run(val_data_loss=loss))
        fell = judged("overfitting", run(val_data_loss=loss, val_accuracy=[*flat(0.97, 15), *flat(0.95, 15)]))
        assert held.placeholders["accuracies"].code == "diagnosis.accuracy-held"
        assert fell.placeholders["accuracies"].code == "diagnosis.accuracy-fell"

    def test_training_that_goes_astray_is_no_overfitting(self):
        loss = self.losses(0.05)
        for at_end, is_found in ((0.05, True), (0.074, True), (0.076, False)):
            trained = [*flat(0.05, 15), *flat(at_end, 15)]
            assert (judged("overfitting", run(val_data_loss=loss, data_loss=trained)) is not None) is is_found

    def test_a_long_curve_that_swings_is_smoothed_over_a_tenth_of_it(self):
        swing = np.array(swinging(0.0, 0.04, 60))
        risen = [*flat(0.5, 30), *flat(0.6, 30)]
        falls = np.linspace(0.5, 0.1, 60)
        assert judged("overfitting", run(val_data_loss=np.add(risen, swing), data_loss=falls)) is not None
        found = judged("overfitting", run(val_data_loss=np.add(risen, 2 * swing), data_loss=falls))
        assert found is None

    def test_a_wide_gap_alone_is_no_overfitting(self):
        assert judged("overfitting", run(accuracy=flat(1.0), val_accuracy=flat(0.9))) is None

    def test_a_growing_penalty_is_no_overfitting(self):
        assert judged("overfitting", run(penalty=np.linspace(0, 1, 30))) is None

    @pytest.mark.parametrize("correlation", [0.5, 0.8])
    def test_noise_that_persists_is_called_so_in_one_run_of_twenty_at_most(self, correlation):
        draw = np.random.default_rng(11)
        alarms = 0
        for _ in range(200):
            losses = 0.1 + 0.02 * persisting(draw, correlation, 30)
            alarms += judged("overfitting", run(val_data_loss=losses)) is not None
        assert alarms <= 18

    @pytest.mark.parametrize("trained", [np.linspace(0.2, 0.01, 30), flat(0.3)])
    def test_a_spike_does_not_hide_it(self, trained):
        losses = np.concatenate([[0.5, 0.35, 0.27], np.linspace(0.22, 0.6, 27)])
        losses[18] = 5.0
        fact = judged("overfitting", run(val_data_loss=losses, data_loss=trained))
        assert fact.evidence["best"] == pytest.approx(0.23, abs=0.02)
        assert fact.evidence["last"] == pytest.approx(0.59, abs=0.02)

    @pytest.mark.parametrize("place", [3, 12, 29])
    def test_a_spike_alone_is_none(self, place):
        losses = 0.22 + np.random.default_rng(1).normal(0, 0.005, 30)
        losses[place] = 5.0
        assert judged("overfitting", run(val_data_loss=losses)) is None

    def test_below_nine_epochs_it_must_rise_in_order_by_three_standard_errors(self):
        trained = {"accuracy": [0.9, 0.97, *flat(1.0, 6)], "data_loss": np.linspace(0.3, 0.001, 8)}
        risen = run(val_data_loss=np.linspace(0.3, 1.5, 8), **trained)
        assert judged("overfitting", risen).evidence["rise"] == pytest.approx(1.2)
        limit = 3 * loss_standard_error(0.3, 0.97, 6_000)
        for times, is_found in ((0.97, False), (1.03, True)):
            losses = np.linspace(0.3, 0.3 + times * limit, 8)
            assert (judged("overfitting", run(val_data_loss=losses, **trained)) is not None) is is_found
        swinging_up = [0.3, 0.6, 0.35, 0.7, 0.4, 0.8, 0.45, 0.5]
        assert judged("overfitting", run(val_data_loss=swinging_up, **trained)) is None

    @pytest.mark.parametrize(("later", "is_found"), [(0.31, False), (1.5, True)], ids=["back", "as high"])
    def test_a_rise_that_the_same_trajectory_takes_back_later_is_a_swing(self, later, is_found):
        risen, trained = np.linspace(0.3, 1.5, 8), np.linspace(0.3, 0.001, 8)
        further = run(val_data_loss=[*risen, *flat(later, 4)]).record.history
        stopped = run(val_data_loss=risen, data_loss=trained, more={"longest_history": further})
        assert (judged("overfitting", stopped) is not None) is is_found

    def test_three_epochs_tell_nothing(self):
        assert abstains("overfitting", run(val_data_loss=np.linspace(0.1, 1, 3)))
        assert not abstains("overfitting", run(val_data_loss=np.linspace(0.1, 1, 4)))

    @given(st.integers(0, 10_000), st.floats(0.0, 0.01))
    def test_a_falling_loss_never_alarms_whatever_its_noise(self, seed, noise):
        draw = np.random.default_rng(seed)
        losses = np.linspace(0.5, 0.1, 30) + draw.normal(0, noise, 30)
        assert judged("overfitting", run(val_data_loss=losses)) is None
