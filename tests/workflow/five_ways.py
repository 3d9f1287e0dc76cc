"""The files of docs/five-ways.md."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "five-ways.md").read_text(encoding="utf-8")
WIDER, STILL_WIDER = "better", "equivalent"


def write_files(folder: Path) -> Path:
    """Write the files of the page into a folder, and return the study."""
    found = re.findall(r"^`([\w.]+)`.*?:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
    for name, content in found:
        (folder / name).write_text(content, encoding="utf-8")
    return folder / "five.yaml"


def without_torch(study: Path) -> Path:
    """Return the study without its variants of PyTorch."""
    lines = study.read_text(encoding="utf-8").splitlines()
    path = study.with_name("four.yaml")
    path.write_text("\n".join(line for line in lines if "torch" not in line), encoding="utf-8")
    return path
