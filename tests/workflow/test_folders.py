"""Where results are looked for: a folder, or a study's by default, on its images or on stand-ins."""

import os
from pathlib import Path

import pytest

from paribus.errors import StudyError
from paribus.record.store import STUDY, Store
from paribus.study.reader import load
from paribus.workflow.folders import default_folder, find_results

OWN, SMALL = Path("paribus-out/mine"), Path("paribus-out/mine-embedded")


@pytest.fixture
def ran(made, monkeypatch, tmp_path):
    """Write a study's folder as a run at some time leaves it."""
    monkeypatch.chdir(tmp_path)

    def write(folder, at):
        Store(folder).write_study(made.study(["plain"]), {"mnist": made.MNIST})
        os.utime(folder / STUDY, (at, at))

    return write


@pytest.mark.parametrize("folder", [OWN, SMALL])
def test_where_a_study_has_one_folder_it_is_found_by_the_study_s_name(ran, folder):
    ran(folder, at=1000)
    found = find_results("mine")
    assert (found.folder, found.choice) == (folder, None)


@pytest.mark.parametrize(("last", "before"), [(OWN, SMALL), (SMALL, OWN)])
def test_of_two_the_last_that_ran_is_taken_and_the_choice_is_told(ran, last, before):
    ran(before, at=1000)
    ran(last, at=2000)
    found = find_results("mine")
    assert found.folder == last
    said = f"Showing the most recent run, in {last}. Other results of the same study are in {before}."
    assert str(found.choice) == said


def test_stand_ins_that_are_asked_for_are_taken_without_a_word(ran):
    ran(SMALL, at=1000)
    ran(OWN, at=2000)
    found = find_results("mine", embedded=True)
    assert (found.folder, found.choice) == (SMALL, None)


def test_a_folder_is_taken_as_it_is(ran):
    ran(OWN, at=1000)
    ran(SMALL, at=2000)
    assert find_results(str(OWN)).folder == OWN


def test_a_built_in_that_ran_on_stand_ins_alone_is_found(ran):
    ran(Path("paribus-out/lab2-embedded"), at=1000)
    assert find_results("lab2").folder == Path("paribus-out/lab2-embedded")


def test_what_is_neither_a_study_nor_a_folder_is_refused(ran):
    with pytest.raises(StudyError):
        find_results("nothing")


def test_data_of_one_s_own_have_no_stand_ins_and_so_one_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    study = load("digits")
    assert default_folder(study, embedded=True) == default_folder(study, embedded=False)
    assert default_folder(load("lab2"), embedded=True) == Path("paribus-out/lab2-embedded")
    folder = default_folder(study, embedded=False)
    Store(folder).write_study(study, {})
    assert find_results("digits", embedded=True).folder == folder


def test_images_are_not_shown_where_stand_ins_are_asked_for(ran):
    ran(OWN, at=1000)
    assert find_results("mine", embedded=True).folder == SMALL


def test_a_report_stands_for_the_folder_that_it_lies_in(ran):
    ran(OWN, at=1000)
    (OWN / "report.html").write_text("<html></html>")
    assert find_results(str(OWN / "report.html")).folder == OWN
