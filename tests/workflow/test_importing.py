"""Imported results go the way of all results, claim nothing that is not known, and cannot be trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import paribus as pb
from paribus.cli.app import app


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [
        f"{name},{seed},{epoch},{1 / epoch:.3f},{1.2 / epoch:.3f},"
        f"{0.8 + 0.05 * place + 0.002 * seed - 0.2 / epoch:.4f}"
        for place, name in enumerate(("baseline", "dropout", "wide"))
        for seed in range(5)
        for epoch in range(1, 6)
    ]
    path = tmp_path / "runs.csv"
    path.write_text("\n".join(["model,seed,epoch,loss,val_loss,val_accuracy", *rows]) + "\n")
    return path


def command(*words: str, status: int = 0) -> str:
    found = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert found.exit_code == status, found.output
    return found.output


def test_the_command_shows_its_guess_and_says_what_to_type_next(source):
    printed = command("import", "runs.csv")
    assert "15 runs of 3 variants: baseline, dropout and wide. Compared with baseline." in printed
    for line in ("model", "variant", "validation accuracy, compared", "validation loss", "training loss"):
        assert line in printed
    assert "Results: paribus-out/runs" in printed
    assert "paribus show paribus-out/runs" in printed


def test_show_says_what_is_not_known_and_offers_no_training(source):
    command("import", "runs.csv")
    printed = command("show", "runs", "--details")
    assert "independent groups, by Welch's test" in printed
    assert "whether they can be repeated is not known" in printed
    assert "No test score is known" in printed
    assert "paribus run" not in printed
    assert "paired differences" not in printed


def test_the_report_says_what_is_not_known_in_every_format(source):
    results = pb.import_results("runs.csv")
    for name in ("report.html", "report.md", "report.ipynb"):
        written = results.report(name).read_text(encoding="utf-8")
        assert "whether they can be repeated is not known" in written
        assert "pb.rerun(" not in written
        assert "pb.run(" not in written
        assert "paribus run " not in written


def test_both_languages_have_every_sentence(source):
    command("import", "runs.csv")
    with pb.language("vi"):
        words = str(pb.load_results("paribus-out/runs").comparisons())
    assert "kiểm định Welch" in words


def test_json_has_the_groups_and_where_they_came_from(source):
    command("import", "runs.csv")
    tree = json.loads(command("show", "runs", "--json"))
    assert tree["imported"]["source"] == "runs.csv"
    assert tree["imported"]["paired"] is False
    assert [len(each) for each in tree["comparisons"][0]["groups"]] == [5, 5]
    assert tree["runs"][0]["data"]["verified"] is None
    assert tree["runs"][0]["seconds"] is None


def test_any_metric_that_was_imported_can_be_compared(source):
    results = pb.import_results("runs.csv")
    assert results.compare("wide", "dropout").metric == "val_accuracy"
    assert results.compare("wide", "dropout", "val_loss").difference == pytest.approx(0, abs=1e-12)
    with pytest.raises(pb.UsageError, match="val_accuracy, val_loss"):
        results.compare("wide", "dropout", "test_accuracy")


def test_no_run_is_asked_for_that_the_source_lacks(source):
    from paribus.record.store import Store

    rows = source.read_text().replace(",4,", ",3407,")  # a seed that is no place in a row
    source.write_text(rows)
    pb.import_results("runs.csv")
    asked = Store(Path("paribus-out/runs")).asked_for()
    assert len(asked) == 15
    assert ("wide", 3407) in asked


def test_nothing_of_it_can_be_trained(source):
    study = pb.import_results("runs.csv").study
    for attempt in (pb.run, pb.plan, pb.review, pb.confirm):
        with pytest.raises(pb.UsageError, match="Paribus cannot train its runs"):
            attempt(study)


def test_importing_again_replaces_the_runs_and_keeps_the_questions(source):
    first = pb.import_results("runs.csv")
    first.comparisons()
    lines = source.read_text().splitlines()
    source.write_text(
        "\n".join(line for line in lines if not line.startswith(("wide,4", "dropout,4"))) + "\n"
    )
    again = pb.import_results("runs.csv")
    assert len(again.records) == 13
    assert again.comparisons()[0].family == 2


def test_results_that_were_trained_here_are_never_overwritten(source, tmp_path):
    from paribus.record.store import Store

    study = pb.Study(
        name="own",
        data="mnist",
        base={
            "model": {"hidden": [4], "output": "softmax"},
            "loss": "categorical_crossentropy",
            "optimizer": {"name": "sgd", "learning_rate": 0.1},
            "epochs": 1,
        },
        variants={"plain": {}},
    )
    Store(tmp_path / "own").write_study(study, {})
    with pytest.raises(pb.StoreError, match="trained here"):
        pb.import_results("runs.csv", out=tmp_path / "own")


def test_the_diagnosis_judges_what_a_map_says_of_the_examples(source):
    rows = [
        f"{name},{seed},{epoch},{1 / epoch:.3f},{0.5 + 0.04 * epoch:.3f},"
        f"{0.4 + 0.1 * epoch:.3f},{0.7 - 0.01 * epoch:.3f}"
        for name in ("baseline", "dropout")
        for seed in range(3)
        for epoch in range(1, 13)
    ]
    source.write_text("\n".join(["model,seed,epoch,loss,accuracy,val_loss,val_accuracy", *rows]) + "\n")
    without = pb.import_results("runs.csv").diagnose()
    assert "How many examples were held out is not known" in str(without)
    known = pb.import_results("runs.csv", mapping={"examples": {"train": 20_000, "validation": 5_000}})
    assert any(each.code.startswith("overfit") for each in known.diagnose().diagnosed.findings)


def test_a_wrong_source_ends_with_status_2_and_one_message(source, capsys, monkeypatch):
    from paribus.cli import main

    monkeypatch.setattr("sys.argv", ["paribus", "import", "nothing.csv"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines() == ["nothing.csv does not exist."]
