"""One run of the tracker for each run, sent once, however often the watcher begins again."""

import json

import pytest

from paribus.record.run import Status
from paribus.trackers.sender import Sender
from paribus.trackers.sent import FOLDER


@pytest.fixture
def sender(written, in_memory):
    return lambda: Sender(written.folder, "memory", lambda _study: in_memory)


def test_an_epoch_is_sent_when_it_is_written_and_once(written, in_memory, sender):
    watcher = sender()
    written.begin("plain")
    written.epoch("plain", 1)
    watcher.send()
    written.epoch("plain", 2, 3)
    watcher.send()
    watcher.send()
    assert in_memory.steps == {"run-0": [1, 2, 3]}
    assert in_memory.ended == {}


def test_a_run_has_its_settings_and_is_found_by_study_variant_and_seed(written, in_memory, sender):
    written.whole("l2", seed=1)
    sender().send()
    run = in_memory.runs["run-0"]
    assert run.name == "l2, seed 1"
    assert {key: run.tags[key] for key in ("study", "variant", "seed", "data")} == {
        "study": "mine",
        "variant": "l2",
        "seed": "1",
        "data": "mnist",
    }
    assert run.settings["optimizer.learning_rate"] == 0.01
    assert run.settings["layers.output.kernel_regularizer.l2"] == 0.01
    assert in_memory.ended["run-0"].test == {"accuracy": 0.75, "loss": 0.5}


def test_a_watcher_that_was_killed_goes_on_in_the_same_run_without_doubled_steps(written, in_memory, sender):
    written.begin("plain")
    written.epoch("plain", 1, 2)
    sender().send()
    written.epoch("plain", 3)
    written.end("plain")
    sender().send()
    assert in_memory.steps == {"run-0": [1, 2, 3]}
    assert list(in_memory.ended) == ["run-0"]


def test_epochs_that_are_trained_again_are_not_sent_again(written, in_memory, sender):
    written.begin("plain")
    written.epoch("plain", 1, 2, 3)
    sender().send()
    written.begin("plain")
    written.run("plain").resume()  # there is no checkpoint: it begins anew
    written.epoch("plain", 1, 2, 3, 4)
    sender().send()
    assert in_memory.steps == {"run-0": [1, 2, 3, 4]}


def test_what_has_ended_is_not_begun_again(written, in_memory, sender):
    written.whole("plain")
    sender().send()
    again = sender()
    again.send()
    assert in_memory.begun == ["run-0"]
    assert again.count == 1


def test_a_run_that_the_tracker_has_lost_is_sent_again(written, in_memory, sender):
    written.whole("plain")
    sender().send()
    in_memory.ended.clear()
    in_memory.steps.clear()
    sender().send()
    assert in_memory.steps == {"run-0": [1, 2, 3]}


def test_a_run_that_failed_and_was_trained_again_ends_anew(written, in_memory, sender):
    written.whole("plain", epochs=2, status=Status.FAILED)
    sender().send()
    assert in_memory.ended["run-0"].status is Status.FAILED
    written.begin("plain")
    written.epoch("plain", 3)
    written.end("plain")
    sender().send()
    assert in_memory.ended["run-0"].status is Status.FINISHED
    assert in_memory.steps == {"run-0": [1, 2, 3]}


def test_what_a_tracker_refuses_is_sent_when_it_is_back(written, in_memory, sender):
    watcher = sender()
    written.whole("plain")
    in_memory.down = True
    watcher.send()
    assert "refused" in str(watcher.error)
    in_memory.down = False
    watcher.send()
    assert watcher.error is None
    assert in_memory.steps == {"run-0": [1, 2, 3]}


def test_one_run_that_is_refused_does_not_keep_the_others_back(written, in_memory, sender):
    watcher = sender()
    begin = in_memory.begin
    in_memory.begin = lambda run, identity: begin(run, identity) if "l2" in run.name else 1 / 0
    written.whole("plain")
    written.whole("l2")
    for _ in range(3):
        watcher.send()
    assert [run.name for run in in_memory.runs.values()] == ["l2, seed 0"]
    assert isinstance(watcher.error, ZeroDivisionError)


def test_variants_that_mean_the_same_are_one_run(made, in_memory, tmp_path):
    from tests.trackers.conftest import Written

    written = Written(made.study(("one", "other")), made.MNIST, tmp_path / "study")
    written.whole("one")
    Sender(written.folder, "memory", lambda _study: in_memory).send()
    assert [run.variant for run in in_memory.runs.values()] == ["one = other"]


def test_what_was_sent_is_remembered_for_each_place(written, sender):
    written.whole("plain")
    sender().send()
    kept = json.loads((written.folder / FOLDER / "memory.json").read_text())
    assert kept == {
        "memory": {written.spec("plain").digest: {"identity": "run-0", "epochs": 3, "status": "finished"}}
    }


def test_a_folder_that_was_moved_still_knows_what_its_own_files_have(written, in_memory, tmp_path):
    in_memory.place = str(written.folder / "tensorboard")
    written.whole("plain")
    Sender(written.folder, "memory", lambda _study: in_memory).send()
    moved = written.folder.rename(tmp_path / "moved")
    in_memory.place = str(moved / "tensorboard")
    Sender(moved, "memory", lambda _study: in_memory).send()
    assert in_memory.begun == ["run-0"]


def test_a_damaged_memory_is_no_failure(written, in_memory, sender):
    (written.folder / FOLDER).mkdir()
    (written.folder / FOLDER / "memory.json").write_text("{")
    written.whole("plain")
    watcher = sender()
    watcher.send()
    assert watcher.error is None
    assert in_memory.steps == {"run-0": [1, 2, 3]}
