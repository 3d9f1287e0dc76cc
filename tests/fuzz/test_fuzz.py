"""A short form of `make fuzz`, and what must be noticed by what contains a case."""

import os
import time

import psutil
import pytest

pytest.importorskip("resource", reason="what contains a case limits memory as POSIX does")
from tests.fuzz.checks import CHECKS, sound_folder
from tests.fuzz.contained import MEMORY, random_of, try_all


@pytest.mark.parametrize(("kind", "count"), [("studies", 60), ("data", 40), ("folders", 15)])
def test_whatever_lies_there_is_read_or_refused(kind, count, tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    if kind == "folders":
        sound_folder(tmp_path / "sound")
    found = list(try_all(kind, CHECKS[kind], 1, range(count), tmp_path))
    assert [each.number for each in found] == list(range(count))
    assert [each for each in found if each.outcome == "failed"] == []
    assert "read" in {each.outcome for each in found}


def test_a_case_is_the_same_whichever_were_tried_before():
    assert random_of("studies", 1, 7).random() == random_of("studies", 1, 7).random()
    assert random_of("studies", 1, 7).random() != random_of("studies", 1, 8).random()


def dies(draw, folder):
    os._exit(3)


def takes_memory(draw, folder):
    return str(len(bytearray(2 * MEMORY)))


def raises(draw, folder):
    raise KeyError("x")


@pytest.mark.parametrize(
    ("check", "cause"), [(dies, "ended or waited"), (takes_memory, "MemoryError"), (raises, "KeyError: 'x'")]
)
def test_a_case_that_must_not_be_so_fails_alone(check, cause, tmp_path):
    found = list(try_all("made", check, 1, range(3), tmp_path))
    assert [each.outcome for each in found] == ["failed"] * 3
    assert all(cause in each.cause for each in found)


def test_a_case_that_never_ends_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.fuzz.contained.SECONDS", 0.2)

    def hangs(draw, folder):
        while True:
            time.perf_counter()

    (found,) = try_all("made", hangs, 1, range(1), tmp_path)
    assert "of the processor" in found.cause


def test_no_process_is_left_where_no_more_cases_are_wanted(tmp_path):
    before = psutil.Process().children()
    cases = try_all("made", lambda draw, folder: "read", 1, range(50), tmp_path)
    next(cases)
    cases.close()
    assert psutil.Process().children() == before
