"""--lang and PARIBUS_LANG: what a person reads changes, what programs read does not."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from paribus.texts import VARIABLE

FOLDER = Path(__file__).parents[1] / "golden" / "folders" / "2"


@pytest.fixture
def folder(tmp_path):
    """A study's folder, in which one of the runs has diverged."""
    return shutil.copytree(FOLDER, tmp_path / "kept")


def in_a_process(*arguments, cwd, language=None):
    """As from a shell: the commands are imported anew."""
    surroundings = {name: value for name, value in os.environ.items() if name != VARIABLE}
    if language:
        surroundings[VARIABLE] = language
    return subprocess.run(
        [sys.executable, "-c", "from paribus.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=cwd,
        env={**surroundings, "PYTHONIOENCODING": "utf-8"},
    )


@pytest.mark.parametrize(
    "words",
    [
        ["--lang", "vi", "plan", "lab2"],
        ["--lang=vi", "plan", "lab2"],
        ["plan", "--lang", "vi", "lab2"],
        ["plan", "lab2", "--lang", "vi"],
        ["plan", "lab2", "--lang=en", "--lang=vi"],
    ],
    ids=" ".join,
)
def test_the_option_may_stand_anywhere(paribus, words):
    answer = paribus(*words)
    assert answer.status == 0
    assert "biến thể" in answer.out
    assert "623.290" in answer.out
    assert "623,290" not in answer.out


def test_the_environment_names_the_language_and_the_option_goes_before_it(paribus, monkeypatch):
    monkeypatch.setenv(VARIABLE, "vi")
    assert "biến thể" in paribus("data", "list").out + paribus("plan", "lab2").out
    assert "variant" in paribus("plan", "lab2", "--lang", "en").out


@pytest.mark.parametrize("words", [["--lang", "vn"], ["--lang="], ["plan", "lab2", "--lang"]], ids=" ".join)
def test_an_unknown_language_is_one_message(paribus, words):
    answer = paribus(*words)
    assert answer.status == 2
    assert answer.err.startswith("--lang: '")
    assert "Known: en (English), vi (tiếng Việt)." in answer.err
    assert not answer.out


def test_an_unknown_language_of_the_environment_is_one_message(paribus, monkeypatch):
    monkeypatch.setenv(VARIABLE, "vn")
    answer = paribus("plan", "lab2")
    assert answer.status == 2
    assert answer.err.startswith("PARIBUS_LANG: 'vn'")
    assert paribus("plan", "lab2", "--lang", "vi").status == 0


def test_what_is_wrong_is_told_in_it(paribus):
    assert "Có phải ý bạn là 'lab2'?" in paribus("--lang", "vi", "plan", "lab3").err
    assert "không có kết quả" in paribus("--lang", "vi", "show", "paribus-out/nowhere", "--json").err


def test_why_a_run_diverged_is_told_in_it(paribus, folder):
    assert "NaN hoặc vô cùng" in paribus("show", folder, "--lang", "vi").out
    assert "NaN or infinite" in paribus("show", folder).out


@pytest.mark.parametrize("command", ["show", "verify"])
def test_json_of_a_folder_is_the_same_in_every_language(paribus, folder, command):
    english = paribus(command, folder, "--json").out
    assert json.loads(english)
    assert paribus(command, folder, "--json", "--lang", "vi").out == english


@pytest.mark.parametrize("command", ["plan", "review"])
def test_json_of_a_study_is_the_same_in_every_language(paribus, command):
    english = paribus(command, "lab2", "--json").out
    assert json.loads(english)
    assert paribus(command, "lab2", "--json", "--lang", "vi").out == english


def test_a_script_has_its_comments_and_what_it_shows_in_it_and_its_code_as_ever(paribus):
    vietnamese, english = (paribus("keras", "lab2", "4a", "--lang", each).out for each in ("vi", "en"))
    assert "# Điểm ảnh giữ nguyên từ 0 đến 255." in vietnamese
    assert """print(f"Độ chính xác trên tập kiểm tra: {100 * test['accuracy']:.2f}%")""" in vietnamese
    assert 'label="tập validation"' in vietnamese
    compile(vietnamese, "4a.py", "exec")

    def code(script):
        lines = [line.split("  #")[0] for line in script.splitlines() if not line.strip().startswith("#")]
        return [re.sub(r'(print\(f|label=|"accuracy": |"loss": )"[^"]*"', r"\1", line) for line in lines]

    assert code(vietnamese) == code(english)


def test_help_is_in_it(tmp_path):
    for words in (["--lang", "vi", "run", "--help"], ["run", "--help", "--lang", "vi"]):
        assert "Huấn luyện các lần chạy chưa xong" in in_a_process(*words, cwd=tmp_path).stdout
    assert "Các bộ ảnh" in in_a_process("--help", cwd=tmp_path, language="vi").stdout
    assert "--lang" in in_a_process("--help", cwd=tmp_path).stdout


@pytest.mark.slow
def test_what_is_kept_is_the_same_whoever_trains(small_study, small_images, tmp_path):
    for language in ("en", "vi"):
        words = ["run", small_study, "--data-dir", small_images, "--only", "broken,plain", "--out", language]
        done = in_a_process(*words, "--lang", language, cwd=tmp_path)
        assert done.returncode == 1, done.stderr
        assert ("NaN hoặc vô cùng" in done.stdout) is (language == "vi")
    english, vietnamese = (
        {path.relative_to(tmp_path / each): path for path in (tmp_path / each).rglob("*") if path.is_file()}
        for each in ("en", "vi")
    )
    assert english.keys() == vietnamese.keys()
    kept = [path for path in english if path.name in ("result.json", "spec.json")]
    assert len(kept) == 4
    for path in kept:
        assert vietnamese[path].read_bytes() == english[path].read_bytes(), path
    compared = [json.loads((tmp_path / each / "comparisons.json").read_text()) for each in ("en", "vi")]
    assert compared[0]["comparisons"]
    assert compared[0]["comparisons"] == compared[1]["comparisons"]  # their basis has the time of the look
