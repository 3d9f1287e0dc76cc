"""What holds of the project itself: sentences, locks, docstrings, imports and packages in step."""

from __future__ import annotations

import ast
import gettext
import importlib
import importlib.metadata
import io
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import IO

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "paribus"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CATALOGUES = sorted(SOURCE.glob("texts/locale/*/LC_MESSAGES/*.po"))
MODULES = sorted(SOURCE.rglob("*.py"))
LOCKS = ["lab", "test", "check", "golden", "docs", "trackers", "ray"]
TRACKERS = ("mlflow", "optuna", "parquet", "tensorboard", "wandb")
SLOW_TO_IMPORT = ["jax", "keras", "matplotlib", "pandas", "scipy", "sklearn", "statsmodels"]


def of_catalogue(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.stem}"


def of_module(path: Path) -> str:
    return path.relative_to(SOURCE.parent).as_posix()


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def pins(name: str) -> dict[str, set[str]]:
    """Every package of a lock, with the versions that it has somewhere."""
    found: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([a-z0-9-]+)==([^ ]+)", lock(name), re.MULTILINE):
        found.setdefault(package, set()).add(version)
    return found


def asked_for(name: str) -> list[Requirement]:
    """What pyproject.toml asks to be in a lock."""
    groups = PROJECT["dependency-groups"]
    if name in ("golden", "docs"):
        return [Requirement(line) for line in groups[name]]
    extras = PROJECT["project"]["optional-dependencies"]
    lines = [*PROJECT["project"]["dependencies"], *extras["embedded"]]
    lines += [] if name == "lab" else extras["live"]
    lines += [line for extra in TRACKERS for line in extras[extra]] if name == "trackers" else []
    lines += extras["ray"] if name == "ray" else []
    for group in {
        "lab": ["build"],
        "trackers": ["build", "test"],
        "ray": ["build", "test"],
        "test": ["build", "test"],
        "check": ["build", "test", "check"],
    }[name]:
        lines += groups[group]
    return [Requirement(line) for line in lines]


def sentences(compiled: IO[bytes]) -> dict[object, str]:
    """A compiled catalogue by code, without the head that says when it was compiled."""
    catalogue = gettext.GNUTranslations(compiled)._catalog
    return {code: sentence for code, sentence in catalogue.items() if code}


@pytest.mark.parametrize("path", CATALOGUES, ids=of_catalogue)
def test_the_compiled_sentences_are_those_of_the_catalogue(path):
    expected = io.BytesIO()
    with path.open("rb") as source, path.with_suffix(".mo").open("rb") as compiled:
        write_mo(expected, read_po(source))
        expected.seek(0)
        assert sentences(compiled) == sentences(expected), "run `make texts`"


@pytest.mark.parametrize("path", CATALOGUES, ids=of_catalogue)
def test_every_sentence_is_written_and_finished(path):
    with path.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    assert messages
    for message in messages:
        sentences = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(sentences), message.id
        assert not message.fuzzy, message.id


