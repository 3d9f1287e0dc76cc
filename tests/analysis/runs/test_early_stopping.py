"""Runs that stopped early, and what other patiences would have done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analysis import made_runs
from tests.analysis.made_runs import (
    LOSSES,
    abstains,
    flat,
    judged,
    of,
    run,
    stopped_early,
    stopping,
    study,
)

from paribus.analysis.finding import Severity
from paribus.analysis.runs.curves import standard_error
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.early_stopping import stops
from paribus.record.early_stopping import Stopper
from paribus.record.run import Status
from paribus.study.configuration import EarlyStopping

INFO = Severity.INFO


class TestStoppingEarly:
    def test_it_says_where_and_what_restoring_would_have_given(self):
        fact = judged("stopped-early", stopped_early())
        assert fact.severity is INFO
        told = {name: fact.evidence[name] for name in ("epoch", "best_epoch", "accuracy", "best_accuracy")}
        assert told == {"epoch": 6, "best_epoch": 3, "accuracy": 0.92, "best_accuracy": 0.95}
        assert fact.placeholders["restored"].code == "diagnosis.stopped-not-restored"

    @pytest.mark.parametrize("restores", [True, False])
    def test_where_nothing_is_counted_it_names_the_weights_that_were_kept(self, restores):
        stopped = run(
            status=Status.EARLY_STOPPED,
            configuration=stopping(monitor="val_loss", patience=3, restore_best_weights=restores),
            val_data_loss=LOSSES,
        )
        rows = tuple(
            {key: row[key] for key in row if key != "val_accuracy"} for row in stopped.record.history
        )
        stopped = replace(stopped, record=replace(stopped.record, history=rows), longest_history=rows)
        told = str(judged("stopped-early", stopped).placeholders["restored"])
        assert ("epoch 3 were restored" if restores else "not those of epoch 3") in told

    def test_other_patiences_follow_from_the_trajectory(self):
        further = made_runs.rows(
            val_loss=[*LOSSES, 0.19, 0.3, 0.3, 0.3, 0.3, 0.3],
            val_accuracy=[0.8, 0.9, 0.95, 0.93, 0.94, 0.92, 0.96, 0.9, 0.9, 0.9, 0.9, 0.9],
        )
        evidence = judged("stopped-early", stopped_early(longest_history=tuple(further))).evidence
        assert (evidence["patience_1_stops"], evidence["patience_2_stops"]) == (4, 5)
        assert evidence["patience_5_stops"] == 12
        assert evidence["patience_1_accuracy"] == 0.93
        assert "patience_10_stops" not in evidence

    def test_more_patience_is_not_guessed_at(self):
        fact = judged("stopped-early", stopped_early())
        assert "patience_5_stops" not in fact.evidence

    def test_a_run_that_did_not_stop_has_not(self):
        assert judged("stopped-early", run(accuracy=flat(0.9), configuration=stopping())) is None
        assert abstains("stopped-early", run(accuracy=flat(0.9)))

    @pytest.mark.parametrize(
        ("settings", "values", "told", "odd"),
        [
            ({}, [0.9, 0.8, 0.85, 0.9, 0.95], "waited-best", ""),
            ({"min_delta": 0.5}, [0.9, 0.8, 0.7, 0.6], "waited-min-delta", ""),
            ({"baseline": 0.1}, [0.9, 0.8, 0.7, 0.6], "waited-baseline", ""),
            ({"baseline": 0.85}, [0.9, 0.8, 0.9, 0.9, 0.9], "waited-best", ""),
            ({"mode": "max"}, [0.9, 0.8, 0.7, 0.6], "waited-best", "waited-max"),
            ({"mode": "min"}, [0.9, 0.95, 0.95, 0.95], "waited-best", ""),
        ],
    )
    def test_it_says_what_was_waited_for_in_vain(self, settings, values, told, odd):
        stopped = run(
            status=Status.EARLY_STOPPED,
            configuration=stopping(monitor="val_loss", patience=3, **settings),
            val_data_loss=values,
        )
        first, second = judged("stopped-early", stopped).placeholders["waited"].parts
        assert first.code == f"diagnosis.{told}"
        assert (second.code if second else "") == (f"diagnosis.{odd}" if odd else "")

    def test_a_baseline_that_was_never_reached_is_no_lack_of_a_new_best(self):
        stopped = run(
            status=Status.EARLY_STOPPED,
            configuration=stopping(monitor="val_accuracy", patience=3, baseline=0.99),
            val_accuracy=[0.9, 0.94, 0.942, 0.941],
        )
        waited = str(judged("stopped-early", stopped).placeholders["waited"])
        assert "never passed its baseline of 0.99" in waited
        assert "no new best" not in waited

    def test_over_seeds_it_says_when_the_first_and_the_last_stopped_and_of_how_many(self):
        known = {
            ("plain", seed): run(
                status=Status.EARLY_STOPPED,
                configuration=stopping(monitor="val_loss", patience=3),
                val_data_loss=[*np.linspace(0.9, 0.5, epochs), *flat(0.6, 3)],
            )
            for seed, epochs in enumerate((4, 6, 9))
        } | {("plain", seed): run(configuration=stopping(), accuracy=flat(0.9)) for seed in (3, 4)}
        told = str(of(diagnose(study(), known), "stopped-early", "plain").why)
        assert "3 runs stopped early, after epochs 7 to 12" in told
        assert "in 3 of 5 runs" in told

    @pytest.mark.parametrize(("times", "is_found"), [(0.9, False), (1.1, True)])
    def test_the_gain_must_exceed_one_standard_error(self, times, is_found):
        limit = standard_error(0.92, 6_000)
        curve = [*flat(0.92 - times * limit, 6), *flat(0.92, 34)]
        stopped = run(
            status=Status.EARLY_STOPPED,
            configuration=stopping(patience=3),
            val_accuracy=curve[:6],
            more={"longest_history": tuple(made_runs.rows(val_loss=flat(0.2, 40), val_accuracy=curve))},
        )
        assert (judged("stopped-too-soon", stopped) is not None) is is_found

    def test_without_a_longer_run_nothing_is_said_of_it(self):
        assert abstains("stopped-too-soon", stopped_early())

    @pytest.mark.parametrize(("of_data", "is_found"), [(0.4, True), (0.6, False)])
    def test_it_watched_the_penalty_where_that_is_most_of_the_fall(self, of_data, is_found):
        observed = run(
            configuration=stopping(monitor="val_loss", patience=3),
            val_data_loss=np.linspace(0.1 + of_data, 0.1, 20),
            data_loss=np.linspace(0.1 + of_data, 0.1, 20),
            penalty=np.linspace(1 - of_data, 0, 20) + 0.01,
        )
        assert (judged("stopped-on-penalty", observed) is not None) is is_found

    @pytest.mark.parametrize(("share", "is_found"), [(0.9, True), (0.2, False)])
    def test_a_penalty_that_stood_still_at_the_end_is_not_what_was_watched(self, share, is_found):
        """It decays to this share of itself in an epoch: by epoch 10 little or nothing is left to fall."""
        data = [*np.linspace(0.3, 0.2, 19), 0.21, 0.2]
        observed = run(
            configuration=stopping(monitor="val_loss", patience=3),
            val_data_loss=data,
            data_loss=data,
            penalty=5 * share ** np.arange(21),
        )
        found = judged("stopped-on-penalty", observed)
        assert (found is not None) is is_found

    def test_it_says_what_keeps_the_loss_reaching_new_bests(self):
        observed = run(
            configuration=stopping(monitor="val_loss", patience=3),
            val_data_loss=np.linspace(0.5, 0.1, 20),
            data_loss=np.linspace(0.5, 0.1, 20),
            penalty=np.linspace(0.6, 0, 20) + 0.01,
        )
        told = str(of(diagnose(study(), {("plain", 0): observed}), "stopped-on-penalty", "plain").why)
        assert "of that fall is penalty, so val_loss can keep improving even when predictions do not" in told

    def test_a_monitor_without_a_penalty_in_it_is_not_asked(self):
        penalty = np.linspace(1, 0.1, 20)
        assert abstains(
            "stopped-on-penalty", run(configuration=stopping(monitor="val_accuracy"), penalty=penalty)
        )
        assert abstains("stopped-on-penalty", run(configuration=stopping(), data_loss=flat(0.1, 20)))


def test_early_stopping_is_simulated_as_it_is_trained():
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
