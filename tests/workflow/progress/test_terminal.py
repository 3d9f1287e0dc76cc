"""How far a study is, from a hand-written list of events; then what the two displays say."""

import io

import pytest
from rich.console import Console

from paribus.execute.messages import Event
from paribus.execute.plan import plan
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing
from paribus.record.run import DataUsed
from paribus.record.store import Store
from paribus.study.reader import load
from paribus.workflow.progress.terminal import LiveDisplay, PlainDisplay, StudyProgress, going_on, remaining

USED = DataUsed(name="mnist", sha256="ab", verified=True, stand_in=False, train=60_000, test=10_000)


@pytest.fixture
def planned(tmp_path):
    study = load("lab2")
    return plan(study, {"mnist": USED}, store=Store(tmp_path), names=["1", "2"], seeds=[0])


@pytest.fixture
def digests(planned):
    return [run.spec.digest for run in planned.runs]


def epoch(run, number, seconds=2.0):
    row = {"epoch": number, "loss": 0.25, "accuracy": 0.9, "val_loss": 0.3, "val_accuracy": 0.875}
    return Event("epoch", run, row, seconds)


def test_a_run_has_left_what_its_epochs_took_so_far(planned, digests):
    progress = StudyProgress(planned)
    progress.take(Event("started", digests[0], {"epoch": 0}))
    assert progress.runs[digests[0]].left is None
    progress.take(epoch(digests[0], 1, 2.0))
    run = progress.take(epoch(digests[0], 2, 4.0))
    assert run.left == 28 * 3.0
    assert run.share == 2 / 30


def test_a_continued_run_is_timed_by_the_epochs_it_trains_now(planned, digests):
    progress = StudyProgress(planned)
    progress.take(Event("started", digests[0], {"epoch": 20}))
    run = progress.take(epoch(digests[0], 21, 3.0))
    assert run.left == 9 * 3.0


def test_what_was_done_before_counts_as_done(planned, digests):
    progress = StudyProgress(planned)
    progress.take(Event("started", digests[0], {"epoch": 15}))
    assert progress.share == pytest.approx(0.25)


def test_a_run_that_stops_early_is_done_whole(planned, digests):
    progress = StudyProgress(planned)
    progress.take(Event("started", digests[0], {"epoch": 0}))
    progress.take(epoch(digests[0], 1))
    progress.take(Event("ended", digests[0], status="early-stopped"))
    assert progress.share == pytest.approx(0.5)
    assert progress.ended == 1


def test_lines_say_start_and_end_with_what_a_reader_wants(planned, digests):
    stream = io.StringIO()
    with PlainDisplay(planned, stream) as observe:
        observe(Event("started", digests[0], {"epoch": 0}))
        observe(epoch(digests[0], 1))
        observe(Event("ended", digests[0], status="failed", cause="the disk is full"))
    started, ended = stream.getvalue().splitlines()
    assert started == "1 (seed 0): starts, 0 of 30 epochs are done"
    assert ended.startswith(
        "1 (seed 0): failed: the disk is full after epoch 1, loss 0.25, val accuracy 87.50%"
    )
    assert ended.endswith("[1 of 2 runs]")


def test_a_run_that_goes_on_in_another_way_than_runs_now_begin_says_so(tmp_path):
    store, study = Store(tmp_path), load("lab2")
    asked = {"store": store, "names": ["5"], "seeds": [0], "updates": "stepwise"}
    folder = store.run(plan(study, {"mnist": USED}, **asked).runs[0].spec)
    folder.start(plan(study, {"mnist": USED}, **asked).runs[0].spec, {})
    folder.append({"epoch": 1, "loss": 1.0}, Timing(1, 1.0, 0.1))
    folder.save(Checkpoint(1, {}, "delayed"))
    stream = io.StringIO()
    with PlainDisplay(plan(study, {"mnist": USED}, **asked), stream):
        pass
    assert stream.getvalue().startswith("5 (seed 0): goes on with delayed updates after epoch 1, as it began")
    assert going_on(plan(study, {"mnist": USED}, **{**asked, "updates": "auto"})) == []


def test_the_end_of_a_continued_run_tells_the_seconds_of_all_its_epochs(planned, digests):
    stream = io.StringIO()
    with PlainDisplay(planned, stream) as observe:
        observe(Event("started", digests[0], {"epoch": 20}, 41.5))
        for number in range(21, 31):
            observe(epoch(digests[0], number))
        observe(Event("ended", digests[0], status="finished"))
    assert ", 61.5 s [1 of 2 runs]" in stream.getvalue()


def test_bars_show_epoch_loss_accuracy_and_time_left(planned, digests):
    console = Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)
    with LiveDisplay(planned, console) as observe:
        observe(Event("started", digests[0], {"epoch": 0}))
        observe(epoch(digests[0], 1))
        console.file.truncate(0)
    drawn = console.file.getvalue()
    assert "1/30" in drawn
    assert "loss 0.25, val accuracy 87.50%" in drawn
    assert "0:58 left" in drawn


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0:00 left"), (59.6, "1:00 left"), (7325, "2:02:05 left")]
)
def test_time_left_is_told_as_a_clock(seconds, told):
    assert remaining(seconds) == told


def test_time_left_that_may_be_less_says_so():
    assert remaining(75, at_most=True) == "at most 1:15 left"


def test_a_log_on_a_full_disk_does_not_end_the_training(planned, digests):
    class Full(io.StringIO):
        def write(self, _line):
            raise OSError(28, "No space left on device")

    with PlainDisplay(planned, Full()) as take:
        take(Event("started", digests[0], {"epoch": 0}))
        take(Event("ended", digests[0], status="finished"))
