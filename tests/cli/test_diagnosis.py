"""The diagnosis of a small study's runs, as a user meets it: told, as JSON, in `show` and in the report."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import paribus as pb


@pytest.fixture(scope="module")
def folder(in_this_process, small_study, small_images, tmp_path_factory):
    """The results of a study one of whose runs diverges."""
    out = tmp_path_factory.mktemp("diagnosed") / "out"
    pb.run(small_study, data_dir=small_images, out=out)
    return out


def test_a_run_that_diverged_is_told_with_what_to_try(paribus, folder):
    answer = paribus("diagnose", folder)
    assert (answer.status, answer.err) == (0, "")
    told = " ".join(answer.out.split())
    assert "Training diverged (loss became NaN or infinite)" in told
    assert "What to try next" in told
    assert "broken-scaled:" in told
    assert "scale: unit" in told


def test_json_has_every_number_and_nothing_else_on_standard_output(paribus, folder):
    answer = paribus("diagnose", folder, "--json")
    assert answer.err == ""
    tree = json.loads(answer.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    (diverged,) = (each for each in tree["findings"] if each["code"] == "diverged")
    assert (diverged["severity"], diverged["variants"], diverged["seeds"]) == ("serious", ["broken"], [0])
    assert diverged["evidence"]["epoch"] == 1
    assert {"why", "cause", "remedy", "reference"} <= diverged.keys()
    tried = {each["name"]: each["changes"] for each in tree["advice"]}
    assert tried["broken-scaled"] == {"scale": "unit"}


def test_show_ends_in_remarks_and_its_json_has_each_run_s_findings(paribus, folder):
    told = paribus("show", folder, "--details").out
    assert "Remarks and conclusions" in told
    assert "Variant broken · " in told
    runs = json.loads(paribus("show", folder, "--json").out)["runs"]
    codes = {run["variant"]: [each["code"] for each in run["findings"]] for run in runs}
    assert "diverged" in codes["broken"]
    assert codes["plain"]


def test_a_cause_that_was_not_measured_is_not_named(paribus, folder, tmp_path):
    tree = json.loads(paribus("diagnose", folder, "--json").out)
    assert [each for each in tree["findings"] if not each["cause"]]
    assert paribus("report", folder, "--output", tmp_path / "report.md").status == 0
    report = (tmp_path / "report.md").read_text(encoding="utf-8")
    for told in (paribus("diagnose", folder).out, paribus("show", folder, "--details").out, report):
        assert "Cause: None" not in told


def test_the_report_has_diagnosis_conclusions_and_advice(paribus, folder, tmp_path):
    assert paribus("report", folder, "--output", tmp_path / "report.md").status == 0
    told = (tmp_path / "report.md").read_text(encoding="utf-8")
    for heading in ("## Conclusions in detail", "## What to try next"):
        assert heading in told
    assert "**Training diverged (loss became NaN or infinite).**" in told


def test_python_has_the_same(folder):
    results = pb.load_results(folder)
    found = results.diagnose()
    assert "diverged" in {each.code for each in found}
    assert "the loss was NaN or infinite" in str(found)
    assert "<h4>plain · base</h4>" in found._repr_html_()
    assert "Variant plain" in str(results.remarks())
    assert "<strong>" in results.remarks()._repr_html_()


def test_a_study_s_name_stands_for_its_folder(paribus, folder, small_study, tmp_path):
    (tmp_path / "paribus-out").mkdir()
    (tmp_path / "paribus-out" / "small").symlink_to(folder)
    assert paribus("diagnose", small_study).status == 0


@pytest.mark.parametrize("given", ["missing.yaml", "lab2", "."])
def test_what_has_not_run_is_told_so(paribus, given):
    answer = paribus("diagnose", given)
    assert answer.status == 2
    assert answer.out == ""
    assert answer.err


def test_neither_diagnosis_nor_remarks_load_a_statistical_library(folder):
    code = (
        "import sys; from pathlib import Path; from paribus.workflow.results import load_results;"
        "results = load_results(Path(sys.argv[1])); print(len(results.remarks()) > 0);"
        "print({'scipy.stats', 'statsmodels', 'pandas', 'jax', 'keras'} & set(sys.modules) or 'none')"
    )
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "none"]
