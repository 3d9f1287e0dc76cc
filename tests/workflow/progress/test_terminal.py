"""What bars on a terminal and lines in a log say, from a hand-written list of events."""

import io

import pytest
from rich.console import Console

from paribus.execute.messages import Ended, EpochDone, Started
from paribus.execute.plan import plan
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing
from paribus.record.run import DataUsed
from paribus.record.store import Store
from paribus.study.reader import load
from paribus.workflow.progress.state import resumed_lines
from paribus.workflow.progress.terminal import LogDisplay, TerminalDisplay

USED = DataUsed(name="mnist", sha256="ab", verified=True, stand_in=False, train=60_000, test=10_000)


@pytest.fixture
def planned(tmp_path):
    study = load("lab2")
    return plan(study, {"mnist": USED}, store=Store(tmp_path), seeds={"1": [0], "2": [0]})


@pytest.fixture
def digests(planned):
    return [run.spec.digest for run in planned.runs]


def epoch(run, number, seconds=2.0):
    row = {"epoch": number, "loss": 0.25, "accuracy": 0.9, "val_loss": 0.3, "val_accuracy": 0.875}
    return EpochDone(run=run, row=row, seconds=seconds)


def test_lines_say_start_and_end_with_what_a_reader_wants(planned, digests):
    stream = io.StringIO()
    with LogDisplay(load("lab2"), planned, stream) as observe:
        observe(Started(run=digests[0], epoch=0))
        observe(epoch(digests[0], 1))
        observe(Ended(run=digests[0], status="failed", cause="the disk is full"))
    started, ended = stream.getvalue().splitlines()
    assert started == "1 (seed 0): starts, 0 of 30 epochs are done"
    assert ended == "1 (seed 0): failed: the disk is full [1 of 2 runs]"


def test_a_run_that_ended_well_says_its_loss_accuracy_and_seconds(planned, digests):
    stream = io.StringIO()
    with LogDisplay(planned, stream) as observe:
        observe(epoch(digests[0], 1))
        observe(Ended(run=digests[0], status="finished"))
    wanted = "1 (seed 0): finished after epoch 1, loss 0.25, val accuracy 87.50%, 2.0 s [1 of 2 runs]"
    assert stream.getvalue().splitlines() == [wanted]


def test_a_run_that_goes_on_in_another_way_than_runs_now_begin_says_so(tmp_path):
    store, study = Store(tmp_path), load("lab2")
    asked = {"store": store, "seeds": {"5": [0]}, "updates": "stepwise"}
    folder = store.run(plan(study, {"mnist": USED}, **asked).runs[0].spec)
    folder.start(plan(study, {"mnist": USED}, **asked).runs[0].spec, {})
    folder.append({"epoch": 1, "loss": 1.0}, Timing(1, 1.0, 0.1))
    folder.save(Checkpoint(1, {}, "delayed"))
    stream = io.StringIO()
    with LogDisplay(study, plan(study, {"mnist": USED}, **asked), stream):
        pass
    assert stream.getvalue().startswith(
        "5 · batch 8 (seed 0): resumes with delayed updates after epoch 1, as started"
    )
    assert resumed_lines(study, plan(study, {"mnist": USED}, **{**asked, "updates": "auto"})) == []


def test_the_end_of_a_continued_run_tells_the_seconds_of_all_its_epochs(planned, digests):
    stream = io.StringIO()
    with LogDisplay(load("lab2"), planned, stream) as observe:
        observe(Started(run=digests[0], epoch=20, seconds=41.5))
        for number in range(21, 31):
            observe(epoch(digests[0], number))
        observe(Ended(run=digests[0], status="finished"))
    assert ", 61.5 s [1 of 2 runs]" in stream.getvalue()


def display(planned, study=None, **options):
    """A terminal display of the lab, and the console that it draws on."""
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, **options)
    return TerminalDisplay(study or load("lab2"), planned, console), console


