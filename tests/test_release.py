"""What holds of what is released: its contents, its workflows, its citation, and how flaws are asked for."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import re
import sys
import tarfile
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")


def read(path: Path) -> dict:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> list[dict]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


@pytest.fixture(scope="module")
def sdists(tmp_path_factory) -> list[Path]:
    """The source distribution, built twice."""
    from hatchling.builders.sdist import SdistBuilder

    return [
        Path(next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("sdist")))))
        for _ in range(2)
    ]


def test_the_source_distribution_is_built_to_the_same_bytes(sdists):
    first, second = (hashlib.sha256(path.read_bytes()).hexdigest() for path in sdists)
    assert first == second


def test_the_source_distribution_holds_what_builds_and_tests_it(sdists):
    with tarfile.open(sdists[0]) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    tops = {name.partition("/")[0] for name in names}
    assert tops == {
        ".ci", ".github", ".gitignore", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE",
        "Makefile", "PKG-INFO", "README.md", "benchmarks", "docs", "examples", "mkdocs.yml", "pyproject.toml",
        "requirements", "src", "tests",
    }  # fmt: skip
    assert {"src/paribus/py.typed", "tests/conftest.py", "requirements/test.txt"} <= names
    assert not [name for name in names if re.search(r"__pycache__|\.pyc$|paribus-out|\.venv", name)]


def test_the_citation_names_this_version_and_licence():
    cited = read(ROOT / "CITATION.cff")
    assert cited["version"] == importlib.import_module("paribus").__version__
    assert cited["license"] == "Apache-2.0"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_alone_and_ends(path):
    found = read(path)
    assert found["permissions"] == {"contents": "read"}
    for name, job in found["jobs"].items():
        assert job["timeout-minutes"] <= 60, name
        assert {*job.get("permissions", {})} <= {"id-token"}, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_names_no_address_and_no_secret(path):
    assert not re.findall(
        r"https?:|index-url|secrets\.|pull_request_target", path.read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_named_with_its_version(path):
    assert all(
        re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v\d+)", step["uses"])
        for step in steps(path)
        if "uses" in step
    )


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_a_workflow_makes_is_a_target(path):
    targets = set(re.findall(r"^(\w+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    made = re.findall(r"^make (\w+)", "\n".join(step.get("run", "") for step in steps(path)), re.MULTILINE)
    assert set(made) <= targets


def test_the_tests_run_on_every_system_and_python():
    job = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["tests"]
    matrix = job["strategy"]["matrix"]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    pythons = re.findall(r"Programming Language :: Python :: (3\.\d+)", project)
    assert [str(each) for each in matrix["python"]] == pythons
    assert {each.partition("-")[0] for each in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert all("make " not in step.get("run", "") for step in job["steps"])  # which Windows lacks


def test_packages_are_installed_by_their_hashes():
    for path in WORKFLOWS:
        for step in steps(path):
            command = step.get("run", "")
            if "pip install" in command:
                assert "--require-hashes" in command or "--no-index" in command


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_what_is_needed_to_answer(path):
    form = read(path)
    assert form["name"]
    assert form["description"]
    assert any(part.get("validations", {}).get("required") for part in form["body"])
    assert len({part["id"] for part in form["body"]}) == len(form["body"])


@pytest.fixture
def audit(tmp_path):
    """Ask a program that answers as pip-audit would."""
    spec = importlib.util.spec_from_file_location("audit", ROOT / "requirements" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def audit(answer: object, said: str = "", status: int = 0) -> tuple[bool | None, str]:
        script = tmp_path / "answers.py"
        words = answer if isinstance(answer, str) else json.dumps(answer)
        script.write_text(
            f"import sys\nsys.stdout.write({words!r})\nsys.stderr.write({said!r})\nsys.exit({status})\n"
        )
        return module.audit(tmp_path / "lab.txt", (sys.executable, str(script)))

    return audit


SOUND = {"name": "numpy", "version": "2", "vulns": []}


def test_packages_without_a_known_flaw_are_sound(audit):
    assert audit({"dependencies": [SOUND]}) == (True, "1 packages")


def test_a_known_flaw_is_named(audit):
    flawed = {"name": "old", "version": "1", "vulns": [{"id": "CVE-1"}]}
    assert audit({"dependencies": [SOUND, flawed]}, status=1) == (False, "old CVE-1")


def test_a_package_that_nobody_knows_is_not_called_sound(audit):
    unknown = {"name": "numpy", "skip_reason": "Dependency not found"}
    assert audit({"dependencies": [unknown]}) == (None, "1 of 1 packages: Dependency not found")


def test_a_source_that_does_not_answer_is_a_reason_to_skip(audit):
    assert audit("", "ConnectionError: no route", 1) == (None, "ConnectionError: no route")


def test_any_other_failure_is_one(audit):
    assert audit("", "invalid requirements file", 1)[0] is False
