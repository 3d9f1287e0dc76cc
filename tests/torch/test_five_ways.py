"""One study trained in five ways, PyTorch among them, as docs/five-ways.md has it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.torch.beside import beside_torch
from tests.workflow.five_ways import STILL_WIDER, WIDER, write_files

import paribus as pb


@pytest.mark.torch
def test_five_ways_have_the_same_verdicts_and_pytorch_is_within_the_spread_of_seeds(tmp_path: Path) -> None:
    study, out = write_files(tmp_path), tmp_path / "out"
    environment = {
        **beside_torch(tmp_path),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    words = [sys.executable, "-m", "paribus", "run", str(study), "--out", str(out), "--workers", "2"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    results = pb.load_results(out)
    for way in ("built-in", "keras", "torch", "program", "table"):
        assert results.compare(f"{way}-32", f"{way}-4").verdict == WIDER
        assert results.compare(f"{way}-64", f"{way}-32").verdict == STILL_WIDER
    between = results.compare("torch-32", "built-in-32")
    assert between.verdict == "equivalent"
    scores = [results.records["built-in-32", seed].test_score for seed in range(10)]
    assert abs(between.difference) < max(scores) - min(scores)
