"""The command that goes on with what a request asked for."""

import shlex
from pathlib import Path

from paribus.workflow.again import command
from paribus.workflow.request import Request


def test_a_studys_file_and_folders_are_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("")
    request = Request(only=["a", "b"], data_dir=Path("images"), workers=2, until_decided=True)
    found = command("mine.yaml", tmp_path / "out", request)
    assert shlex.join(found) == (
        f"paribus run {tmp_path}/mine.yaml --out {tmp_path}/out --data-dir {tmp_path}/images "
        "--only a,b --workers 2 --until-decided"
    )


def test_a_study_made_in_python_has_none(tmp_path):
    assert command("the study", tmp_path, Request()) == ()
    assert command("", tmp_path, Request()) == ()
