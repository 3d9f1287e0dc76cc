"""The command that goes on with what a request asked for."""

import shlex
from pathlib import Path

from paribus.record.store import LastRequest, Store
from paribus.study.assemble import IN_PYTHON
from paribus.workflow.again import command, commands, options
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


def test_no_command_trains_a_study_that_stands_in_no_file(made, tmp_path):
    study = made.study(["plain"]).model_copy(update={"source": IN_PYTHON})
    Store(tmp_path).write_study(study, {"mnist": made.MNIST})
    found = commands(study, tmp_path)
    assert found.to_train("confirm") == found.to_train("run", "--until-decided") == ""
    assert found.to_read("show") == f"paribus show {tmp_path}"


def test_only_the_fields_that_a_command_takes_become_options():
    request = Request(only=["1"], seeds=2, workers=1, embedded=True)
    assert options(request, "seeds", "only") == ("--only", "1", "--seeds", "2")


def test_a_study_goes_on_with_its_images_and_in_its_folder(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = made.study(["plain"]).model_copy(update={"source": "mine.yaml"})
    for folder, out in ((Path("paribus-out/mine"), ()), (Path("elsewhere"), ("--out", "elsewhere"))):
        store = Store(folder)
        store.write_study(study, {"mnist": made.MNIST})
        asked = ("paribus", "run", "mine.yaml", "--data-dir", "/images")
        store.write_last_request(LastRequest({"plain": (0,)}, 1, asked))
        found = commands(study, folder)
        assert found.options == ("--data-dir", "/images", *out)
        assert found.to_read("report") == f"paribus report {folder}"


def test_a_study_on_stand_ins_goes_on_with_them(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study, folder = made.study(["plain"]), Path("paribus-out/mine-embedded")
    small = made.MNIST.model_copy(update={"verified": False, "stand_in": True})
    Store(folder).write_study(study, {"mnist": small})
    assert commands(study, folder).options == ("--embedded",)
