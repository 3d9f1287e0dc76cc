"""A results folder may hold anything: reading it gives an answer or one message; `doctor` names the file."""

import hashlib
import io
import json
import os
import shutil

import numpy as np
import pytest
from rich.console import Console

import paribus as pb
from paribus.cli.overview import show_overview
from paribus.errors import StoreError
from paribus.live.state import StudyFolder
from paribus.record import looks
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing, Trained
from paribus.record.run import Result, Status
from paribus.record.store import LastRequest, Store, specs
from paribus.workflow.doctor import examine_folder
from paribus.workflow.results import load_results

ENDED, OPEN = "plain", "l2"
OF_STUDY = ("study.json", "looks.jsonl", "requested.json", "aa.json", "confirm.json", "comparisons.json")
OF_ENDED = (
    "spec.json", "history.jsonl", "timing.jsonl", "probes.jsonl", "result.json", "environment.json",
    "weights.safetensors", "predictions.safetensors",
)  # fmt: skip
OF_OPEN = ("spec.json", "history.jsonl", "timing.jsonl", "checkpoint-2.json", "checkpoint-2.safetensors")


@pytest.mark.parametrize("content", [b"", b"{", b'{"schema": 1, "counters": [{}]}'])
def test_a_damaged_file_is_named_wherever_what_it_had_is_not_shown(sound, tmp_path, content):
    folder = shutil.copytree(sound, tmp_path / "copy")
    assert load_results(folder).material().damaged == ()
    (folder / "confirm.json").write_bytes(content)
    results = load_results(folder)
    assert results.material().damaged == ("confirm.json",)
    screen = Console(file=io.StringIO(), width=200)
    show_overview(screen, results.material(), 2)
    assert "Damaged, and so not shown: confirm.json" in screen.file.getvalue()
    assert "damaged, not shown: confirm.json" in results.report(tmp_path / "report.html").read_text()


@pytest.fixture(scope="module")
def sound(made, tmp_path_factory):
    """A study with every file that there can be: an ended run, and one that is not."""
    folder = tmp_path_factory.mktemp("sound")
    study, data = made.study((ENDED, OPEN)), {"mnist": made.MNIST}
    store = Store(folder)
    store.write_study(study, data)
    for name, spec in specs(study, data, study.variants, [0]):
        run = store.run(spec)
        run.start(spec, {"versions": {}, "flags": {}})
        for row in made.history(2):
            run.append(row, Timing(int(row["epoch"]), 1.0, 0.5))
        (run.path / "probes.jsonl").write_text("")
        if name == ENDED:
            outputs, labels = np.eye(10, dtype=np.float32), np.arange(10, dtype=np.uint8)
            trained = Trained({"output/kernel": np.zeros(3, np.float32)}, outputs, labels)
            test = {"accuracy": 1.0, "loss": 0.1, "data_loss": 0.1}
            run.finish(Result(Status.FINISHED, 2, 2, test), trained)
        else:
            run.save(Checkpoint(2, {"trainable/0": np.zeros(2, np.float32)}))
    store.write_aa_test(ENDED, 5)
    store.write_ablations([])
    store.write_last_request(LastRequest({ENDED: (0,), OPEN: (0,)}, 1))
    store.record_look({ENDED: range(3), OPEN: range(3)})
    store.seal_looks()
    load_results(folder).save_comparisons()
    return folder


@pytest.fixture
def folder(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "study")


def run_of(folder, name):
    (run,) = (
        run for run in Store(folder).folders() if run.spec().digest and bool(run.result()) == (name == ENDED)
    )
    return run.path


def resealed(path, tree):
    """Write a tree as whoever knows how files are sealed would."""
    body = json.dumps({"schema": 2, **tree}, indent=2).removesuffix("\n}") + ",\n"
    path.write_text(body + f'  "sha256": "{hashlib.sha256(body.encode()).hexdigest()}"\n}}\n')


def deep(path):
    path.write_text("[" * 100_000 + "\n")


def deep_object(path):
    path.write_text('{"a":' * 500 + "1" + "}" * 500 + "\n")


def surrogate(path):
    path.write_text('{"epoch": 1, "loss": "\\ud800"}\n')


def no_number(path):
    path.write_text('{"epoch": 1, "loss": NaN}\n')


def empty_rows(path):
    path.write_text("{}\n" * 3)


def wrong_types(path):
    wrong = (
        "study",
        "data",
        "looks",
        "seeds",
        "workers",
        "variant",
        "counters",
        "comparisons",
        "basis",
        "epoch",
    )
    more = ("status", "epochs", "files", "tensors", "history", "test", "versions", "flags")
    resealed(path, {key: [[1]] for key in (*wrong, *more)})


def binary(path):
    path.write_bytes(b"\xff\x00\r\n" * 50)


def directory(path):
    path.unlink()
    path.mkdir()


def link_loop(path):
    path.unlink()
    path.symlink_to(path.name)


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def sparse(path):
    path.unlink()
    with path.open("wb") as file:
        file.truncate(20 * 2**30)


KINDS = (
    deep, deep_object, surrogate, no_number, empty_rows, wrong_types, binary, directory, link_loop, pipe,
    sparse,
)  # fmt: skip
PLACES = [
    *(("", name) for name in OF_STUDY),
    *((ENDED, name) for name in OF_ENDED),
    *((OPEN, name) for name in OF_OPEN),
]


def everything_that_reads(folder):
    """Read the folder in every way that trains nothing."""
    results = load_results(folder)
    results.comparisons()
    str(results)
    results.diagnose()
    results.confirmations()
    results.aa_test()
    results.to_frame()
    StudyFolder(folder).read().time_left(0.0)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(("run", "name"), PLACES, ids=lambda place: place or "study")
