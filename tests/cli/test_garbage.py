"""`paribus gc` as a user meets it."""

import json

import pytest
from tests.made_results import made_results


@pytest.fixture
def folder(made, tmp_path):
    folder = made_results(made, tmp_path / "mine").folder
    (folder / ".study.json.7.tmp").write_bytes(b"x" * 1500)
    return folder


def test_what_may_go_is_shown_and_the_command_that_removes_it(paribus, folder):
    answer = paribus("gc", folder, "--keep", "none")
    assert (answer.status, answer.err) == (0, "")
    assert "temporary files" in answer.out
    assert "1.5 kB" in answer.out
    assert f"paribus gc {folder} --keep none --yes" in answer.out
    assert (folder / ".study.json.7.tmp").exists()


def test_yes_removes_it(paribus, folder):
    answer = paribus("gc", folder, "--yes")
    assert "was removed" in answer.out
    assert not (folder / ".study.json.7.tmp").exists()
    assert "Nothing may go" in paribus("gc", folder).out


def test_json_lists_each_thing(paribus, folder):
    tree = json.loads(paribus("gc", folder, "--json").out)
    assert tree["removed"] is False
    assert [(each["kind"], each["path"], each["bytes"]) for each in tree["items"]] == [
        ("temporary", ".study.json.7.tmp", 1500)
    ]


def test_a_wrong_folder_is_one_message(paribus, tmp_path):
    answer = paribus("gc", tmp_path)
    assert (answer.status, answer.out) == (2, "")
