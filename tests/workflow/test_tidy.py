"""Tidy tables: what other programs read of a study."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest

import paribus as pb
from paribus.errors import UsageError
from paribus.record.records import Records
from paribus.record.run import Status
from paribus.workflow.tidy import as_csv, as_json, tidy


@pytest.fixture
def records(made):
    runs = {
        ("plain", 0): made.run(made.history(3), test=0.9),
        ("=l2", 1): made.run(made.history(2), seed=1, status=Status.DIVERGED),
    }
    return Records(runs)


def test_every_epoch_is_a_row(records):
    epochs = tidy(records).epochs
    assert list(epochs.columns[:4]) == ["variant", "seed", "epoch", "loss"]
    assert epochs["epoch"].tolist() == [1, 2, 3, 1, 2]
    assert epochs["val_accuracy"].tolist()[:3] == [row["val_accuracy"] for row in records["plain", 0].history]


def test_every_run_is_a_row_with_its_test_and_settings(records):
    runs = tidy(records).runs.set_index("variant")
    assert runs.loc["plain", "test_accuracy"] == 0.9
    assert runs.loc["plain", "settings.optimizer.learning_rate"] == 0.01
    assert runs.loc["=l2", "status"] == "diverged"
    assert pd.isna(runs.loc["=l2", "test_accuracy"])


def test_csv_is_read_back_to_the_last_digit(records):
    table = tidy(records).epochs
    read = pd.read_csv(io.StringIO(as_csv(table)))
    assert read["loss"].tolist() == table["loss"].tolist()


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1", '"=1'])
def test_no_name_is_a_formula(made, name):
    rows = list(csv.reader(io.StringIO(as_csv(tidy(Records({(name, 0): made.run(made.history(1))})).epochs))))
    assert rows[1][0] == f"'{name}"


def test_no_name_is_a_formula_where_cells_end_at_semicolons_or_hides_what_it_has(made):
    records = Records(
        {(name, 0): made.run(made.history(1)) for name in ("a;=1", "\t=1", "b\x1b[31m\u202e\n=2")}
    )
    names = [row[0] for row in csv.reader(io.StringIO(as_csv(tidy(records).epochs)))]
    assert names[1:] == ["a;'=1", "' =1", "b�[31m� =2"]


def test_negative_numbers_stay_numbers(made):
    history = [{"epoch": 1, "loss": -0.5}]
    assert "plain,0,1,-0.5\n" in as_csv(tidy(Records({("plain", 0): made.run(history)})).epochs)


def test_json_has_both_tables_and_null_for_what_is_missing(records):
    tree = json.loads(as_json("mine", tidy(records)))
    assert (tree["study"], tree["schema"]) == ("mine", 1)
    assert tree["epochs"][4]["variant"] == "=l2"
    assert tree["runs"][1]["test_accuracy"] is None
    assert tree["runs"][0]["settings.epochs"] == 3


def test_a_study_without_runs_has_empty_tables():
    tables = tidy(Records({}))
    assert as_csv(tables.epochs) == "variant,seed,epoch\n"
    assert len(tables.runs) == 0


@pytest.fixture
def results(made, tmp_path):
    from tests.trackers.conftest import Written

    written = Written(made.study(), made.MNIST, tmp_path / "study")
    written.whole("plain")
    return pb.load_results(written.folder)


def test_results_are_written_in_the_format_of_the_files_ending(results, tmp_path):
    assert results.export(tmp_path / "mine.csv") == tmp_path / "mine.csv"
    assert len(pd.read_csv(tmp_path / "mine.csv")) == 3
    assert pd.read_csv(tmp_path / "mine-runs.csv")["status"].tolist() == ["finished"]
    results.export(tmp_path / "mine.json")
    assert len(json.loads((tmp_path / "mine.json").read_text())["epochs"]) == 3
    with pytest.raises(UsageError, match=r"\.csv, \.json, \.parquet"):
        results.export(tmp_path / "mine.xls")
    with pytest.raises(UsageError, match="there is no folder"):
        results.export(tmp_path / "nowhere" / "mine.csv")


@pytest.mark.trackers
def test_parquet_has_the_same_columns_and_kinds(results, records, tmp_path):
    import pyarrow.parquet

    results.export(tmp_path / "mine.parquet")
    read = pyarrow.parquet.read_table(tmp_path / "mine.parquet")
    assert read.column_names[:3] == ["variant", "seed", "epoch"]
    pd.testing.assert_frame_equal(read.to_pandas(), tidy(results.records).epochs, check_dtype=False)
    runs = pyarrow.parquet.read_table(tmp_path / "mine-runs.parquet").to_pandas()
    assert runs["settings.optimizer.learning_rate"].tolist() == [0.01]
