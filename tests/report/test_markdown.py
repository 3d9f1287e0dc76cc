from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from tests.report.page import pages

from paribus.errors import UsageError
from paribus.record.run import Result, Status
from paribus.report import markdown
from paribus.report.markdown import write


@pytest.fixture(scope="module")
def told(made, tmp_path_factory):
    """A report of three variants, one of them never run, and its text."""
    folder = tmp_path_factory.mktemp("report")
    study = made.study(
        ["plain", "l2", "later"],
        title="What *L2* does <b>",
        questions=[
            {"treatment": "l2", "reference": "plain", "ask": "Does L2 | help?"},
            {"treatment": "later", "reference": "plain"},
        ],
        published={"plain": {"test": 0.9618}},
    )
    records = {("plain", s): run for s, run in enumerate(made.runs(2, epochs=5))}
    home = folder / "runs" / "l2"
    home.mkdir(parents=True)
    environment = {"python": "3.11.9", "versions": {"jax": "0.10.1"}}
    (home / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    records["l2", 0] = replace(made.run(made.history(5, penalty=(3.0, 1.0)), test=0.9798), folder=home)
    broken = made.run(made.history(2), seed=1, status=Status.DIVERGED)
    cause = Result(Status.DIVERGED, 2, 2, cause="The loss was NaN or infinite after epoch 2.")
    records["l2", 1] = replace(broken, result=cause)
    (folder / "new").mkdir()
    output = write(pages.material(study, records), folder / "new" / "lab.md")
    return output, output.read_text(encoding="utf-8")


def section(told, heading):
    """What stands under a heading."""
    return re.split(r"^#+ ", told.split(f" {heading}\n", 1)[1], flags=re.MULTILINE)[0]


def test_the_file_begins_with_the_title_and_has_nothing_but_itself_and_figures_beside_it(told):
    output, text = told
    assert text.startswith("# What \\*L2\\* does &lt;b&gt;\n")
    assert sorted(path.name for path in output.parent.iterdir()) == ["lab-figures", "lab.md"]


def test_every_figure_it_shows_is_there_and_every_figure_there_is_shown(told):
    output, text = told
    shown = re.findall(r"\]\((lab-figures/[^)]+)\)", text)
    there = [f"lab-figures/{path.name}" for path in (output.parent / "lab-figures").iterdir()]
    assert sorted(shown) == sorted(there)
    assert {
        "lab-figures/plain.png",
        "lab-figures/l2.svg",
        "lab-figures/l2-vs-plain.png",
        "lab-figures/overview.png",
    } <= set(shown)


def test_the_data_are_named_with_their_digest(told, made):
    assert made.MNIST.sha256 in section(told[1], "Data")
    assert "60,000 train + 10,000 test" in section(told[1], "Data")


def test_the_result_table_has_a_row_a_variant(told):
    rows = [line for line in section(told[1], "Results").split("\n") if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows] == [
        "| variant",
        "| ---",
        "| plain · base",
        "| l2 · L2 0.01",
        "| later · base",
    ]
    assert "97.98" in rows[3]
    assert "96.18" in rows[2]


def test_all_rows_of_a_table_have_as_many_cells(told):
    for block in told[1].split("\n\n"):
        if block.startswith("| "):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.split("\n")}) == 1


def test_a_question_has_its_accuracies_side_by_side_and_its_answer(told):
    asked = section(told[1], "L2 0.01 vs none (l2 − plain)")
    assert r"Does L2 \| help?" in asked
    assert "| plain · base | 2 |" in asked
    assert "97.98" in asked
    assert "because runs failed to train: variant l2 in 1 of 2 runs" in asked
    assert "l2 at seed 1 (diverged)" in asked


def test_the_questions_begin_with_a_table_of_their_answers(told):
    (row,) = [line for line in section(told[1], "Questions").split("\n") if line.startswith("| L2 0.01 vs")]
    assert row.startswith("| L2 0.01 vs none | l2 − plain | ")
    assert row.endswith("| undecided |")


def test_a_question_about_a_variant_that_has_not_run_is_left_out(told):
    assert "later − plain" not in told[1]
    assert "Not run yet." in section(told[1], "Variant later · base")


def test_a_variant_tells_its_change_its_runs_and_why_one_ended(told):
    text = section(told[1], "Variant l2 · L2 0.01")
    assert "kernel_regularizer l2 0.01" in text
    assert "diverged" in text
    assert "Seed 1: The loss was NaN or infinite after epoch 2" in text
    assert "dense 7,850" in text


def test_the_environment_is_told_as_it_was_recorded(told):
    assert "versions.jax: 0.10.1" in section(told[1], "Environment")


def test_writing_it_again_gives_the_same_bytes(made, tmp_path):
    study, records = made.study(["plain"]), {("plain", 0): made.runs(1, epochs=3)[0]}
    for name in "ab":
        (tmp_path / name).mkdir()
    outputs = [write(pages.material(study, records), tmp_path / name / "report.md") for name in "ab"]
    files = [sorted(path for path in output.parent.rglob("*") if path.is_file()) for output in outputs]
    assert len(files[0]) == 5
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]


def test_stand_in_images_are_said_to_be_such(made, tmp_path):
    images = made.MNIST.model_copy(update={"verified": False, "stand_in": True})
    records = {("plain", 0): made.run(made.history(2), data=images)}
    study = made.study(["plain"], published={"plain": {"test": 0.9618}})
    text = write(pages.material(study, records), tmp_path / "r.md").read_text()
    assert "**Stand-in images: mnist.**" in section(text, "Data")
    assert "Published results are omitted" in section(text, "Results")
    assert "96.18" not in text


def test_a_study_of_which_nothing_has_run_can_be_reported(made, tmp_path):
    text = write(pages.material(made.study(), {}), tmp_path / "r.md").read_text(encoding="utf-8")
    assert text.count("Not run yet.") == 2
    assert "![" not in text


def test_a_failure_leaves_the_old_report_as_it_was(made, tmp_path, monkeypatch):
    output = tmp_path / "r.md"
    output.write_text("old")
    monkeypatch.setattr(
        markdown.files, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(UsageError, match="No space left"):
        write(pages.material(made.study(), {}), output)
    assert output.read_text() == "old"


def test_a_folder_that_cannot_be_made_is_the_users_error(made, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as caught:
        write(pages.material(made.study(), {}), tmp_path / "file" / "r.md")
    assert "file" in str(caught.value)


def test_the_review_of_what_has_run_is_part_of_the_report(told):
    assert "Only one seed" not in told[1]  # two have run
    assert "In variants plain and l2, 10 sigmoid outputs" in section(told[1], "Warnings")
    assert "**Too few seeds for all but large differences**" in section(told[1], "Warnings")
    assert "**Sigmoid outputs" in section(told[1], "Warnings")


def test_two_reports_in_one_folder_keep_figures_of_their_own(made, tmp_path):
    study = made.study(["plain"])
    for name, epochs in (("one", 3), ("two runs", 5)):
        records = {("plain", s): run for s, run in enumerate(made.runs(2, epochs=epochs))}
        write(pages.material(study, records), tmp_path / f"{name}.md")
    pictures = [tmp_path / f"{name}-figures" / "plain.svg" for name in ("one", "two runs")]
    assert pictures[0].read_bytes() != pictures[1].read_bytes()
    assert "](two%20runs-figures/plain.png)" in (tmp_path / "two runs.md").read_text(encoding="utf-8")
