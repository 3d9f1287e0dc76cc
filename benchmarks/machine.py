"""The machine and the versions that a benchmark ran with."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil

from paribus.record.environment import processor

_VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2"}
_VERSIONS = """
import json
import os
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in ("paribus", "jax", "keras", "numpy", "scikit-learn", "tensorflow-cpu", "tensorflow", "torch"):
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def environment(python: str, peers: str | None) -> dict[str, Any]:
    """Describe processor, cores, memory, system, date, and the versions in both environments."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": kind(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": _versions(python),
        "peers": _versions(peers) if peers else {},
    }


def kind() -> str:
    """Return the processor's name with what speed depends on: its family and its widest vectors."""
    cpuinfo = Path("/proc/cpuinfo")
    told = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    family = re.search(r"^cpu family\s*:\s*(\d+)", told, re.MULTILINE)
    vectors = next((name for flag, name in _VECTORS.items() if re.search(rf"\b{flag}\b", told)), "")
    return ", ".join(
        [processor(), *([f"family {family[1]}"] if family else []), *([vectors] if vectors else [])]
    )


def _versions(python: str) -> dict[str, str]:
    done = subprocess.run([python, "-c", _VERSIONS], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