def test_whatever_a_file_holds_reading_goes_on_and_doctor_names_it(folder, run, name, kind):
    path = (run_of(folder, run) if run else folder) / name
    kind(path)
    if name == "study.json":
        with pytest.raises(StoreError, match=r"study\.json"):
            load_results(folder)
    else:
        everything_that_reads(folder)
    bad = [check for check in examine_folder(folder) if not check.holds]
    assert any(name in f"{check.name} {check.found}" for check in bad)


def test_a_sound_folder_has_nothing_to_name(folder):
    assert [check for check in examine_folder(folder) if not check.holds] == []


@pytest.mark.parametrize("kind", [lambda path: path.write_text(""), link_loop], ids=["a file", "a link"])
def test_runs_that_cannot_be_listed_are_named(folder, kind):
    runs = folder / "runs"
    runs.rename(folder / "elsewhere")
    runs.write_text("")
    kind(runs)
    everything_that_reads(folder)
    assert "runs" in [check.name for check in examine_folder(folder) if not check.holds]


def test_a_deleted_result_is_named_and_its_run_not_called_whole(folder):
    path = run_of(folder, ENDED) / "result.json"
    path.unlink()
    (bad,) = (check for check in examine_folder(folder) if not check.holds)
    assert "result.json" in bad.found


def test_runs_that_are_gone_are_counted(folder):
    shutil.rmtree(run_of(folder, OPEN))
    assert any("1 of 2 runs" in check.found for check in examine_folder(folder))


def test_epochs_that_are_damaged_are_not_used(folder):
    path = run_of(folder, ENDED) / "history.jsonl"
    path.write_text(path.read_text().replace('"loss": 0', '"loss": 7'))
    results = load_results(folder)
    record = results.records[ENDED, 0]
    assert (record.status, record.history) == (Status.FAILED, ())


@pytest.mark.parametrize(
    "line", ["{}", '{"epoch": 3, "loss": "a"}', '{"epoch": 3, "loss": true}', '{"epoch": 9}']
)
def test_the_epochs_of_a_run_that_goes_on_end_before_a_damaged_one(folder, line):
    path = run_of(folder, OPEN) / "history.jsonl"
    path.write_text(path.read_text() + line + "\n")
    assert len(load_results(folder).records[OPEN, 0].history) == 2
    assert [len(run.rows) for run in StudyFolder(folder).read().runs if run.names == (OPEN,)] == [2]


def test_a_loss_that_is_too_large_for_a_curve_counts_as_infinite(folder):
    path = run_of(folder, OPEN) / "history.jsonl"
    path.write_text(path.read_text() + '{"epoch": 3, "loss": 1e308, "val_loss": 1e308}\n')
    everything_that_reads(folder)
    assert load_results(folder).records[OPEN, 0].history[-1]["loss"] == float("inf")


def test_a_deleted_log_of_looks_is_noticed_and_allowed_for(folder):
    (folder / looks.LOOKS).unlink()
    assert load_results(folder).looks.reason(ENDED, OPEN) == "unknown"
    assert looks.LOOKS in [check.name for check in examine_folder(folder) if not check.holds]


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_deleted_line_of_the_log_of_looks_is_noticed(folder, gone):
    store = Store(folder)
    for count in (5, 8):
        store.record_look({ENDED: range(count), OPEN: range(count)})
    store.seal_looks()
    path = folder / looks.LOOKS
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:gone] + lines[gone + 1 :]))
    assert store.looks().reason(ENDED, OPEN) == "unknown"
    study, data = store.study()
    store.write_study(study, data)
    assert not store.looks().is_complete, "the next run does not seal what is left"


def test_a_log_of_an_earlier_version_is_read_and_goes_on(folder):
    path = folder / looks.LOOKS
    tree = json.loads((folder / "study.json").read_text())
    line = json.loads(path.read_text())
    del line["before"]
    path.write_text(json.dumps(line) + "\n")
    resealed(folder / "study.json", {"study": tree["study"], "data": tree["data"]})
    store = Store(folder)
    assert store.looks().is_complete
    store.record_look({ENDED: range(8), OPEN: range(8)})
    assert store.looks().reason(ENDED, OPEN) == "added"


def test_the_public_reader_says_what_is_wrong_with_a_study(folder):
    deep(folder / "study.json")
    with pytest.raises(StoreError, match="damaged"):
        pb.load_results(folder)


def test_nothing_is_written_through_a_link(folder, tmp_path):
    run = run_of(folder, OPEN)
    elsewhere = tmp_path / "elsewhere"
    run.rename(elsewhere)
    run.symlink_to(elsewhere)
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    store = Store(folder)
    (link,) = (each for each in store.folders() if each.path == run)
    for write in (
        lambda: link.start(link.spec(), {}),
        link.tidy,
        lambda: link.finish(Result(Status.FAILED, 0, 0)),
    ):
        with pytest.raises(OSError, match="symbolic links"):
            write()
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == before
    assert not all(check.holds for check in examine_folder(folder))


@pytest.mark.parametrize("name", ["looks.jsonl", "lock"])
def test_a_link_in_place_of_a_file_is_not_written_through(folder, tmp_path, name):
    secret = tmp_path / "secret"
    secret.write_text("kept")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(secret)
    store = Store(folder)
    store.record_look({ENDED: range(9), OPEN: range(9)})
    if name == "lock":
        with pytest.raises(StoreError), store.writing():
            pass
    assert secret.read_text() == "kept"


def test_a_folder_that_was_removed_does_not_come_back(folder):
    (run,) = (run for run in Store(folder).folders() if run.path == run_of(folder, OPEN))
    spec = run.spec()
    shutil.rmtree(folder)
    with pytest.raises(FileNotFoundError):
        run.start(spec, {})
    assert not folder.exists()
