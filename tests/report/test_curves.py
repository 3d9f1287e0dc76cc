from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from paribus.record.run import Status
from paribus.report.curves import curve_info, kept_epoch


def frame(runs):
    return pd.concat(pd.DataFrame(run.history).assign(seed=run.spec.seed) for run in runs)


def test_mean_and_band_are_those_pandas_computes(made):
    runs = [made.run(made.history(epochs, seed=s), seed=s) for s, epochs in enumerate((5, 9, 7))]
    info = curve_info(runs)
    grouped = frame(runs).groupby("epoch").val_accuracy
    band = info.bands["val_accuracy"]
    np.testing.assert_allclose(band.mean, grouped.mean())
    np.testing.assert_allclose(band.low, grouped.min())
    np.testing.assert_allclose(band.high, grouped.max())
    np.testing.assert_array_equal(band.n_runs, grouped.count())


def test_a_band_of_standard_deviations_uses_the_sample_formula_and_none_for_a_lone_run(made):
    runs = [made.run(made.history(epochs, seed=s), seed=s) for s, epochs in enumerate((4, 6, 4))]
    band = curve_info(runs, band_kind="deviation").bands["val_accuracy"]
    deviation = frame(runs).groupby("epoch").val_accuracy.std().fillna(0)
    np.testing.assert_allclose(band.high - band.mean, deviation, atol=1e-12)
    assert band.low[-1] == band.mean[-1] == band.high[-1]


def test_runs_that_end_early_are_not_padded(made):
    runs = [
        made.run(made.history(e, seed=s), seed=s, status=Status.EARLY_STOPPED)
        for s, e in enumerate((10, 14, 12))
    ]
    info = curve_info(runs)
    assert list(info.epochs) == list(range(1, 15))
    assert list(info.n_runs) == [3] * 10 + [2] * 2 + [1] * 2
    assert info.bands["loss"].complete_epochs == 10
    assert info.bands["loss"].mean[-1] == runs[1].history[-1]["loss"]


def test_values_that_are_not_finite_count_as_none(made):
    history = made.history(4)
    history[-1] = {**history[-1], "loss": float("nan"), "val_loss": float("inf")}
    info = curve_info([made.run(history, status=Status.DIVERGED)])
    assert info.bands["loss"].n_runs.tolist() == [1, 1, 1, 0]
    assert np.isnan(info.bands["loss"].mean[-1])
    assert np.isnan(info.bands["val_loss"].high[-1])
    assert info.bands["accuracy"].n_runs.tolist() == [1, 1, 1, 1]


def test_a_diverged_run_is_kept_apart_from_those_that_did_not(made):
    wild = [{**row, "loss": 1e9} for row in made.history(3)]
    runs = [made.run(wild, seed=0, status=Status.DIVERGED), *made.runs(3)[1:]]
    info = curve_info(runs)
    assert info.runs == 2
    assert len(info.records) == 3
    assert info.bands["loss"].high.max() < 1
    assert info.diverged[0]["loss"].tolist() == [1e9] * 3


def test_where_all_runs_diverged_the_bands_are_theirs(made):
    info = curve_info([made.run(made.history(3), seed=s, status=Status.DIVERGED) for s in range(2)])
    assert info.runs == 2
    assert info.diverged == ()
    assert info.test == ()


def test_a_run_that_has_not_ended_keeps_no_weights(made):
    stopped = made.run(made.history(14), status=Status.EARLY_STOPPED, kept_epoch=9, test=0.95)
    running = made.run(made.history(3), seed=1, status=Status.RUNNING)
    assert (kept_epoch(stopped), kept_epoch(running)) == (9, None)
    assert curve_info([stopped, running]).test == (0.95,)


def test_a_study_without_an_epoch_has_empty_curves(made):
    for runs in ([], [made.run([], status=Status.RUNNING)]):
        info = curve_info(runs)
        assert len(info.epochs) == len(info.n_runs) == len(info.bands) == 0


@pytest.mark.parametrize(("penalty", "penalised"), [((0.0, 0.0), False), ((3.0, 0.1), True)])
def test_a_variant_is_penalised_if_its_penalty_is_ever_above_zero(made, penalty, penalised):
    assert curve_info([made.run(made.history(5, penalty=penalty))]).penalised is penalised
