"""`paribus pack` and `unpack`, and every command that reads results, given an archive."""

import pytest
from tests.made_results import made_results

COMMANDS = ["show", "diagnose", "verify", "report", "doctor", "export"]


@pytest.fixture
def folder(made, tmp_path):
    return made_results(made, tmp_path / "mine").folder


@pytest.fixture
def archive(folder, paribus, tmp_path):
    assert paribus("pack", folder).status == 0
    return tmp_path / "mine.zip"


def test_what_was_packed_is_said(paribus, folder):
    (folder / "report.html").write_text("x")
    answer = paribus("pack", folder, "handed-on.zip")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.splitlines()[0] == "Written: handed-on.zip"
    assert "of 6 runs" in answer.out
    assert "Left out, as no results: report.html" in answer.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_reads_results_reads_an_archive(paribus, archive, command, tmp_path):
    answer = paribus(command, "mine.zip")
    assert (answer.status, answer.err) == (0, "")
    assert str(tmp_path / "cache") not in answer.out


def test_next_commands_name_the_archive(paribus, archive):
    assert "paribus show mine.zip --details" in paribus("show", "mine.zip").out


def test_the_report_of_an_archive_lies_here(paribus, archive, tmp_path):
    assert paribus("report", "mine.zip").out == "Written: mine.html\n"
    assert str(tmp_path / "cache") not in (tmp_path / "mine.html").read_text()


def test_an_archive_says_what_its_folder_says(paribus, folder):
    here = paribus("show", folder, "--json").out
    paribus("pack", folder)
    assert paribus("show", "mine.zip", "--json").out == here


def test_unpacked_results_are_shown_by_the_next_command(paribus, archive):
    answer = paribus("unpack", "mine.zip")
    assert answer.out.splitlines()[0] == "Written: paribus-out/mine"
    assert "paribus show paribus-out/mine" in answer.out
    assert paribus("show", "paribus-out/mine").status == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "nothing.zip"], "There is no archive 'nothing.zip'"),
        (["unpack", "nothing.zip"], "There is no archive 'nothing.zip'"),
        (["pack", "nothing/at-all"], "holds no results"),
        (["export", "mine.zip", "--format", "tensorboard"], "mine.zip is only read"),
        (["show", "broken.zip"], "is no zip file"),
    ],
)
def test_what_cannot_be_done_is_one_message(paribus, archive, tmp_path, words, said):
    (tmp_path / "broken.zip").write_bytes(archive.read_bytes()[:-40])
    answer = paribus(*words)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") <= 2
    assert "Traceback" not in answer.err


def test_vietnamese_speaks_of_archives(paribus, archive):
    assert "đã đọc lại" in paribus("--lang", "vi", "pack", "mine", "b.zip").out
