"""`paribus export` and `paribus run --log` as a user meets them."""

import json

import pandas as pd
import pytest
from tests.trackers.conftest import Written


@pytest.fixture
def folder(made, tmp_path):
    written = Written(made.study(), made.MNIST, tmp_path / "study")
    written.whole("plain")
    written.whole("l2")
    return written.folder


def test_epochs_are_printed_as_csv(paribus, folder):
    lines = paribus("export", folder).out.splitlines()
    assert lines[0] == "variant,seed,epoch,loss,val_accuracy"
    assert lines[1] == "plain,0,1,1.0,0.5"
    assert len(lines) == 7


def test_runs_are_printed_where_they_are_asked_for(paribus, folder):
    assert paribus("export", folder, "--runs").out.startswith("variant,seed,status,")


def test_json_is_printed_whole(paribus, folder):
    assert len(json.loads(paribus("export", folder, "--format", "json").out)["runs"]) == 2


def test_files_are_named_as_they_are_written(paribus, folder, tmp_path):
    answer = paribus("export", folder, "--format", "csv", "--out", tmp_path / "mine.csv")
    assert answer.out.splitlines() == [f"Written: {tmp_path}/mine.csv", f"Written: {tmp_path}/mine-runs.csv"]
    assert len(pd.read_csv(tmp_path / "mine.csv")) == 6


def test_a_card_needs_a_variant_where_there_are_several(paribus, folder):
    answer = paribus("export", folder, "--format", "card")
    assert (answer.status, answer.out) == (2, "")
    assert "Name one of them: plain, l2" in answer.err
    assert paribus("export", folder, "--format", "card", "--variant", "l2").out.startswith("---\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "parquet"], "--out results.parquet"),
        (["--format", "csv", "--out", "mine.json"], ".csv"),
    ],
)
def test_what_does_not_fit_is_one_message(paribus, folder, words, said):
    answer = paribus("export", folder, *words)
    assert answer.status == 2
    assert said in answer.err


def test_a_tracker_that_is_not_known_is_named_before_anything_is_trained(paribus, small_study):
    answer = paribus("run", small_study, "--log", "mlfow")
    assert answer.status == 2
    assert "Did you mean 'mlflow'?" in answer.err


def test_a_tracker_that_is_not_installed_is_named_before_anything_is_trained(
    paribus, small_study, small_images, monkeypatch, tmp_path
):
    from paribus.trackers import watching

    monkeypatch.setattr(watching.importlib.util, "find_spec", lambda _name: None)
    answer = paribus(
        "run", small_study, "--data-dir", small_images, "--out", tmp_path / "out", "--log", "wandb"
    )
    assert answer.status == 2
    assert "pip install wandb" in answer.err
    assert not (tmp_path / "out").exists()
