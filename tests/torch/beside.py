"""PyTorch beside Paribus's own packages, for processes that a test starts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def beside_torch(folder: Path) -> dict[str, str]:
    """The environment of a process that finds PyTorch, by links in a folder, beside Paribus's packages."""
    python = os.environ.get("PARIBUS_PEERS_PYTHON")
    if not python:
        pytest.skip("PARIBUS_PEERS_PYTHON names no Python with PyTorch")
    code = "import torch, pathlib; print(pathlib.Path(torch.__file__).parent.parent)"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    links = folder / "links"
    links.mkdir()
    for name in ("torch", "torchgen", "functorch", "sympy", "mpmath", "networkx", "fsspec", "filelock"):
        (links / name).symlink_to(Path(found.stdout.strip()) / name)
    paths = [str(ROOT / "src"), str(links)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
