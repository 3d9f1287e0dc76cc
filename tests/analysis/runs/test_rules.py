"""Each rule on hand-written curves and probes: both sides of its boundary, silent without its evidence."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analysis import made_runs
from tests.analysis.made_runs import ALIVE, LAST, flat, probe, probes, rising, run, stopping, swinging

from paribus.analysis.finding import Severity
from paribus.analysis.runs.curves import N_SIGMA, noise_freedom, standard_error
from paribus.analysis.runs.diagnosis import RULES
from paribus.analysis.runs.evidence import Fact, RunEvidence
from paribus.analysis.runs.internals import even_loss
from paribus.analysis.runs.overfitting import sampling
from paribus.record.probes import LayerProbe
from paribus.record.run import Status
from paribus.study.configuration import EarlyStopping

SERIOUS, WARNING, INFO = Severity
BY_CODE = {rule.code: rule for rule in RULES}
DIED = replace(ALIVE, active=0.0, dead=1.0, gradient=0.0)


def judged(code: str, observed: RunEvidence) -> Fact | None:
    """What a rule finds; a failure where it has not the evidence to judge by."""
    rule = BY_CODE[code]
    assert rule.can_judge(observed), f"{code} abstains"
    return rule.judge(observed)


def abstains(code: str, observed: RunEvidence) -> bool:
    return not BY_CODE[code].can_judge(observed)


def found(observed: RunEvidence) -> set[str]:
    """The codes of all that is found in a run."""
    return {rule.code for rule in RULES if rule.can_judge(observed) and rule.judge(observed)}


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

    def test_it_says_nothing_without_validation_images(self):
        assert abstains("gap", run(accuracy=flat(0.9), configuration=made_runs.configuration(validation=0.0)))


class TestOverfitting:
    def losses(self, size: float) -> list[float]:
        """A loss that falls to 0.1 and rises to so much more."""
        return [0.3, 0.2, 0.15, 0.12, *flat(0.1, 8), *np.linspace(0.1, 0.1 + size, 10), *flat(0.1 + size, 8)]

    def test_it_is_claimed_beyond_one_standard_error_of_the_loss_and_not_below(self):
        limit = sampling(0.1, 0.97, 6_000)
        assert limit == pytest.approx(0.1 * math.sqrt(0.97 / 0.03 / 6_000), rel=0.02)
        assert judged("overfitting", run(val_data_loss=self.losses(0.95 * limit))) is None
        fact = judged("overfitting", run(val_data_loss=self.losses(1.05 * limit)))
        assert fact.severity is WARNING
        assert fact.evidence["rise"] == pytest.approx(1.05 * limit)
        assert 6 <= fact.evidence["best_epoch"] <= 11

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
        for at_end, is_found in ((0.049, True), (0.051, False)):
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

    def test_eight_epochs_tell_nothing(self):
        assert abstains("overfitting", run(val_data_loss=np.linspace(0.1, 1, 8)))
        assert not abstains("overfitting", run(val_data_loss=np.linspace(0.1, 1, 9)))

    @given(st.integers(0, 10_000), st.floats(0.0, 0.01))
    def test_a_falling_loss_never_alarms_whatever_its_noise(self, seed, noise):
        draw = np.random.default_rng(seed)
        losses = np.linspace(0.5, 0.1, 30) + draw.normal(0, noise, 30)
        assert judged("overfitting", run(val_data_loss=losses)) is None


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

    def test_not_converged_is_a_late_gain_beyond_one_standard_error(self):
        noise = standard_error(0.97, 6_000)
        for times, is_found in ((0.9, False), (1.1, True)):
            curve = [*flat(0.97 - times * noise, 24), *flat(0.97, 6)]
            assert (judged("not-converged", run(val_accuracy=curve)) is not None) is is_found

    def test_a_late_gain_is_a_warning_where_other_images_would_not_make_it(self):
        noise = standard_error(0.97, 6_000)
        for times, severity in ((2.9, INFO), (3.1, WARNING)):
            curve = [*flat(0.97 - times * noise, 24), *flat(0.97, 6)]
            assert judged("not-converged", run(val_accuracy=curve)).severity is severity

    def test_a_late_gain_within_the_swing_is_noise(self):
        curve = np.add(swinging(0.95, 0.01), [*flat(0.0, 24), *flat(0.005, 6)])
        assert judged("not-converged", run(val_accuracy=curve)) is None

    def test_a_run_has_not_both_converged_and_not(self):
        for pace in (1, 3, 6, 10, 20, 50):
            codes = found(run(val_accuracy=rising(0.97, pace=pace)))
            assert not {"converged", "not-converged"} <= codes, pace

    def test_a_curve_that_swings_has_no_epoch_of_convergence(self):
        assert judged("converged", run(val_accuracy=swinging(0.95, 0.02))) is None

    def test_eight_epochs_tell_nothing(self):
        assert abstains("converged", run(val_accuracy=rising(0.97, 8)))
        assert abstains("not-converged", run(val_accuracy=rising(0.97, 8)))


class TestOscillation:
    def test_it_begins_where_the_swing_exceeds_that_of_other_images(self):
        limit = standard_error(0.95, 6_000) * (1 + N_SIGMA / math.sqrt(2 * noise_freedom(30)))
        for times, is_found in ((0.97, False), (1.03, True)):
            fact = judged("oscillation", run(val_accuracy=swinging(0.95, times * limit)))
            assert (fact is not None) is is_found

    @pytest.mark.parametrize(("restored", "severity"), [(False, WARNING), (True, INFO)])
    def test_it_is_no_warning_where_the_best_weights_were_restored(self, restored, severity):
        settings = stopping(monitor="val_loss", restore_best_weights=restored)
        fact = judged("oscillation", run(val_accuracy=swinging(0.95, 0.02), configuration=settings))
        assert fact.severity is severity
        assert ("restored" in str(fact.placeholders["end"])) is restored

    def test_fewer_images_allow_more_swing(self):
        small = made_runs.MNIST.model_copy(update={"train": 4_000})
        curve = swinging(0.95, 0.006)
        assert judged("oscillation", run(val_accuracy=curve)) is not None
        assert judged("oscillation", run(val_accuracy=curve, data=small)) is None

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


class TestEndings:
    def test_a_loss_that_was_no_number_is_serious(self):
        fact = judged("diverged", run(status=Status.DIVERGED, data_loss=[0.7, 9.0, math.nan]))
        assert fact.severity is SERIOUS
        assert (fact.evidence["epoch"], fact.evidence["highest"]) == (3, 9)
        assert fact.placeholders["because"].code == "diagnosis.diverged-unknown"

    def test_the_probes_before_it_tell_whether_it_grew(self):
        for later, cause in ((50.0, "measured"), (0.4, "sudden")):
            measured = {
                "probes": (probe(0, data_loss=0.7), probe(1, data_loss=later), probe(2, data_loss=None))
            }
            observed = run(status=Status.DIVERGED, data_loss=[math.nan], more=measured)
            assert judged("diverged", observed).placeholders["because"].code == f"diagnosis.diverged-{cause}"

    def test_a_run_that_did_not_diverge_is_not_asked(self):
        assert abstains("diverged", run(accuracy=flat(0.9)))

    def test_nothing_was_learned_up_to_three_standard_errors_above_one_answer(self):
        limit = 0.1 + N_SIGMA * standard_error(0.1, 6_000)
        low = flat(0.1)
        assert (
            judged("nothing-learned", run(accuracy=low, val_accuracy=flat(limit - 0.001))).severity is SERIOUS
        )
        assert judged("nothing-learned", run(accuracy=low, val_accuracy=flat(limit + 0.001))) is None

    def test_the_commonest_class_s_share_has_a_noise_of_its_own(self):
        more = {"answers": (600, 400), "labels": (100,) * 10}
        noise = math.hypot(standard_error(0.1, 6_000), standard_error(0.1, 1_000))
        low = flat(0.1)
        for times, is_found in ((2.9, True), (3.1, False)):
            observed = run(accuracy=low, val_accuracy=flat(0.1 + times * noise), more=more)
            assert (judged("nothing-learned", observed) is not None) is is_found

    def test_learning_by_heart_is_learning(self):
        assert judged("nothing-learned", run(accuracy=flat(0.9), val_accuracy=flat(0.1))) is None

    def test_the_commonest_class_is_counted_where_labels_are_kept(self):
        more = {"answers": (5_000, 5_000), "labels": (7_000, 3_000)}
        low = flat(0.7)
        assert judged("nothing-learned", run(accuracy=low, val_accuracy=flat(0.71), more=more)) is not None
        assert judged("nothing-learned", run(accuracy=low, val_accuracy=flat(0.73), more=more)) is None

    def test_what_learned_nothing_has_no_gap_and_no_convergence(self):
        codes = found(run(accuracy=flat(0.1), val_accuracy=flat(0.1)))
        assert codes == {"nothing-learned"}


class TestStoppingEarly:
    LOSS = (0.5, 0.3, 0.2, 0.25, 0.21, 0.22)

    def stopped(self, **more: object) -> RunEvidence:
        return run(
            status=Status.EARLY_STOPPED,
            configuration=stopping(monitor="val_loss", patience=3),
            val_data_loss=self.LOSS,
            val_accuracy=[0.8, 0.9, 0.95, 0.93, 0.94, 0.92],
            more=more,
        )

    def test_it_says_where_and_what_restoring_would_have_given(self):
        fact = judged("stopped-early", self.stopped())
        assert fact.severity is INFO
        told = {name: fact.evidence[name] for name in ("epoch", "best_epoch", "accuracy", "best_accuracy")}
        assert told == {"epoch": 6, "best_epoch": 3, "accuracy": 0.92, "best_accuracy": 0.95}
        assert fact.placeholders["restored"].code == "diagnosis.stopped-not-restored"

    def test_other_patiences_follow_from_the_trajectory(self):
        further = made_runs.rows(
            val_loss=[*self.LOSS, 0.19, 0.3, 0.3, 0.3, 0.3, 0.3],
            val_accuracy=[0.8, 0.9, 0.95, 0.93, 0.94, 0.92, 0.96, 0.9, 0.9, 0.9, 0.9, 0.9],
        )
        evidence = judged("stopped-early", self.stopped(beyond=tuple(further))).evidence
        assert (evidence["patience_1_stops"], evidence["patience_2_stops"]) == (4, 5)
        assert evidence["patience_5_stops"] == 12
        assert evidence["patience_1_accuracy"] == 0.93
        assert "patience_10_stops" not in evidence

    def test_more_patience_is_not_guessed_at(self):
        fact = judged("stopped-early", self.stopped())
        assert "patience_5_stops" not in fact.evidence

    def test_a_run_that_did_not_stop_is_not_asked(self):
        assert abstains("stopped-early", run(accuracy=flat(0.9), configuration=stopping()))

    @pytest.mark.parametrize(("times", "is_found"), [(0.9, False), (1.1, True)])
    def test_the_gain_must_exceed_one_standard_error(self, times, is_found):
        limit = standard_error(0.92, 6_000)
        curve = [*flat(0.92 - times * limit, 6), *flat(0.92, 34)]
        stopped = run(
            status=Status.EARLY_STOPPED,
            configuration=stopping(patience=3),
            val_accuracy=curve[:6],
            more={"beyond": tuple(made_runs.rows(val_loss=flat(0.2, 40), val_accuracy=curve))},
        )
        assert (judged("stopped-too-soon", stopped) is not None) is is_found

    def test_without_a_longer_run_nothing_is_said_of_it(self):
        assert abstains("stopped-too-soon", self.stopped())

    @pytest.mark.parametrize(("of_data", "is_found"), [(0.4, True), (0.6, False)])
    def test_it_watched_the_penalty_where_that_is_most_of_the_fall(self, of_data, is_found):
        observed = run(
            configuration=stopping(monitor="val_loss", patience=3),
            val_data_loss=np.linspace(0.1 + of_data, 0.1, 20),
            data_loss=np.linspace(0.1 + of_data, 0.1, 20),
            penalty=np.linspace(1 - of_data, 0, 20) + 0.01,
        )
        assert (judged("stopped-on-penalty", observed) is not None) is is_found

    def test_a_monitor_without_a_penalty_in_it_is_not_asked(self):
        penalty = np.linspace(1, 0.1, 20)
        assert abstains(
            "stopped-on-penalty", run(configuration=stopping(monitor="val_accuracy"), penalty=penalty)
        )
        assert abstains("stopped-on-penalty", run(configuration=stopping(), data_loss=flat(0.1, 20)))


class TestOneAnswer:
    def answering(self, others: int, **more: object) -> RunEvidence:
        labels = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
        answers = (others, 10_000 - others, *[0] * 8)
        more = {"answers": answers, "labels": labels, **more}
        return run(accuracy=flat(0.112), val_accuracy=flat(0.115), test=0.1135, more=more)

    def test_it_is_claimed_while_the_others_could_not_move_the_accuracy(self):
        most = math.floor(10_000 * standard_error(0.1135, 10_000))
        fact = judged("one-answer", self.answering(most))
        assert fact.severity is SERIOUS
        assert (fact.placeholders["answer"], fact.evidence["of_class"]) == ("1", 0.1135)
        assert judged("one-answer", self.answering(most + 1)) is None

    def test_it_is_not_called_underfitting_or_nothing_learned_besides(self):
        assert found(self.answering(0)) == {"one-answer"}

    @pytest.mark.parametrize(
        ("measured", "because"),
        [
            ((), "unmeasured"),
            (probes(first={}, then={}), "unknown"),
            (probes(first={"hidden_1": DIED}, then={"hidden_1": DIED}), "zero-gradient"),
            (probes(first={}, then={"hidden_1": replace(ALIVE, active=0.0001)}), "silent-layer"),
            (probes(first={}, then={"hidden_1": DIED}), "silent-layer"),
            (
                probes(
                    first={"hidden_1": replace(ALIVE, identical=1.0)},
                    then={"hidden_1": replace(ALIVE, identical=1.0)},
                ),
                "identical-units",
            ),
        ],
        ids=lambda each: each if isinstance(each, str) else "",
    )
    def test_each_has_the_cause_that_was_measured(self, measured, because):
        fact = judged("one-answer", self.answering(0, probes=measured))
        assert fact.placeholders["because"].code == f"diagnosis.because-{because}"

    def test_it_says_nothing_without_answers(self):
        assert abstains("one-answer", run(accuracy=flat(0.11)))


class TestInside:
    def measured(self, first: dict, then: dict, *, learned: bool = True, **more: object) -> RunEvidence:
        top = 0.97 if learned else 0.1
        probes_ = probes(first=first, then=then)
        return run(accuracy=flat(top), val_accuracy=flat(top), more={"probes": probes_}, **more)

    def layer(self, **changes: object) -> dict[str, LayerProbe]:
        return {"hidden_1": replace(ALIVE, **changes)}

    def test_nothing_is_found_in_an_uneventful_run(self):
        assert found(self.measured({}, {})) == {"gap", "converged"}

    @pytest.mark.parametrize(
        "code", ["zero-gradient", "silent-layer", "dead-units", "identical-units", "exploding", "vanishing"]
    )
    def test_without_probes_nothing_is_said(self, code):
        assert abstains(code, run(accuracy=flat(0.9)))
        assert abstains(code, run(accuracy=flat(0.9), more={"probes": (probe(0),)}))

    def test_a_zero_gradient_is_exactly_zero(self):
        fact = judged("zero-gradient", self.measured(self.layer(gradient=0.0), self.layer(gradient=0.0)))
        assert fact.severity is SERIOUS
        assert fact.evidence["step"] == 0
        assert str(fact.placeholders["layers_named"]) == "hidden_1"
        assert judged("zero-gradient", self.measured(self.layer(), self.layer(gradient=1e-30))) is None

    def test_a_gradient_that_came_back_is_none(self):
        measured = (probe(0, **self.layer(gradient=0.0)), probe(1, **self.layer(gradient=0.0)), probe(2))
        assert judged("zero-gradient", run(accuracy=flat(0.9), more={"probes": measured})) is None

    def test_a_gradient_lost_on_the_way_says_when(self):
        fact = judged("zero-gradient", self.measured(self.layer(), {"hidden_1": DIED}))
        assert fact.evidence["step"] == 2
        assert fact.placeholders["because"].code == "diagnosis.zero-silent-later"

    @pytest.mark.parametrize(("active", "is_found"), [(0.0099, True), (0.01, False)])
    def test_a_silent_layer_is_below_a_hundredth(self, active, is_found):
        fact = judged("silent-layer", self.measured(self.layer(), self.layer(active=active)))
        assert (fact is not None) is is_found

    def test_a_layer_silenced_by_a_jump_of_the_loss_says_so(self):
        then = {**self.layer(active=0.0001), "data_loss": 5e7}
        fact = judged("silent-layer", self.measured({"data_loss": 30.0}, then, learned=False))
        assert fact.severity is SERIOUS
        assert fact.placeholders["because"].code == "diagnosis.silent-after-jump"
        assert fact.evidence["highest_loss"] == 5e7

    @pytest.mark.parametrize(("dead", "is_found"), [(0.49, False), (0.5, True)])
    def test_dead_units_are_told_from_half_of_a_layer_on(self, dead, is_found):
        fact = judged("dead-units", self.measured(self.layer(), self.layer(dead=dead)))
        assert (fact is not None) is is_found

    @pytest.mark.parametrize(("learned", "severity"), [(True, INFO), (False, WARNING)])
    def test_dead_units_alarm_by_themselves_only_where_nothing_was_learned(self, learned, severity):
        observed = self.measured(self.layer(), self.layer(dead=0.6), learned=learned)
        assert judged("dead-units", observed).severity is severity

    @pytest.mark.parametrize(
        ("share", "severity"), [(0.0, None), (0.1, INFO), (0.5, WARNING), (1.0, WARNING)]
    )
    def test_random_weights_have_no_copies(self, share, severity):
        fact = judged(
            "identical-units", self.measured(self.layer(identical=1.0), self.layer(identical=share))
        )
        assert (fact and fact.severity) is severity

    @pytest.mark.parametrize(
        ("ratio", "loss", "is_found"), [(1.0, 9.0, False), (1.1, 9.0, True), (1.1, 0.4, False)]
    )
    def test_an_explosion_replaces_the_weights_and_raises_the_loss(self, ratio, loss, is_found):
        observed = self.measured({"data_loss": 0.5, **self.layer(ratio=ratio)}, {"data_loss": loss})
        fact = judged("exploding", observed)
        assert (fact is not None) is is_found
        if fact:
            assert fact.severity is INFO
            lasting = self.measured(
                {"data_loss": 0.5, **self.layer(ratio=ratio)}, {"data_loss": loss}, learned=False
            )
            assert judged("exploding", lasting).severity is SERIOUS

    def test_weights_that_start_at_zero_do_not_explode(self):
        zero = replace(LAST, weight=0.0, ratio=None)
        assert judged("exploding", self.measured({"output": zero}, {"data_loss": 9.0})) is None

    @pytest.mark.parametrize(("times", "is_found"), [(0.9, True), (1.1, False)])
    def test_vanishing_updates_would_not_move_a_layer_by_a_hundredth(self, times, is_found):
        updates = 30 * math.ceil(54_000 / 128)
        ratio = times * 0.01 / updates
        fact = judged("vanishing", self.measured(self.layer(ratio=ratio), self.layer(ratio=ratio)))
        assert (fact is not None) is is_found

    @pytest.mark.parametrize(("first", "is_found"), [(0.009, True), (0.011, False)])
    def test_a_layer_that_one_update_has_moved_has_not_vanished(self, first, is_found):
        observed = self.measured(self.layer(ratio=first), self.layer(ratio=1e-9))
        assert (judged("vanishing", observed) is not None) is is_found

    @pytest.mark.parametrize("lost", [{"gradient": 0.0}, {"active": 0.0}])
    def test_a_lost_layer_is_why_the_others_hardly_move(self, lost):
        still = {"output": replace(made_runs.LAST, ratio=1e-9)}
        assert judged("vanishing", self.measured(still, still)) is not None
        assert judged("vanishing", self.measured(still, {**still, **self.layer(**lost)})) is None

    @pytest.mark.parametrize(("times", "severity"), [(1.9, None), (2.0, INFO), (9.9, INFO), (10.1, WARNING)])
    def test_a_loud_start_on_scaled_pixels_is_that_of_large_weights(self, times, severity):
        first = {"data_loss": times * math.log(10)}
        fact = judged("large-weights", self.measured(first, {}))
        assert (fact and fact.severity) is severity
        assert judged("large-weights", self.measured(first, {}, configuration=made_runs.unscaled())) is None

    @pytest.mark.parametrize(("share", "is_found"), [(0.49, False), (0.5, True)])
    def test_saturation_is_told_of_what_has_not_learned(self, share, is_found):
        assert (
            judged("saturation", self.measured({}, {"saturated": share}, learned=False)) is not None
        ) is is_found
        assert judged("saturation", self.measured({}, {"saturated": share})) is None

    @pytest.mark.parametrize(("times", "is_found"), [(1.9, False), (2.0, True)])
    def test_unscaled_pixels_are_told_where_the_start_is_loud(self, times, is_found):
        first = {"data_loss": times * math.log(10)}
        assert judged("unscaled-input", self.measured(first, {})) is None
        fact = judged("unscaled-input", self.measured(first, {}, configuration=made_runs.unscaled()))
        assert (fact is not None) is is_found

    def test_an_even_answer_s_loss_is_known_of_cross_entropies_alone(self):
        assert even_loss(run(accuracy=flat(0.9))) == pytest.approx(math.log(10))
        assert even_loss(run(accuracy=flat(0.9), configuration=made_runs.configuration(loss="mse"))) is None

    @pytest.mark.parametrize(("penalty", "is_found"), [(0.049, False), (0.051, True)])
    def test_the_penalty_dominates_from_half_of_the_loss_on(self, penalty, is_found):
        fact = judged("penalty-dominates", run(penalty=flat(penalty), data_loss=flat(0.05)))
        assert (fact is not None) is is_found
        assert abstains("penalty-dominates", run(data_loss=flat(0.05)))


def test_early_stopping_is_simulated_as_it_is_trained():
    from paribus.analysis.runs.early_stopping import stops
    from paribus.record.early_stopping import Stopper

    draw = np.random.default_rng(3)
    for _ in range(300):
        monitor = str(draw.choice(["val_loss", "val_accuracy"]))
        settings = EarlyStopping(
            monitor=monitor,
            patience=int(draw.integers(0, 5)),
            min_delta=float(draw.choice([0.0, 0.02])),
            start_from_epoch=int(draw.integers(0, 3)),
            baseline=None if draw.random() < 0.7 else 0.5,
        )
        values = draw.integers(0, 20, 25) / 20
        history = made_runs.rows(**{monitor: values})
        stopper = Stopper(settings)
        ended = next((e for e, row in enumerate(history, 1) if stopper.observe(e, row)), None)
        assert stops(settings, history, settings.patience) == (ended, stopper.best_epoch or 0)
