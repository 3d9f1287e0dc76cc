"""Runs that lost what they had learned, some of it or all, at both sides of each boundary."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analysis.made_runs import LABELS, flat, found, judged, rising, run, stopping

from paribus.analysis.finding import Severity
from paribus.analysis.runs.curves import N_SIGMA, standard_error

SERIOUS, WARNING, INFO = Severity


def declining(fall: float, epochs: int = 26):
    """An accuracy that rises to 95 % within four epochs, and falls by so much over the others."""
    return [0.8, 0.9, 0.93, 0.95, *np.linspace(0.95, 0.95 - fall, epochs)]


def growing(start: float, end: float):
    return [2.0, 1.0, 0.5, start, *np.linspace(start, end, 26)]


class TestDeclined:
    def test_accuracies_that_fall_together_have_declined_and_do_not_overfit(self):
        worse = run(
            accuracy=declining(0.25),
            val_accuracy=declining(0.25),
            data_loss=growing(0.2, 1.0),
            val_data_loss=growing(0.2, 1.0),
        )
        assert found(worse) == {"declined", "gap"}
        fact = judged("declined", worse)
        assert fact.severity is WARNING
        assert fact.evidence["best_epoch"] == pytest.approx(5, abs=1)
        assert fact.evidence["last"] == pytest.approx(0.71, abs=0.01)

    def test_where_training_accuracy_holds_it_has_not_declined(self):
        overfits = run(accuracy=rising(0.99), val_accuracy=declining(0.25), val_data_loss=growing(0.2, 1.0))
        assert {"overfitting"} <= found(overfits)
        assert "declined" not in found(overfits)

    @pytest.mark.parametrize(("times", "is_found"), [(0.8, False), (1.3, True)])
    def test_it_begins_where_other_images_would_not_make_it(self, times, is_found):
        fall = times * N_SIGMA * standard_error(0.95, 6_000)
        curve = declining(fall)
        assert ("declined" in found(run(accuracy=curve, val_accuracy=curve))) is is_found

    def test_noise_around_a_level_is_no_decline(self):
        draw = np.random.default_rng(8)
        for _ in range(100):
            curves = {name: 0.95 + draw.normal(0, 0.005, 30) for name in ("accuracy", "val_accuracy")}
            assert judged("declined", run(**curves)) is None

    def test_eight_epochs_that_fall_in_order_have_declined(self):
        curve = [0.95, 0.9, 0.86, 0.8, 0.75, 0.74, 0.7, 0.6]
        assert "declined" in found(run(accuracy=curve, val_accuracy=curve))
        assert "declined" not in found(run(accuracy=curve[::-1], val_accuracy=curve[::-1]))

    def test_it_is_no_warning_where_the_best_weights_were_restored(self):
        restored = stopping(monitor="val_loss", restore_best_weights=True)
        curve = declining(0.25)
        worse = run(accuracy=curve, val_accuracy=curve, configuration=restored, kept_epoch=4)
        assert judged("declined", worse).severity is INFO


class TestCollapsed:
    """The commonest class of MNIST's test images has 11.35 % of them."""

    def test_what_had_learned_has_collapsed_and_did_not_learn_nothing(self):
        curve = [*rising(0.97, 28), 0.1135, 0.1135]
        observed = run(accuracy=curve, val_accuracy=curve, more={"labels": LABELS})
        assert found(observed) == {"collapsed"}
        fact = judged("collapsed", observed)
        assert fact.severity is SERIOUS
        assert (fact.evidence["epoch"], fact.evidence["best_epoch"]) == (28, 28)

    def test_it_has_whatever_the_mean_over_the_last_epoch_is(self):
        curve = [*flat(0.97, 29), 0.1135]
        observed = run(accuracy=flat(0.97), val_accuracy=curve, more={"labels": LABELS})
        assert found(observed) == {"collapsed"}

    def test_its_single_prediction_is_told_besides(self):
        curve = [*flat(0.97, 28), 0.1135, 0.1135]
        more = {"predicted": (0, 10_000, *[0] * 8), "labels": LABELS}
        assert found(run(accuracy=curve, val_accuracy=curve, more=more)) == {"collapsed", "one-answer"}

    def test_what_never_learned_has_not(self):
        assert found(run(accuracy=flat(0.1), val_accuracy=flat(0.1))) == {"nothing-learned"}

    @pytest.mark.parametrize(("times", "is_found"), [(1.9, False), (2.1, True)])
    def test_one_good_epoch_must_exceed_twice_the_noise(self, times, is_found):
        low = run(accuracy=flat(0.1), val_accuracy=flat(0.1))
        limit = low.learning_threshold(6_000) - low.majority_share
        curve = [*flat(0.1, 10), 0.1 + times * limit, *flat(0.1, 19)]
        assert ("collapsed" in found(run(accuracy=flat(0.1), val_accuracy=curve))) is is_found

    def test_restored_weights_have_not_collapsed(self):
        restored = stopping(monitor="val_loss", restore_best_weights=True)
        curve = [*flat(0.97, 25), *flat(0.1135, 5)]
        kept = run(accuracy=curve, val_accuracy=curve, configuration=restored, kept_epoch=20)
        assert judged("collapsed", kept) is None
        assert judged("declined", kept).severity is INFO

    def test_a_fall_to_better_than_chance_is_a_decline(self):
        curve = [*flat(0.97, 25), *flat(0.5, 5)]
        assert {"declined"} <= found(run(accuracy=curve, val_accuracy=curve))
        assert "collapsed" not in found(run(accuracy=curve, val_accuracy=curve))
