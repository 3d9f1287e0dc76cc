"""How far a study is and how long it still takes, from hand-written events with their seconds."""

import heapq

import pytest

from paribus.execute.cost import Rates
from paribus.execute.messages import Ended, EpochDone, Started
from paribus.execute.plan import plan
from paribus.execute.time_left import Machine
from paribus.record.run import DataUsed
from paribus.record.store import Store
from paribus.study.reader import load
from paribus.workflow.progress.state import StudyProgress, format_time_left

DATA = {
    name: DataUsed(name=name, sha256=name, verified=True, stand_in=False, train=train, test=10_000)
    for name, train in (("mnist", 60_000), ("cifar10", 50_000))
}
SETUP = 4.0


def planned(folder, names, seeds=1):
    return plan(load("lab2"), DATA, store=Store(folder), seeds=dict.fromkeys(names, range(seeds)))


def carried_out(tasks, workers, epoch_seconds, stops=None):
    """Every event and its second, as workers make them that take the tasks in order."""
    free, events = [(0.0, worker) for worker in range(workers)], []
    for task in tasks:
        now, worker = heapq.heappop(free)
        alive = [run.spec for run in task.runs]
        events += [(now, Started(run=spec.digest, epoch=0)) for spec in alive]
        now += SETUP
        seconds = epoch_seconds[task.runs[0].names[0]]
        epoch = 0
        while alive:
            epoch, now = epoch + 1, now + seconds
            for spec in list(alive):
                events.append(
                    (
                        now,
                        EpochDone(
                            run=spec.digest,
                            row={"epoch": epoch, "loss": 0.5, "accuracy": 0.9},
                            seconds=seconds,
                        ),
                    )
                )
                last = min(spec.configuration.epochs, (stops or {}).get(spec.digest, 1000))
                if epoch >= last:
                    events.append((now, Ended(run=spec.digest, status="finished")))
                    alive.remove(spec)
        heapq.heappush(free, (now, worker))
    return sorted(events, key=lambda each: each[0])


def counted_down(folder, names, workers, epoch_seconds, *, rates=None, stops=None, seeds=1):
    """For each event its second, what was said to be left, and what was left."""
    study = planned(folder, names, seeds)
    events = carried_out(study.tasks(), workers, epoch_seconds, stops)
    now = [0.0]
    progress = StudyProgress(load("lab2"), study, Machine(workers, rates), clock=lambda: now[0])
    end = events[-1][0]
    said = [(0.0, progress.time_left, end)]
    for second, event in events:
        now[0] = second
        progress.take(event)
        said.append((second, progress.time_left, end - second))
    return said


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_its_error_shrinks_and_it_ends_at_zero(tmp_path, workers):
    """The machine trains small batches half as fast, and CIFAR twice as fast, as the proportions have it."""
    seconds = {"1": 2.0, "2": 3.0, "5": 5.0, "7a": 12.0}
    said = counted_down(tmp_path, list(seconds), workers, seconds)
    errors = [(second, abs(left - true)) for second, left, true in said if left is not None]
    end = said[-1][0]
    thirds = [
        max(error for second, error in errors if end * n / 3 <= second <= end * (n + 1) / 3) for n in range(3)
    ]
    assert thirds[0] > thirds[2]
    assert thirds[2] < 0.05 * end  # the last run to start is not quite as fast as those before it
    assert said[-1][1] == 0.0


def test_it_is_exact_once_every_run_has_been_timed(tmp_path):
    said = counted_down(tmp_path, ["1", "5"], 2, {"1": 2.0, "5": 5.0})
    timed = [(left, true) for second, left, true in said if second > SETUP + 5.0]
    assert len(timed) > 40
    for left, true in timed:
        assert left == pytest.approx(true, abs=1e-6)


def test_nothing_is_said_before_an_epoch_unless_the_machine_is_known(tmp_path):
    seconds = {"1": 2.0, "2": 2.0}
    assert counted_down(tmp_path, ["1", "2"], 2, seconds)[0][1] is None
    known = Rates((1e-10, 1e-10, 1e-9), start=1.0, setup=SETUP)
    left = counted_down(tmp_path, ["1", "2"], 2, seconds, rates=known)[0][1]
    assert left > 30 * 1e-10 * 54_000 * 2 * 784 * 784


