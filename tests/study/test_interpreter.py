"""Processes of Paribus run Paribus, wherever it is called from."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import paribus
from paribus.study.interpreter import command

MODULES = ("json", "numpy", "jax", "filelock", "paribus", "sitecustomize")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory of which each module means harm, and that no variable names."""
    monkeypatch.setenv("PYTHONPATH", str(Path(paribus.__file__).parents[1]))
    monkeypatch.chdir(tmp_path)
    for name in MODULES:
        (tmp_path / f"{name}.py").write_text(f"open('hacked', 'w').write({name!r})\n")
    return tmp_path


def test_no_module_of_the_working_directory_is_run(folder):
    plain = [each for each in command("json.tool") if each != "-P"]
    subprocess.run(plain, input="{}", text=True, capture_output=True, check=False)
    assert (folder / "hacked").exists(), "this Python does look there"
    (folder / "hacked").unlink()
    done = subprocess.run(command("json.tool"), input="{}", text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "{}")
    assert not (folder / "hacked").exists()


def test_a_folder_of_others_runs_nothing_where_paribus_looks_for_devices(folder):
    done = subprocess.run(command("paribus.engine.devices"), capture_output=True, text=True, check=False)
    assert '"backend": "cpu"' in done.stdout, done.stderr
    assert not (folder / "hacked").exists()


def test_every_process_is_started_so():
    root = Path(paribus.__file__).parent
    others = [
        path.name
        for path in sorted(root.rglob("*.py"))
        if re.search(r"sys\.executable,\s*\"-m\"", path.read_text(encoding="utf-8"))
    ]
    assert others == []
