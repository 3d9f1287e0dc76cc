"""Every command of docs/tutorial.md works, in its order, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = (Path(__file__).parent.parent / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(console|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SCALED_DOWN = ("seeds: 10", "seeds: 2")
"""What the test changes in the study, so that it takes seconds; the commands stay as they are."""


def run(command: str, folder: Path) -> str:
    words = shlex.split(command)
    assert words[0] == "paribus"
    done = subprocess.run(
        [sys.executable, "-m", "paribus", *words[1:]],
        cwd=folder,
        env={**os.environ, "PARIBUS_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout + done.stderr


@pytest.mark.slow
def test_every_command_of_the_tutorial_works(tmp_path):
    said: dict[str, list[str]] = {}
    study = tmp_path / "first.yaml"
    for language, block in BLOCK.findall(TUTORIAL):
        if language == "yaml":
            written = study.read_text(encoding="utf-8")
            assert written.count("variants:\n") == 1
            study.write_text(written.replace("variants:\n", f"variants:\n{block}"), encoding="utf-8")
            continue
        for line in block.splitlines():
            said.setdefault(line, []).append(run(line.removeprefix("$ "), tmp_path))
            if "new first" in line:
                written = study.read_text(encoding="utf-8")
                assert SCALED_DOWN[0] in written
                study.write_text(written.replace(*SCALED_DOWN), encoding="utf-8")
    first, second = said["$ paribus run first.yaml --embedded"]
    assert first.count("starts,") == 3 * 2
    assert second.count("starts,") == 2  # the new variant alone
    assert "2 questions decided" in first
    assert "dropout" in first
    assert (tmp_path / "paribus-out" / "first-embedded" / "report.html").is_file()
    assert "hidden" in said["$ paribus help study model"][0]
