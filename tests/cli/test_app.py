"""The commands on a small study, from the first plan to the report."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def trained(small_study, small_images, tmp_path_factory):
    """A folder into which the small study was run by the command itself, and what that printed."""
    folder = tmp_path_factory.mktemp("cli") / "out"
    command = [sys.executable, "-c", "from paribus.cli import main; main()", "run", small_study]
    done = subprocess.run(
        [*map(str, command), "--data-dir", small_images, "--out", folder, "--workers", "1"],
        env={**os.environ, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr  # one of its runs diverges
    return folder, done


def test_run_prints_the_table_on_standard_output_and_progress_on_standard_error(trained):
    folder, done = trained
    for name in ("plain", "same", "momentum", "long", "broken"):
        assert name in done.stdout
    assert f"paribus show {folder} --details" in done.stdout
    assert "starts, 0 of 3 epochs" in done.stderr
    assert "not the official ones" in done.stdout


def test_run_begins_with_what_is_doubtful_about_the_design(trained, small_study):
    before = trained[1].stderr.split(f"Details: `paribus review {small_study} --details`.")[0]
    assert "starts" not in before
    for told in ("momentum vs plain", "all 5 variants", "warning"):
        assert told in before
    assert "Review of the design" not in trained[1].stdout


def test_run_again_trains_nothing(paribus, trained, small_study, small_images):
    answer = paribus("run", small_study, "--data-dir", small_images, "--out", trained[0])
    assert answer.status == 1
    assert "starts" not in answer.err
    assert answer.out == trained[1].stdout


def test_the_exit_status_is_that_of_the_runs_asked_for(paribus, trained, small_study, small_images):
    asked = ["--data-dir", small_images, "--out", trained[0], "--only", "plain,long"]
    answer = paribus("run", small_study, *asked)
    assert answer.status == 0


def test_seeds_are_added_until_decided_and_a_variant_is_held_against_itself(
    in_this_process, paribus, small_study, small_images
):
    asked = [small_study, "--data-dir", small_images, "--only", "plain,momentum", "--until-decided"]
    answer = paribus("run", *asked, "--max-seeds", "6")
    assert answer.status == 0, answer.err
    assert "added after a look" in answer.out
    assert "of 1 questions" in answer.out
    aa_test = paribus("run", small_study, "--data-dir", small_images, "--aa", "--seeds", "3")
    assert aa_test.status == 0, aa_test.err
    assert "starts" not in aa_test.err  # six seeds of it were trained before
    assert "A/A test, variant plain vs itself" in aa_test.out
    shown = json.loads(paribus("show", "paribus-out/small", "--json").out)
    assert shown["aa_test"]["pairs"] == [[0, 3], [1, 4], [2, 5]]
    assert shown["comparisons"][0]["procedure"] == "sequential"


def test_show_tells_what_run_told(paribus, trained):
    answer = paribus("show", trained[0])
    assert answer.status == 0
    assert answer.out == trained[1].stdout


def test_show_json_has_the_names_that_programs_rely_on(paribus, trained):
    answer = paribus("show", trained[0], "--json")
    shown = json.loads(answer.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert (shown["study"], shown["schema"]) == ("small", 3)
    runs = {run["variant"]: run for run in shown["runs"]}
    assert set(runs) == {"plain", "same", "momentum", "long", "broken"}
    plain = runs["plain"]
    assert (plain["seed"], plain["status"], plain["epochs"]) == (0, "finished", 3)
    assert 0 <= plain["test"]["accuracy"] <= 1
    assert plain["seconds"] > 0
    assert plain["data"]["name"] == "mnist"
    assert plain["data"]["verified"] is False
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(plain["history"])
    assert all(len(values) == 3 for values in plain["history"].values())
    for found in plain["findings"]:
        assert {"code", "severity", "evidence", "cause", "remedy"} <= set(found)
    assert runs["broken"]["status"] == "diverged"
    assert None in runs["broken"]["history"]["loss"]
    assert runs["broken"]["test"]["accuracy"] is None


def test_show_json_answers_the_studys_questions(paribus, trained):
    (answer,) = json.loads(paribus("show", trained[0], "--json").out)["comparisons"]
    assert (answer["treatment"], answer["reference"]) == ("momentum", "plain")
    assert (answer["metric"], answer["seeds"], answer["confounded_by"]) == (
        "test_accuracy",
        [0],
        ["learning_rate", "effective_step"],
    )
    assert (answer["interval"], answer["p_value"], answer["p_adjusted"]) == (None, None, None)
    assert (answer["p_exact"], answer["p_exact_smallest"], answer["verdict"]) == (None, None, "undecided")
    accuracies = {
        run["variant"]: run["test"]["accuracy"]
        for run in json.loads(paribus("show", trained[0], "--json").out)["runs"]
    }
    assert answer["difference"] == pytest.approx(accuracies["momentum"] - accuracies["plain"])
    only = answer["networks"]["only_treatment"] - answer["networks"]["only_reference"]
    assert only == pytest.approx(60 * answer["difference"])


def test_show_says_the_answer_in_a_sentence(paribus, trained):
    told = paribus("show", trained[0], "--details", "questions").out
    assert "Does momentum help? Undecided, because only one seed has run" in told
    assert "McNemar" in told


def test_a_misspelled_section_is_told_with_the_one_that_was_meant(paribus, trained):
    answer = paribus("show", trained[0], "--details", "reslts")
    assert answer.status != 0
    assert "Did you mean 'results'?" in answer.err


def test_report_writes_one_page_beside_the_results_unless_told_otherwise(paribus, trained):
    answer = paribus("report", trained[0])
    assert answer.status == 0
    written = (trained[0] / "report.html").read_text(encoding="utf-8")
    assert "report.html" in answer.out
    assert "Does momentum help?" in written


def test_report_finds_the_folder_of_a_study_that_is_named(paribus, trained, small_study):
    Path("paribus-out").mkdir()
    Path("paribus-out/small").symlink_to(trained[0], target_is_directory=True)
    answer = paribus("report", small_study, "--output", "small.html")
    assert answer.status == 0
    assert Path("small.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_report_of_a_study_that_has_not_run_says_where_it_looked(paribus, small_study):
    answer = paribus("report", small_study)
    assert answer.status == 2
    assert "paribus-out/small" in answer.err.replace("\n", "")


def test_report_writes_a_notebook(paribus, trained):
    answer = paribus("report", trained[0], "--format", "ipynb")
    assert (answer.status, answer.err) == (0, "")
    written = json.loads((trained[0] / "report.ipynb").read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in written["cells"] if cell["cell_type"] == "code"]
    assert 'beside = Path(".")' in code[0]
    assert any("pb.rerun(study, reported" in source for source in code)


def test_report_names_the_extra_that_a_notebook_needs(paribus, trained, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbformat", None)
    answer = paribus("report", trained[0], "--format", "ipynb")
    assert answer.status == 2
    assert "pip install nbformat" in answer.err


def test_report_writes_markdown_and_its_figures(paribus, trained, tmp_path):
    (tmp_path / "r").mkdir()
    answer = paribus("report", trained[0], "--format", "md", "--output", tmp_path / "r" / "small.md")
    assert answer.status == 0
    assert "small.md" in answer.out
    assert "momentum" in (tmp_path / "r" / "small.md").read_text()
    assert list((tmp_path / "r").rglob("*.png"))


@pytest.mark.parametrize("ending", ["html", "md", "ipynb", "pdf"])
def test_a_report_into_a_folder_that_is_not_there_is_refused_and_makes_none(
    paribus, trained, tmp_path, ending
):
    answer = paribus("report", trained[0], "--output", tmp_path / "missing" / f"small.{ending}")
    assert (answer.status, answer.out) == (2, "")
    assert f"there is no folder {tmp_path / 'missing'}" in answer.err
    assert not (tmp_path / "missing").exists()


def test_plan_trains_nothing_and_says_what_is_done(paribus, trained, small_study, small_images):
    before = sorted(trained[0].rglob("*"))
    answer = paribus("plan", small_study, "--data-dir", small_images, "--out", trained[0])
    assert answer.status == 0
    assert "1 of 1" in answer.out
    assert answer.out.startswith("All runs have finished; there is nothing to train.")
    assert answer.out.endswith(f"Next:\n  paribus show {trained[0]}\n")
    assert sorted(trained[0].rglob("*")) == before


def test_plan_needs_no_images(paribus):
    answer = paribus("plan", "lab2")
    assert answer.status == 0
    assert "623,290" in answer.out
    assert "9,470,986" in answer.out


def test_plan_says_the_way_and_the_minutes_of_every_variant(paribus):
    answer = paribus("plan", "lab2", "--only", "1,6", "--workers", "2", "--seeds", "1")
    first = next(line.split() for line in answer.out.splitlines() if line.split()[:1] == ["1"])
    assert first[-5:] == ["stepwise", "3.8", "0", "of", "1"]
    assert "delayed" in answer.out
    assert "at most about" in answer.out
    assert "on 2 workers" in answer.out
    assert "Measuring once" in answer.err
    assert "Measuring" not in paribus("plan", "lab2").err


def test_plan_json_has_the_names_that_programs_rely_on(paribus):
    answer = paribus("plan", "lab2", "--only", "1,5,6", "--workers", "1", "--seeds", "1", "--json")
    shown = json.loads(answer.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert (shown["study"], shown["schema"], shown["workers"], shown["at_most"]) == ("lab2", 2, 1, True)
    one, five, six = shown["runs"]
    assert [run["variant"] for run in shown["runs"]] == ["1", "5", "6"]
    assert [run["update_mode"] for run in shown["runs"]] == ["stepwise", "delayed", "delayed"]
    assert (one["status"], one["epochs"], one["epochs_done"], one["at_most"]) == ("missing", 30, 0, False)
    assert six["at_most"]
    assert six["seconds"] == pytest.approx(five["seconds"] * 100 / 30)
    assert shown["seconds"] == pytest.approx(4.0 + 2 * 2.0 + one["seconds"] + six["seconds"])


def test_plan_of_what_is_done_takes_no_time(paribus, trained, small_study, small_images):
    asked = ["--data-dir", small_images, "--out", trained[0], "--json"]
    shown = json.loads(paribus("plan", small_study, *asked).out)
    assert shown["seconds"] == 0.0
    assert {run["seconds"] for run in shown["runs"]} == {0.0}
    again = json.loads(paribus("plan", small_study, "--seeds", "2", *asked).out)
    assert {run["measured"] for run in again["runs"] if run["seed"] == 1} == {True}


def test_keras_prints_a_script_that_compiles(paribus):
    answer = paribus("keras", "lab2", "3a")
    assert answer.status == 0
    compile(answer.out, "3a.py", "exec")
    assert "from_logits=True" in answer.out


def test_data_list_names_every_set(paribus):
    answer = paribus("data", "list")
    assert answer.status == 0
    for name in ("mnist", "fashion_mnist", "cifar10"):
        assert name in answer.out


def test_data_check_of_a_missing_set_fails(paribus):
    answer = paribus("data", "check", "mnist")
    assert answer.status == 1
    assert "paribus data fetch mnist" in answer.out


def test_data_check_says_that_images_are_not_the_official_ones(paribus, small_images):
    answer = paribus("data", "check", "mnist", "--data-dir", small_images)
    assert answer.status == 0
    assert "not the official" in answer.out


def test_doctor_finds_this_machine_well(paribus):
    answer = paribus("doctor")
    assert answer.status == 0, answer.out
    assert "JAX 0.10.1 gives the same results" in answer.out


@pytest.mark.parametrize("has_gpu", [True, False])
def test_doctor_says_which_gpu_jax_finds_or_what_it_looked_for(paribus, monkeypatch, has_gpu):
    from paribus.execute import devices

    card = devices.Gpu("NVIDIA H100 PCIe", 60_000_000_000, 2)
    parts = (
        ("gpu", "cuda", "550.54.15", "jax-cuda12-plugin 0.10.1") if has_gpu else ("", "cuda", "550.54.15", "")
    )
    monkeypatch.setattr(devices, "find", lambda: devices.Found(card if has_gpu else None, *parts))
    answer = paribus("doctor")
    assert answer.status == 0, answer.out
    told = " ".join(answer.out.split())
    wanted = (
        ("NVIDIA H100 PCIe, 2 in all, 60 GB", "backend gpu")
        if has_gpu
        else ("none that JAX finds", "plugin -")
    )
    for words in (*wanted, "NVIDIA driver 550.54.15"):
        assert words in told


@pytest.mark.parametrize(
    "command",
    [
        ["run"],
        ["plan"],
        ["review"],
        ["show"],
        ["verify"],
        ["report"],
        ["keras"],
        ["doctor"],
        ["data", "list"],
        ["data", "fetch"],
        ["data", "check"],
    ],
    ids=" ".join,
)
def test_every_command_has_help_with_an_example(paribus, command):
    answer = paribus(*command, "--help")
    assert answer.status == 0
    assert f"paribus {' '.join(command)}" in answer.out.split("Example:")[1]


def test_help_and_version_need_none_of_the_heavy_libraries(tmp_path):
    code = (
        "import sys; from paribus.cli import main\n"
        "sys.argv = ['paribus', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'jax', 'keras', 'numpy', 'pandas', 'scipy', 'matplotlib', 'pydantic', 'sklearn'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
