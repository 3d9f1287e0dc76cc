"""A command that trains: what it is called with, and what is read of its files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import paribus as pb
from paribus.custom.command import read_rows
from paribus.errors import RunError, StudyError
from paribus.record.run import Status
from paribus.study.reader import load
from paribus.workflow.results import Results

PROGRAM = """\
import json, sys, time
from pathlib import Path
import numpy as np

rate, seed, out, kind = float(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
import os
print("rate", rate, os.environ["OMP_NUM_THREADS"])
if kind == "fails":
    sys.exit("the data are missing")
if kind == "hangs":
    time.sleep(600)
rows = [{"epoch": e, "loss": 1 / (e + 1), "accuracy": rate + seed / 10} for e in range(3)]
if kind == "nan":
    rows[1]["loss"] = float("nan")
if kind != "no history":
    (out / "log").write_text("".join(json.dumps(row) + "\\n" for row in rows))
if kind == "no numbers":
    (out / "log").write_text('{"note": "a"}\\n')
if kind != "no test":
    np.savez(out / "test.npz", labels=[0, 1, 1], outputs=[[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
"""
KINDS = {
    "fine": "",
    "fails": "Before the first epoch: The command ended with exit status 1. Its last line: the data are",
    "nan": "The loss was NaN or infinite after epoch 2.",
    "no history": "Before the first epoch: The command wrote no history",
    "no numbers": "Before the first epoch: Epoch 1 of ",
    "no test": "After epoch 3: The command's test cannot be read from",
}


def study(
    folder: Path, variants: str, command: str = "program.py {rate} {seed} {folder} {kind}", more: str = ""
) -> Path:
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    files = f"history: '{{folder}}/log', test: '{{folder}}/test.npz'{more}"
    train = f'{{command: "{sys.executable} {command}", {files}}}'
    base = "base: {rate: 0.5, kind: fine, epochs: 3}"
    text = f"name: c\nseeds: 1\ntrain: {train}\n{base}\nvariants: {variants}\n"
    path = folder / "c.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("command")
    variants = ", ".join(f"{kind}: {{kind: {kind}}}" for kind in KINDS)
    return pb.run(study(folder, f"{{{variants}, fast: {{rate: 0.75}}}}"), out=folder / "out", workers=2)


def test_a_command_is_called_with_a_variants_settings_and_its_files_are_read(results: Results) -> None:
    fine, fast = (results.records[name, 0] for name in ("fine", "fast"))
    assert [row["loss"] for row in fine.history] == [1.0, 0.5, 1 / 3]
    assert (fine.history[0]["accuracy"], fast.history[0]["accuracy"]) == (0.5, 0.75)
    assert fine.test_score == pytest.approx(2 / 3)
    assert (fine.folder / "own" / "output.txt").read_text(encoding="utf-8").strip() == "rate 0.5 1"


def test_a_command_has_the_threads_that_were_asked_for(tmp_path: Path) -> None:
    results = pb.run(study(tmp_path, "{a: {}}"), out=tmp_path / "out", threads=3)
    record = results.records["a", 0]
    assert record.result is not None
    assert record.result.threads == 3
    assert (record.folder / "own" / "output.txt").read_text(encoding="utf-8").strip() == "rate 0.5 3"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind]])
def test_what_goes_wrong_is_one_message_and_the_others_go_on(results: Results, kind: str) -> None:
    record = results.records[kind, 0]
    assert record.status in (Status.FAILED, Status.DIVERGED)
    assert record.result is not None
    assert record.result.message.startswith(KINDS[kind])


def test_a_command_that_hangs_fails_at_its_timeout(tmp_path: Path) -> None:
    path = study(tmp_path, "{a: {kind: hangs}}", more=", timeout: 2")
    result = pb.run(path, out=tmp_path / "out", workers=1).records["a", 0].result
    assert result is not None
    assert "The command took longer than its timeout of 2 seconds." in result.message


def test_what_a_command_holds_out_is_not_asked_of_functions(results: Results) -> None:
    assert "run.paired_split" not in str(results.diagnose().nothing)


def test_the_report_has_the_command(results: Results, tmp_path: Path) -> None:
    assert "program.py {rate} {seed}" in results.report(tmp_path / "r.html").read_text(encoding="utf-8")


def test_the_files_that_a_command_names_are_part_of_the_identity(tmp_path: Path) -> None:
    def digest() -> str:
        own = load(path).variants["a"].configuration.train
        assert own is not None
        return own.sha256

    path = study(tmp_path, "{a: {}}")
    before = digest()
    assert digest() == before
    (tmp_path / "program.py").write_text(PROGRAM + "# changed\n", encoding="utf-8")
    assert digest() != before


@pytest.mark.parametrize(
    ("command", "variants", "words"),
    [
        ("program.py {rat} {rate} {kind}", "{a: {}}", "'rat' is no setting.*Did you mean 'rate'"),
        ("program.py {rate}", "{a: {}}", "does not use kind"),
        ("program.py {rate} {kind}", "{a: {width: 3}}", "does not use width"),
        ("program.py {settings}", "{a: {early_stopping: {patience: 2}}}", "cannot end a command"),
        ("program.py 'open {settings}", "{a: {}}", "cannot be read"),
    ],
)
def test_a_faulty_command_is_refused(tmp_path: Path, command: str, variants: str, words: str) -> None:
    with pytest.raises(StudyError, match=words):
        load(study(tmp_path, variants, command))


def test_a_history_is_a_table_or_lines_of_json() -> None:
    expected = [{"loss": 0.5, "val_loss": 1.0}, {"loss": 0.25, "val_loss": 2.0}]
    for written in (
        "epoch,loss,val_loss\n0,0.5,1.0\n1,0.25,2.0\n",
        "loss;val_loss;note\n0.5;1.0;a\n0.25;2.0;b",
        "loss\tval_loss\n0.5\t1.0\n\n0.25\t2.0\n",
        '{"epoch": 1, "loss": 0.5, "val_loss": 1.0}\n{"loss": 0.25, "val_loss": 2.0, "done": true}\n',
    ):
        assert read_rows(written, Path("log")) == expected
    assert read_rows("", Path("log")) == []
    with pytest.raises(RunError, match="neither a table nor lines of JSON"):
        read_rows('{"loss": 0.5}\n{"loss": ', Path("log"))


def test_a_commands_metrics_may_have_the_names_that_frameworks_log(tmp_path: Path) -> None:
    path = study(tmp_path, "{a: {}}")
    program = (
        "import json, sys\n"
        "out = sys.argv[3]\n"
        "open(out + '/log', 'w').write('epoch,train_loss,acc,valid_acc\\n0,0.5,0.7,0.6\\n')\n"
        "json.dump({'loss': 0.4, 'acc': 0.65}, open(out + '/test.json', 'w'))\n"
    )
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace("test.npz", "test.json"), encoding="utf-8")
    record = pb.run(path, out=tmp_path / "out", workers=1).records["a", 0]
    assert list(record.history) == [{"epoch": 1, "loss": 0.5, "accuracy": 0.7, "val_accuracy": 0.6}]
    assert record.test_score == 0.65