def test_waiting_runs_are_expected_to_go_as_those_that_were_timed(tmp_path):
    said = counted_down(tmp_path, ["1"], 1, {"1": 2.0}, seeds=3)
    first = next((left, true) for _, left, true in said if left is not None)
    assert first[0] == pytest.approx(first[1])


def test_it_does_not_divide_by_what_was_done_but_looks_at_the_workers_left(tmp_path):
    """Two equal runs side by side and one after them: half of the first, and one whole, are left."""
    said = counted_down(tmp_path, ["1"], 2, {"1": 2.0}, seeds=3)
    _, left, true = next(each for each in said if each[0] >= SETUP + 30.0)
    assert left == pytest.approx(true)
    assert left == pytest.approx(30.0 + SETUP + 60.0, abs=2.1)


def test_early_stopping_makes_it_a_bound_that_is_kept(tmp_path):
    study = planned(tmp_path, ["5", "6"])
    six = next(run.spec.digest for run in study.runs if run.names == ("6",))
    said = counted_down(tmp_path, ["5", "6"], 1, {"5": 5.0}, stops={six: 40})
    assert all(left >= true - 1e-6 for _, left, true in said if left is not None)
    assert said[-1][1] == 0.0
    progress = StudyProgress(load("lab2"), study)
    assert progress.may_stop_early
    progress.take(Ended(run=six, status="early-stopped"))
    assert not progress.may_stop_early


def test_it_counts_down_between_the_events_too(tmp_path):
    study = planned(tmp_path, ["1"])
    now = [0.0]
    progress = StudyProgress(load("lab2"), study, clock=lambda: now[0])
    digest = study.runs[0].spec.digest
    progress.take(Started(run=digest, epoch=0))
    now[0] = 6.0
    progress.take(EpochDone(run=digest, row={"epoch": 1}, seconds=2.0))
    assert progress.time_left == pytest.approx(58.0)
    now[0] = 7.5
    assert progress.time_left == pytest.approx(56.5)


def test_a_continued_run_has_left_only_what_it_lacks(tmp_path):
    study = planned(tmp_path, ["1"])
    progress = StudyProgress(load("lab2"), study, clock=lambda: 0.0)
    digest = study.runs[0].spec.digest
    progress.take(Started(run=digest, epoch=20, seconds=40.0))
    progress.take(EpochDone(run=digest, row={"epoch": 21}, seconds=3.0))
    assert progress.time_left == pytest.approx(9 * 3.0)


def epoch(run, number, seconds=2.0):
    row = {"epoch": number, "loss": 0.25, "accuracy": 0.9, "val_loss": 0.3, "val_accuracy": 0.875}
    return EpochDone(run=run, row=row, seconds=seconds)


@pytest.fixture
def two(tmp_path):
    return planned(tmp_path, ["1", "2"])


def test_a_run_has_left_what_its_epochs_took_so_far(two):
    one = two.runs[0].spec.digest
    progress = StudyProgress(load("lab2"), two)
    progress.take(Started(run=one, epoch=0))
    assert progress.runs[one].time_left is None
    progress.take(epoch(one, 1, 2.0))
    run = progress.take(epoch(one, 2, 4.0))
    assert run.time_left == 28 * 3.0
    assert run.share == 2 / 30


def test_a_continued_run_is_timed_by_the_epochs_it_trains_now(two):
    one = two.runs[0].spec.digest
    progress = StudyProgress(load("lab2"), two)
    progress.take(Started(run=one, epoch=20))
    run = progress.take(epoch(one, 21, 3.0))
    assert run.time_left == 9 * 3.0


def test_what_was_done_before_counts_as_done(two):
    one = two.runs[0].spec.digest
    progress = StudyProgress(load("lab2"), two)
    progress.take(Started(run=one, epoch=15))
    assert progress.share == pytest.approx(0.25)


def test_a_run_that_stops_early_is_done_whole(two):
    one = two.runs[0].spec.digest
    progress = StudyProgress(load("lab2"), two)
    progress.take(Started(run=one, epoch=0))
    progress.take(epoch(one, 1))
    progress.take(Ended(run=one, status="early-stopped"))
    assert progress.share == pytest.approx(0.5)
    assert progress.ended == 1


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0:00 left"), (59.6, "1:00 left"), (7325, "2:02:05 left")]
)
def test_time_left_is_told_as_a_clock(seconds, told):
    assert format_time_left(seconds) == told


def test_time_left_that_may_be_less_says_so():
    assert format_time_left(75, at_most=True) == "at most 1:15 left"
