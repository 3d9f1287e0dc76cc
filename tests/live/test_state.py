"""What a folder looks like now: running, killed, continued, damaged, one study or many."""

import math

import pytest

from paribus.errors import StoreError
from paribus.live.state import StudyFolder, study_folders
from paribus.record.run import Status


def standing(now):
    return {(run.names[0], run.spec.seed): (run.status, len(run.rows)) for run in now.runs}


def test_a_study_of_which_nothing_ran_waits(training):
    now = StudyFolder(training.store.folder).read()
    assert now.phase == "waiting"
    assert standing(now) == {(name, seed): (None, 0) for name in ("plain", "l2") for seed in (0, 1)}
    assert now.share == 0
    assert now.records == {}


def test_runs_grow_as_epochs_finish(training):
    folder = StudyFolder(training.store.folder)
    with training.store.writing():
        training.start("plain", 0, epochs=2)
        now = folder.read()
        assert now.phase == "training"
        assert standing(now)["plain", 0] == (Status.RUNNING, 2)
        assert standing(now)["l2", 1] == (None, 0)
        training.epoch("plain", 0)
        now = folder.read()
        assert standing(now)["plain", 0] == (Status.RUNNING, 3)
        assert now.share == pytest.approx(3 / 20)
        assert now.runs[0].pace == 2.0


def test_a_study_whose_runs_have_all_ended_is_complete_once_its_process_is_gone(training):
    folder = StudyFolder(training.store.folder)
    with training.store.writing():
        for name in ("plain", "l2"):
            for seed in (0, 1):
                training.whole(name, seed)
        assert folder.read().phase == "training"
    now = folder.read()
    assert now.phase == "complete"
    assert (now.ended, now.share) == (4, 1.0)
    assert {record.status for record in now.records.values()} == {Status.FINISHED}


def test_runs_that_diverged_have_ended_too(training):
    training.start("plain", 0, epochs=2)
    training.finish("plain", 0, status=Status.DIVERGED)
    now = StudyFolder(training.store.folder).read()
    assert standing(now)["plain", 0] == (Status.DIVERGED, 2)
    assert now.runs[0].share == 1.0


def test_a_killed_study_is_stopped_and_its_run_interrupted(training, killed):
    training.start("plain", 0, epochs=2)
    killed(training.store)
    now = StudyFolder(training.store.folder).read()
    assert now.phase == "stopped"
    assert standing(now)["plain", 0] == (Status.INTERRUPTED, 2)
    assert now.time_left(0.0) is None


def test_a_study_that_goes_on_is_followed_from_where_its_files_were_cut(training, killed, aged):
    folder = StudyFolder(training.store.folder)
    for seed in (0, 1):
        training.start("plain", seed, epochs=4)
        aged(training.folder("plain", seed))
    killed(training.store)
    assert folder.read().phase == "stopped"
    with training.store.writing():
        training.start("plain", 0)
        training.folder("plain", 0).resume()
        now = folder.read()
        assert standing(now)["plain", 0] == (Status.RUNNING, 0)
        # Its turn has not come yet.
        assert standing(now)["plain", 1] == (Status.INTERRUPTED, 4)
        training.epoch("plain", 0)
        assert standing(folder.read())["plain", 0] == (Status.RUNNING, 1)


def test_only_what_was_asked_for_is_waited_for(training):
    training.asks(plain=(0,))
    with training.store.writing():
        training.whole("plain", 0)
    now = StudyFolder(training.store.folder).read()
    assert standing(now) == {("plain", 0): (Status.FINISHED, 5)}
    assert now.phase == "complete"


def test_what_ran_before_is_shown_beside_what_is_asked_for_now(training):
    training.whole("plain", 3)
    training.asks(workers=7, l2=(0, 1))
    now = StudyFolder(training.store.folder).read()
    assert standing(now) == {("plain", 3): (Status.FINISHED, 5), ("l2", 0): (None, 0), ("l2", 1): (None, 0)}
    assert now.workers == 7


def test_variants_that_mean_the_same_are_one_run(of, tmp_path):
    training = of(tmp_path / "twins", "plain", "same", seeds=1)
    now = StudyFolder(training.store.folder).read()
    assert [run.names for run in now.runs] == [("plain", "same")]
    assert now.of("same") == now.runs


def test_a_damaged_line_ends_what_is_believed_of_a_run(training):
    training.start("plain", 0, epochs=3)
    path = training.folder("plain", 0).path / "history.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b":", b";") + lines[2])
    assert standing(StudyFolder(training.store.folder).read())["plain", 0] == (Status.INTERRUPTED, 1)


def test_a_record_that_is_not_what_was_written_has_failed(training):
    training.whole("plain", 0)
    path = training.folder("plain", 0).path / "history.jsonl"
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    now = StudyFolder(training.store.folder).read()
    assert now.runs[0].status is Status.FAILED
    assert "history.jsonl" in now.runs[0].result.message


def test_a_number_that_is_not_finite_is_none(training):
    training.rows[0]["loss"] = math.inf
    training.start("plain", 0, epochs=1)
    assert math.isnan(StudyFolder(training.store.folder).read().runs[0].rows[0]["loss"])


def test_a_study_that_is_damaged_is_told(training):
    (training.store.folder / "study.json").write_text("{}")
    with pytest.raises(StoreError, match="damaged"):
        StudyFolder(training.store.folder).read()


def test_a_folder_is_a_study_or_holds_several(of, tmp_path):
    one, two = of(tmp_path / "one"), of(tmp_path / "two")
    (tmp_path / "no study").mkdir()
    (tmp_path / "a file").write_text("")
    assert study_folders(tmp_path) == {"one": one.store.folder, "two": two.store.folder}
    assert study_folders(tmp_path / "one") == {"one": one.store.folder}
    assert study_folders(tmp_path / "no study") == {}


def test_an_unknown_folder_is_told(tmp_path):
    with pytest.raises(StoreError, match="nowhere is not a folder"):
        study_folders(tmp_path / "nowhere")


class TestTimeLeft:
    def test_nothing_tells_before_the_first_epoch(self, training):
        with training.store.writing():
            training.start("plain", 0)
            assert StudyFolder(training.store.folder).read().time_left(0.0) is None

    def test_it_is_what_epochs_took_scheduled_over_the_workers(self, training):
        training.asks(workers=2, plain=(0, 1), l2=(0, 1))
        with training.store.writing():
            training.start("plain", 0, epochs=3)
            training.start("plain", 1, epochs=1)
            now = StudyFolder(training.store.folder).read()
            last = max(run.changed for run in now.runs)
            # Four seconds and eight are left of those that run, then ten of each of the two that wait.
            assert now.time_left(last) == pytest.approx(18.0, abs=0.5)
            assert now.time_left(last + 1) == pytest.approx(17.0, abs=0.5)

    def test_an_epoch_that_takes_long_counts_as_one(self, training):
        training.asks(workers=1, plain=(0,))
        with training.store.writing():
            training.start("plain", 0, epochs=3)
            now = StudyFolder(training.store.folder).read()
            assert now.time_left(now.runs[0].changed + 1000) == 2.0
