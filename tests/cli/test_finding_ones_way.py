"""`paribus new`, `paribus help`, `paribus schema` and completion, as a user meets them in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from paribus.report.terms import TERMS
from paribus.study import document
from paribus.study.reader import builtin_names

ROOT = Path(__file__).parent.parent.parent


def test_new_writes_a_study_that_can_be_planned_at_once(paribus):
    answer = paribus("new", "mine")
    assert (answer.status, answer.err) == (0, "")
    assert "paribus run mine.yaml --embedded" in answer.out
    assert paribus("plan", "mine.yaml", "--embedded").status == 0
    assert paribus("review", "mine.yaml").status == 0


@pytest.mark.slow
def test_new_writes_a_study_that_runs_at_once(paribus):
    paribus("new", "mine")
    answer = paribus("run", "mine.yaml", "--embedded", "--seeds", "1")
    assert answer.status == 0, answer.err
    assert "Does dropout help?" in answer.out


def test_new_writes_the_schema_that_the_study_names_and_is_valid_by(paribus):
    paribus("new", "mine", "--from", "lab2")
    schema = json.loads(Path("paribus.schema.json").read_text(encoding="utf-8"))
    written = document.read(Path("mine.yaml").read_bytes())[0].plain()
    assert Draft202012Validator(schema).is_valid(written)
    assert "$schema=paribus.schema.json" in Path("mine.yaml").read_text(encoding="utf-8")


def test_new_never_overwrites(paribus):
    Path("mine.yaml").write_text("mine")
    Path("paribus.schema.json").write_text("mine too")
    answer = paribus("new", "mine")
    assert (answer.status, answer.out) == (2, "")
    assert (
        answer.err
        == "mine.yaml exists, and nothing was written. Choose another name, or delete that file first.\n"
    )
    assert paribus("new", "other").status == 0
    assert Path("mine.yaml").read_text() == "mine"
    assert Path("paribus.schema.json").read_text() == "mine too"


def test_new_takes_a_file_in_a_folder(paribus):
    Path("studies").mkdir()
    assert paribus("new", "studies/mine.yml").status == 0
    assert "name: mine" in Path("studies/mine.yml").read_text(encoding="utf-8")


def test_new_explains_the_keys_in_the_language_that_is_spoken(paribus):
    paribus("new", "mine", "--lang", "vi")
    assert "# seeds: Số lần huấn luyện" in Path("mine.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["new", "lab2"], "the name of a built-in study"),
        (["new", "nowhere/mine"], "nowhere/mine.yaml cannot be written: No such file"),
        (["new", "a:b"], "'a:b' cannot be a name"),
        (["new", ""], "cannot be a name"),
        (["new", ".."], "'..' cannot be a name"),
        (["new", "mine", "--from", "lab3"], "Did you mean 'lab2'?"),
        (["help", "rnu"], "Did you mean 'run'?"),
        (["help", "study", "seed"], "Did you mean 'seeds'?"),
        (["help", "run", "seeds"], "Only `paribus help study`"),
        (["help", "study", "seeds", "--markdown"], "--markdown prints all of it"),
        (["help", "run", "--markdown"], "--markdown prints all of it"),
        (["schema", "--output", "."], "cannot be written"),
        (["schema", "--output", "nowhere/x.json"], "cannot be written"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_one_message_with_status_2(paribus, words, told):
    answer = paribus(*words)
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert "Traceback" not in answer.err
    assert list(Path().glob("*.yaml")) == []


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize("columns", [80, 100])
def test_help_on_a_study_fits_the_terminal(paribus, monkeypatch, language, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    for words in ([], ["adam"], ["base.model"], ["momentum"], ["conv2d"], ["published"]):
        answer = paribus("help", "study", *words, "--lang", language)
        assert answer.status == 0
        assert max(map(len, answer.out.splitlines())) <= columns


def test_help_explains_the_terms_of_statistics(paribus):
    told = " ".join(paribus("help", "terms").out.split())
    assert [each.name for each in TERMS if f"{each.name} {each.about}" not in told] == []
    assert paribus("help", "terms", "holm").status == 2


def test_help_on_a_command_is_that_of_the_command(paribus):
    assert "paribus run lab2" in paribus("help", "run").out
    assert "Usage" in paribus("help").out


def test_the_page_of_commands_in_the_documentation_is_the_generated_one(paribus):
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == paribus("help", "--markdown").out, "run `paribus help --markdown > docs/commands.md`"


def test_schema_is_printed_or_written_and_replaces_only_a_schema(paribus):
    printed = paribus("schema").out
    Draft202012Validator.check_schema(json.loads(printed))
    assert paribus("schema", "--output", "s.json").status == 0
    assert Path("s.json").read_text(encoding="utf-8") == printed
    assert paribus("schema", "--output", "s.json").status == 0
    Path("mine.yaml").write_text("name: mine")
    refused = paribus("schema", "--output", "mine.yaml")
    assert refused.status == 2
    assert Path("mine.yaml").read_text() == "name: mine"


def completed(line: str, folder: Path) -> list[str]:
    """What Bash is offered at the end of a line."""
    code = "import sys; sys.argv = ['paribus']; from paribus.cli import main; main()"
    asked = {"_PARIBUS_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **asked},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("paribus run l", ["lab2", "learning-curve"]),
        ("paribus review mi", ["mine.yaml"]),
        ("paribus new mine --from ", list(builtin_names())),
        ("paribus keras lab2 4", ["4a", "4b", "4b-l2", "4c"]),
        ("paribus run lab2 --only 1,7", ["1,7a", "1,7b", "1,7c"]),
        ("paribus keras broken.yaml ", []),
        (
            "paribus show ",
            [*builtin_names(), "broken.yaml", "mine.yaml", "paribus-out/", "paribus-out/mine"],
        ),
        ("paribus help study early", ["early_stopping"]),
        ("paribus help ver", ["verify"]),
    ],
)
def test_the_shell_completes_what_there_is(tmp_path, line, offered):
    (tmp_path / "mine.yaml").touch()
    (tmp_path / "broken.yaml").write_text("variants: 3")
    (tmp_path / "paribus-out" / "mine").mkdir(parents=True)
    (tmp_path / "paribus-out" / "mine" / "study.json").touch()
    assert completed(line, tmp_path) == offered


def test_completion_can_be_installed(paribus):
    assert "--install-completion" in paribus("--help").out