def drawn_last(console, lines):
    """The lines that the display drew last, before it was erased."""
    return console.file.getvalue().partition("\x1b[?25h")[0].rstrip().splitlines()[-lines:]


def test_a_terminal_has_a_line_a_variant_with_dots_accuracy_and_time_left(planned, digests):
    shown, console = display(planned, width=120, height=40)
    with shown as observe:
        observe(Started(run=digests[0], epoch=0))
        observe(epoch(digests[0], 1))
    running, waiting, study = drawn_last(console, 3)
    assert "1 · base" in running
    assert all(word in running for word in ("◐", "87.5", "epoch 1/30"))
    assert "2 · L2 0.01" in waiting
    assert "○" in waiting
    assert "0/2 runs ended" in study
    assert "left" in study


def test_a_failed_run_is_told_at_once_and_has_a_mark(planned, digests):
    shown, console = display(planned, width=120, height=40)
    with shown as observe:
        observe(Started(run=digests[0], epoch=0))
        observe(Ended(run=digests[0], status="failed", cause="the disk is full"))
    drawn = console.file.getvalue()
    assert "1 · base (seed 0)  failed: the disk is full" in drawn
    assert "✕" in drawn


def test_a_long_name_wraps_and_no_dot_and_no_number_is_cut(planned, digests):
    study = load("lab2")
    long = "every one of the settings that the published lab has for its first network"
    variants = {**study.variants, "1": study.variants["1"].model_copy(update={"label": long})}
    shown, console = display(planned, study.model_copy(update={"variants": variants}), width=60, height=40)
    with shown as observe:
        observe(Started(run=digests[0], epoch=0))
        observe(epoch(digests[0], 1))
    lines = drawn_last(console, 4)
    assert all(word in lines[0] for word in ("1 · every one", "◐", "87.5", "epoch 1/30"))
    assert lines[1].strip().endswith("first network")
    assert "…" not in console.file.getvalue()


def test_the_lines_make_room_for_the_results_but_stay_where_training_was_interrupted(planned):
    shown, console = display(planned, width=100, height=40)
    with shown:
        pass
    erase = "\x1b[1A\x1b[2K"
    assert erase in console.file.getvalue().partition("\x1b[?25h")[2]
    shown, console = display(planned, width=100, height=40)
    with pytest.raises(KeyboardInterrupt), shown:
        raise KeyboardInterrupt
    assert erase not in console.file.getvalue().partition("\x1b[?25h")[2]


def test_the_runs_of_many_seeds_are_counted_by_their_marks(tmp_path):
    many = plan(load("lab2"), {"mnist": USED}, store=Store(tmp_path), seeds={"1": range(30)})
    shown, console = display(many, width=80, height=40)
    with shown as observe:
        observe(Ended(run=many.runs[0].spec.digest, status="finished"))
    assert "1● 29○" in console.file.getvalue()


def test_more_variants_than_lines_are_counted(tmp_path):
    study = load("lab2")
    sets = {name: USED.model_copy(update={"name": name}) for name in ("mnist", "cifar10")}
    whole = plan(study, sets, store=Store(tmp_path), seeds={key: [0] for key in study.variants})
    shown, console = display(whole, width=100, height=10)
    with shown:
        pass
    assert "+ 7 more variants" in console.file.getvalue()


def test_an_old_terminal_gets_plain_marks(planned, digests):
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    console = Console(file=file, force_terminal=True, color_system=None, width=100, height=30)
    with TerminalDisplay(load("lab2"), planned, console) as observe:
        observe(Started(run=digests[0], epoch=0))
    file.flush()
    assert b">" in file.buffer.getvalue()


def test_a_log_on_a_full_disk_does_not_end_the_training(planned, digests):
    class Full(io.StringIO):
        def write(self, _line):
            raise OSError(28, "No space left on device")

    with LogDisplay(load("lab2"), planned, Full()) as take:
        take(Started(run=digests[0], epoch=0))
        take(Ended(run=digests[0], status="finished"))
