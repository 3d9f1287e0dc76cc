"""Why a run failed, as a person reads it; and that recording it neither fails nor takes an end away."""

import errno
import signal

import jax.numpy as jnp
import numpy as np
import pytest

from paribus.errors import UsageError
from paribus.execute import failure
from paribus.record.folder import RunFolder
from paribus.record.run import Result, Status
from paribus.texts import language

MORE_THAN_ANY_MEMORY = 10**14  # numbers, more bytes than an address has bits for
NO_SPACE = "No space left on device"


@pytest.fixture
def folder(tmp_path, made):
    """A run's folder that holds three epochs."""
    spec = made.run(made.history(3)).spec
    folder = RunFolder(tmp_path / spec.digest[:16])
    folder.start(spec, {})
    (folder.path / "history.jsonl").write_text('{"epoch": 1}\n{"epoch": 2}\n{"epoch": 3}\n')
    return folder


def test_a_failure_is_recorded_with_its_cause_and_its_epoch(folder):
    result = failure.record(folder, "Something broke.")
    assert result == folder.result()
    assert (result.status, result.epochs) == (Status.FAILED, 3)
    assert result.cause == "After epoch 3: Something broke."


def test_a_failure_before_the_first_epoch_says_so(tmp_path):
    result = failure.record(RunFolder(tmp_path), "Something broke.")
    assert result.cause == "Before the first epoch: Something broke."


def test_a_cause_is_kept_in_english_whatever_is_spoken(folder):
    with language("vi"):
        cause = failure.error_cause(UsageError("run.not-positive", option="seeds", value=0), folder.path)
        assert cause == "seeds: 0 is too small; at least 1 is needed."
        assert "SIGSEGV" in failure.exit_cause(-signal.SIGSEGV, "")
        assert failure.record(folder, cause).cause.startswith("After epoch 3: seeds: 0 is too small")


def test_a_failure_that_cannot_be_recorded_is_still_said(folder, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, NO_SPACE)

    monkeypatch.setattr(RunFolder, "finish", full)
    assert failure.record(folder, "Something broke.").status is Status.FAILED
    assert folder.result() is None


def test_a_run_that_had_reached_its_end_keeps_it(folder):
    folder.finish(Result(Status.DIVERGED, 3, 3, cause="The loss was not finite."))
    before = (folder.path / "result.json").read_bytes()
    assert failure.record(folder, "Something broke.").status is Status.DIVERGED
    assert (folder.path / "result.json").read_bytes() == before


def test_a_failure_of_an_earlier_try_is_replaced(folder):
    failure.record(folder, "Something broke.")
    failure.record(folder, "Something else broke.")
    assert "Something else broke." in folder.result().cause


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UsageError("run.not-positive", option="seeds", value=0), None),
        (OSError(errno.ENOSPC, NO_SPACE, "history.jsonl"), f"{NO_SPACE}: history.jsonl"),
        (OSError(errno.ENOSPC, NO_SPACE), f"{NO_SPACE}: runs"),
        (OSError("no number"), "OSError: no number"),
        (ValueError("a first line\nand pages"), "ValueError: a first line"),
        (ValueError(), "ValueError: "),
    ],
    ids=repr,
)
def test_an_error_is_told_in_its_own_words(error, told, tmp_path):
    expected = str(error) if told is None else told.replace("runs", str(tmp_path))
    assert failure.error_cause(error, tmp_path) == expected


def system_call():
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


@pytest.mark.parametrize(
    "ask",
    [lambda: np.zeros(MORE_THAN_ANY_MEMORY), lambda: jnp.zeros(MORE_THAN_ANY_MEMORY), system_call],
    ids=["numpy", "jax", "system"],
)
def test_out_of_memory_is_said_plainly_with_what_helps(ask, tmp_path):
    with pytest.raises((MemoryError, OSError, RuntimeError)) as raised:
        ask()
    told = failure.error_cause(raised.value, tmp_path)
    assert told.startswith("Out of memory")
    assert "--workers" in told
    assert "batch_size" in told


@pytest.mark.parametrize(
    ("code", "words", "told"),
    [
        (-9, "last words", "killed (SIGKILL), perhaps because memory ran out"),
        (-int(signal.SIGTERM), "last words", "killed by SIGTERM."),
        (-64, "", "killed by SIGRTMAX." if hasattr(signal, "SIGRTMAX") else "killed by 64."),
        (-1000, "", "killed by 1000."),
        (3, "last words", "ended unexpectedly: last words"),
        (3, "", "ended unexpectedly: exit status 3"),
    ],
)
def test_a_process_that_came_to_an_end_is_told_by_its_signal_or_its_last_words(code, words, told):
    assert told in failure.exit_cause(code, words)
    if code < 0:
        assert "last words" not in failure.exit_cause(code, words)
