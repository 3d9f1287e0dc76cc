"""Where a curve converged, whether it still rises, swings or stood still, at both sides of each boundary."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analysis import made_runs
from tests.analysis.made_runs import (
    abstains,
    flat,
    found,
    gaining,
    judged,
    persisting,
    rising,
    run,
    scheduled,
    stopping,
    swinging,
)

from paribus.analysis.finding import Severity
from paribus.analysis.runs.curves import N_SIGMA, degrees_of_freedom, standard_error

WARNING = Severity.WARNING
INFO = Severity.INFO


class TestConvergence:
    def test_the_epochs_are_those_from_which_the_curves_stay(self):
        quick = [0.5, 0.9, *flat(0.97, 28)]
        slow = [*np.linspace(0.5, 0.99, 15), *flat(0.99, 15)]
        fact = judged("converged", run(val_accuracy=quick, accuracy=slow))
        assert fact.evidence["validation_epoch"] == 4
        assert fact.evidence["train_epoch"] == pytest.approx(15, abs=1)

    def test_a_curve_that_still_rises_is_named(self):
        fact = judged("converged", run(accuracy=np.linspace(0.5, 0.99, 30)))
        assert "train_epoch" not in fact.evidence

    def test_where_the_band_is_too_wide_no_epoch_is_named(self):
        few = made_runs.MNIST.model_copy(update={"train": 1_000})
        fact = judged("converged", run(val_accuracy=[0.2, *flat(0.5, 29)], data=few))
        assert fact.evidence["band"] == pytest.approx(standard_error(0.5, 100))
        assert "validation_epoch" not in fact.evidence
        assert "too uncertain to say where it converges" in str(fact.placeholders["why"])

    def test_not_converged_is_a_late_gain_beyond_one_standard_error(self):
        noise = standard_error(0.97, 6_000)
        for times, is_found in ((0.9, False), (1.1, True)):
            curve = gaining(0.97, times * noise)
            assert (judged("not-converged", run(val_accuracy=curve)) is not None) is is_found

    def test_a_late_gain_is_a_warning_where_other_images_would_not_make_it(self):
        noise = standard_error(0.97, 6_000)
        for times, severity in ((2.9, INFO), (3.1, WARNING)):
            curve = gaining(0.97, times * noise)
            assert judged("not-converged", run(val_accuracy=curve)).severity is severity

    def test_a_late_gain_within_the_swing_is_noise(self):
        curve = np.add(swinging(0.95, 0.01), [*flat(0.0, 24), *flat(0.005, 6)])
        assert judged("not-converged", run(val_accuracy=curve)) is None

    def test_a_run_has_not_both_converged_and_not(self):
        for pace in (1, 3, 6, 10, 20, 50):
            codes = found(run(val_accuracy=rising(0.97, pace=pace)))
            assert not {"converged", "not-converged"} <= codes, pace

    def test_a_curve_that_swings_has_no_epoch_of_convergence(self):
        assert not {"oscillation", "converged"} <= found(run(val_accuracy=swinging(0.95, 0.02)))
        assert "oscillation" in found(run(val_accuracy=swinging(0.95, 0.02)))

    @pytest.mark.parametrize("last", [4, 6, 8])
    def test_a_jump_to_a_level_that_holds_is_neither_a_late_gain_nor_a_swing(self, last):
        noise = np.random.default_rng(0).normal(0, 0.001, 30)
        stepped = np.concatenate([flat(0.85, 30 - last), flat(0.93, last)]) + noise
        assert not {"not-converged", "oscillation"} & found(run(val_accuracy=stepped))

    def test_two_jumps_are_none_either(self):
        stepped = [*flat(0.7, 14), *flat(0.85, 8), *flat(0.93, 8)]
        codes = found(run(val_accuracy=stepped))
        assert "converged" in codes
        assert not {"not-converged", "oscillation"} & codes

    def test_after_a_jump_it_has_converged_where_it_arrived(self):
        fact = judged("converged", run(val_accuracy=[*flat(0.85, 24), *flat(0.93, 6)]))
        assert fact.evidence["validation_epoch"] == pytest.approx(25, abs=1)

    def test_a_jump_after_which_it_rises_on_is_still_a_late_gain(self):
        curve = [*flat(0.85, 24), *np.linspace(0.88, 0.93, 6)]
        assert judged("not-converged", run(accuracy=curve, val_accuracy=curve)).severity is WARNING

    def test_a_rise_that_is_mostly_gap_is_no_warning(self):
        curve = np.linspace(0.5, 0.9, 30)
        for train, severity in ((0.94, WARNING), (0.96, INFO)):
            observed = run(accuracy=flat(train), val_accuracy=curve)
            assert judged("not-converged", observed).severity is severity

    def annealed(self):
        """It swings at high rates, rises as the rate falls, and comes to rest."""
        draw = np.random.default_rng(3)
        share = np.arange(30) / 29
        rate = (1 + np.cos(np.pi * share)) / 2
        return 0.93 - 0.1 * rate + draw.normal(0, 0.03, 30) * rate**2

    def test_a_schedule_that_ended_at_nothing_has_ended_the_rise_and_the_swing(self):
        ended = scheduled("cosine_decay", initial_learning_rate=0.1, decay_steps=30 * 422)
        codes = found(run(val_accuracy=self.annealed(), configuration=ended))
        assert not {"not-converged", "oscillation"} & codes

    @pytest.mark.parametrize(("decay_steps", "is_found"), [(30 * 422, False), (100 * 422, True)])
    def test_a_rise_under_a_schedule_is_over_only_with_the_rate(self, decay_steps, is_found):
        schedule = scheduled("cosine_decay", initial_learning_rate=0.1, decay_steps=decay_steps)
        rises = run(val_accuracy=np.linspace(0.5, 0.9, 30), configuration=schedule)
        assert (judged("not-converged", rises) is not None) is is_found

    def test_eight_epochs_do_not_tell_where_it_converged(self):
        assert abstains("converged", run(val_accuracy=rising(0.97, 8)))
        assert abstains("not-converged", run(val_accuracy=rising(0.97, 3)))


class TestFewEpochs:
    @pytest.mark.parametrize(
        ("curve", "is_found"),
        [
            ([0.2, 0.3, 0.4, 0.5, 0.6], True),
            ([0.2, 0.3, 0.4, 0.39, 0.6], False),
            ([0.90, 0.905, 0.91, 0.915], False),
            ([0.2, 0.6, 0.7, 0.71, 0.72, 0.73], False),
        ],
        ids=["rising", "out of order", "within noise", "leveling off"],
    )
    def test_it_has_not_converged_where_the_last_four_rise_beyond_noise(self, curve, is_found):
        observed = run(accuracy=curve, val_accuracy=curve)
        assert (judged("not-converged", observed) is not None) is is_found


class TestOscillation:
    def test_it_begins_where_the_swing_exceeds_that_of_other_images(self):
        limit = standard_error(0.95, 6_000) * (1 + N_SIGMA / math.sqrt(2 * degrees_of_freedom(30)))
        for times, is_found in ((0.97, False), (1.03, True)):
            fact = judged("oscillation", run(val_accuracy=swinging(0.95, times * limit)))
            assert (fact is not None) is is_found

    @pytest.mark.parametrize(("restored", "severity"), [(False, WARNING), (True, INFO)])
    def test_it_is_no_warning_where_the_best_weights_were_restored(self, restored, severity):
        settings = stopping(monitor="val_loss", restore_best_weights=restored)
        fact = judged("oscillation", run(val_accuracy=swinging(0.95, 0.02), configuration=settings))
        assert fact.severity is severity
        assert ("restored" in str(fact.placeholders["end"])) is restored

    def test_a_slow_swing_is_told_with_its_period_and_is_no_late_gain(self):
        curve = 0.9 + 0.06 * np.sin(2 * np.pi * np.arange(30) / 12)
        fact = judged("oscillation", run(val_accuracy=curve))
        assert fact.evidence["period"] == pytest.approx(12, rel=0.15)
        assert found(run(val_accuracy=curve)).isdisjoint({"not-converged", "converged"})

    @pytest.mark.parametrize("period", [4, 6, 8, 10])
    @pytest.mark.parametrize(("height", "is_found"), [(0.003, False), (0.02, True)])
    def test_a_slow_swing_is_judged_by_its_height_whatever_its_period(self, period, height, is_found):
        curve = 0.9 + height * np.sin(2 * np.pi * np.arange(40) / period)
        assert ("oscillation" in found(run(val_accuracy=curve))) is is_found

    @pytest.mark.parametrize(
        "curve", [rising(0.97, pace=8), [*rising(0.97, 15), *np.linspace(0.97, 0.8, 15)]]
    )
    def test_what_rises_and_falls_once_does_not_swing(self, curve):
        assert judged("oscillation", run(val_accuracy=curve)) is None

    def test_a_swing_that_has_come_to_rest_is_none(self):
        calm = [*swinging(0.9, 0.03, 18), *flat(0.95, 12)]
        assert judged("oscillation", run(val_accuracy=calm)) is None
        assert judged("oscillation", run(val_accuracy=calm[::-1])) is not None

    def test_fewer_images_allow_more_swing(self):
        small = made_runs.MNIST.model_copy(update={"train": 4_000})
        curve = swinging(0.95, 0.006)
        assert judged("oscillation", run(val_accuracy=curve)) is not None
        assert judged("oscillation", run(val_accuracy=curve, data=small)) is None

    @pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
    def test_noise_of_the_images_size_is_no_warning_however_it_persists(self, correlation):
        draw = np.random.default_rng(7)
        for _ in range(100):
            noise = [standard_error(0.95, 6_000) * persisting(draw, correlation) for _ in range(2)]
            observed = run(val_accuracy=0.95 + noise[0], accuracy=0.97 + noise[1])
            late = judged("not-converged", observed)
            assert late is None or late.severity is INFO
            assert judged("declined", observed) is None
            assert judged("oscillation", observed) is None

    @given(st.integers(0, 10_000), st.floats(0.3, 0.95), st.floats(0, 0.4))
    def test_noise_below_half_of_the_threshold_never_alarms(self, seed, level, share):
        draw = np.random.default_rng(seed)
        noise = share * standard_error(level, 6_000)
        observed = run(val_accuracy=level + draw.normal(0, noise, 30))
        assert judged("oscillation", observed) is None
        assert judged("not-converged", observed) is None


class TestPlateau:
    def test_a_stand_before_a_rise_is_told_with_its_epochs(self):
        curve = [0.4, 0.5, *flat(0.6, 8), 0.7, 0.8, 0.9, *flat(0.95, 17)]
        fact = judged("plateau", run(accuracy=curve))
        assert (fact.evidence["first_epoch"], fact.evidence["last_epoch"]) == (3, 10)

    def test_levelling_off_is_none(self):
        assert judged("plateau", run(accuracy=rising(0.99))) is None
