"""The machine and the versions that a benchmark ran with."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from typing import Any

import psutil

from paribus.record.environment import processor

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
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": _versions(python),
        "peers": _versions(peers) if peers else {},
    }


def _versions(python: str) -> dict[str, str]:
    done = subprocess.run([python, "-c", _VERSIONS], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
