"""Hand-ins read in processes of their own: one that takes too long or too much stops alone."""

import os
import time

import pytest

from paribus.study.reader import load
from paribus.workflow.checking import kinds, limited
from paribus.workflow.checking.submission import Submission

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


@pytest.fixture(scope="module")
def study():
    """A study of which no hand-in is read."""
    return load("lab2")


def read(study, monkeypatch, reader, seconds=60.0):
    """What is told of a hand-in where something else reads it."""
    monkeypatch.setattr(kinds, "read_handin", reader)
    told = limited.answer_apart("nowhere", study, {}, seconds)
    return Submission.model_validate_json(told).problem


def test_one_that_takes_too_long_is_stopped(study, monkeypatch):
    assert "more than 1 seconds" in read(study, monkeypatch, lambda *_: time.sleep(600), seconds=1.0)


def test_one_that_takes_too_much_memory_is_stopped(study, monkeypatch):
    assert "MemoryError" in read(study, monkeypatch, lambda *_: bytes(limited.MEMORY + 1))


def test_one_that_ends_its_process_is_noticed(study, monkeypatch):
    assert "within the limits" in read(study, monkeypatch, lambda *_: os._exit(3))


def test_one_that_writes_a_file_is_stopped(study, monkeypatch, tmp_path):
    file = tmp_path / "written"

    def write(*_):
        file.write_bytes(b"x")

    assert "OSError" in read(study, monkeypatch, write)
    assert not file.exists() or not file.stat().st_size


def test_whatever_goes_wrong_counts_as_unreadable(study, monkeypatch):
    def fail(*_):
        raise RecursionError

    assert "RecursionError" in read(study, monkeypatch, fail)