def test_no_compiled_catalogue_is_left_without_its_source():
    compiled = {path.with_suffix(".po") for path in SOURCE.rglob("*.mo")}
    assert compiled == set(CATALOGUES)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_place_on_a_machine(name):
    assert not re.findall(
        r"https?:|file:|--find-links|index-url|^-e| @ |(?<![\w.])/\w+", lock(name), re.MULTILINE
    )


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_a_hash_for_every_package(name):
    entries = re.split(r"^(?=[a-z0-9-]+==)", lock(name), flags=re.MULTILINE)[1:]
    assert len(entries) > 20
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_in_step_with_the_project(name):
    direct = r"^([a-z0-9-]+)==(?:(?!^[a-z]).)*?# +(?:via )?paribus \(pyproject\.toml"
    asked = {canonicalize_name(requirement.name) for requirement in asked_for(name)}
    assert set(re.findall(direct, lock(name), re.MULTILINE | re.DOTALL)) == asked, "run `make lock`"
    locked = pins(name)
    for requirement in asked_for(name):
        versions = locked[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_the_locks_agree_on_versions():
    lab, test, check, golden = (pins(name) for name in LOCKS[:4])
    assert lab.items() <= test.items() <= check.items()
    assert test.items() <= pins("trackers").items()
    assert test.items() <= pins("ray").items()
    assert (lab["keras"], lab["numpy"]) == (golden["keras"], golden["numpy"])


@pytest.mark.parametrize("path", MODULES, ids=of_module)
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=of_module)
def test_no_module_grows_beyond_one_subject(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def names_in(path: Path) -> set[str]:
    """What a module defines at its top, and its classes' attributes as ``Class.attribute``."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        found |= {target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)}
        found |= {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set()
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return found


def test_the_picture_of_the_project_names_what_is_there():
    picture = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    rooms = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))
    named = re.findall(rf"`((?:{'|'.join(rooms)})(?:\.\w+)+)`", picture)
    assert len(named) > 15
    assert not [name for name in named if not is_there(name)]
    assert set(rooms) <= set(re.findall(r"^\| `(\w+)` \|", picture, re.MULTILINE))


def is_there(name: str) -> bool:
    """Whether a dotted name is a module of the project, or something that one defines."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        path = SOURCE.joinpath(*parts[:count])
        if path.with_suffix(".py").exists():
            rest = ".".join(parts[count:])
            return not rest or rest in names_in(path.with_suffix(".py"))
    return SOURCE.joinpath(*parts).is_dir()


def test_the_public_names_are_sorted_and_there():
    package = importlib.import_module("paribus")
    stub = (SOURCE / "__init__.pyi").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^from \.\S+ import (\w+) as \1$", stub, re.MULTILINE)) == package.__all__
    assert list(package.__all__) == sorted(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)
    assert set(package.__all__) <= set(dir(package))


def test_every_public_name_is_documented():
    package = importlib.import_module("paribus")
    documented = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert [name for name in package.__all__ if f"`{name}" not in documented] == []
    assert all(getattr(package, name).__doc__ for name in package.__all__)


def test_the_version_is_the_installed_one():
    assert importlib.import_module("paribus").__version__ == importlib.metadata.version("paribus")


def test_the_package_runs_as_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "paribus", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"paribus {importlib.import_module('paribus').__version__}\n"


@pytest.mark.parametrize(
    "module",
    [
        "paribus",
        "paribus.cli",
        "paribus.study.reader",
        "paribus.record.store",
        "paribus.report",
        "paribus.live.serving",
        "paribus.workflow",
    ],
)
def test_importing_does_not_load_what_is_slow(module):
    listed = f"import sys, {module}; print(*sorted(set({SLOW_TO_IMPORT}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    from hatchling.builders.wheel import WheelBuilder

    folder = tmp_path_factory.mktemp("dist")
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return zipfile.ZipFile(path)


def test_the_wheel_holds_everything_that_the_package_reads(wheel):
    packed = {name for name in wheel.namelist() if name.startswith("paribus/")}
    kept = {
        path.relative_to(SOURCE.parent).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == kept
    assert {"paribus/py.typed", "paribus/__init__.pyi", "paribus/study/studies/lab2.yaml"} <= packed
    assert any(name.endswith(".mo") for name in packed)


def test_the_wheel_asks_for_what_the_project_asks_for(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = wheel.read(name).decode()
    for line in PROJECT["project"]["dependencies"]:
        assert Requirement(line) in [
            Requirement(found) for found in re.findall(r"^Requires-Dist: (.*)$", metadata, re.MULTILINE)
        ]
    assert "tensorflow" not in metadata


def fake_python(folder: Path, name: str, version: str, *, suitable: bool, venv: bool = True) -> None:
    """A command that answers as an interpreter of this version would."""
    folder.mkdir(exist_ok=True)
    script = folder / name
    script.write_text(
        f"""#!/bin/sh
case "$*" in
    --version) echo "Python {version}" ;;
    *ensurepip*) exit {int(not venv)} ;;
    *sys.exit*) exit {int(not suitable)} ;;
    *print*) echo {version.rpartition(".")[0]} ;;
esac
"""
    )
    script.chmod(0o755)


def find_python(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "requirements" / "find-python"), *arguments],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip()


@pytest.mark.skipif(os.name == "nt", reason="make and sh are for other systems")
class TestFindPython:
    def test_takes_python3_when_it_is_recent_enough(self, tmp_path):
        fake_python(tmp_path, "python3", "3.12.1", suitable=True)
        assert find_python(tmp_path) == (0, "python3")

    def test_looks_further_when_python3_is_too_old(self, tmp_path):
        fake_python(tmp_path, "python3", "3.9.2", suitable=False)
        fake_python(tmp_path, "python3.12", "3.12.1", suitable=True)
        assert find_python(tmp_path) == (0, "python3.12")

    def test_looks_further_when_python3_cannot_make_environments(self, tmp_path):
        fake_python(tmp_path, "python3", "3.11.2", suitable=True, venv=False)
        fake_python(tmp_path, "python3.13", "3.13.0", suitable=True)
        assert find_python(tmp_path) == (0, "python3.13")

    def test_takes_no_other_than_the_one_named(self, tmp_path):
        fake_python(tmp_path, "python3.9", "3.9.2", suitable=False)
        fake_python(tmp_path, "python3", "3.12.1", suitable=True)
        status, said = find_python(tmp_path, "python3.9")
        assert status == 1
        assert "python3.9 is Python 3.9.2" in said

    def test_says_in_one_line_that_there_is_none(self, tmp_path):
        fake_python(tmp_path, "python3", "3.9.2", suitable=False)
        status, said = find_python(tmp_path)
        assert status == 1
        assert said.count("\n") == 0
        assert "python3 is Python 3.9.2" in said
        assert "make lab PYTHON=python3.12" in said

    def test_says_how_to_get_the_missing_module(self, tmp_path):
        fake_python(tmp_path, "python3", "3.11.2", suitable=True, venv=False)
        status, said = find_python(tmp_path)
        assert status == 1
        assert said.count("\n") == 0
        assert "sudo apt install python3.11-venv" in said
