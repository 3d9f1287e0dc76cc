"""What a run was made with: kept beside it, outside every digest and comparison."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("paribus", "jax", "jaxlib", "keras", "numpy")
_FLAGS = ("NPROC", "XLA_FLAGS", "JAX_PLATFORMS", "JAX_ENABLE_X64", "KERAS_BACKEND")


def environment() -> dict[str, object]:
    """Versions, threads, flags and processor of this process.

    Example:
        >>> sorted(environment())
        ['flags', 'platform', 'processor', 'python', 'versions']
    """
    return {
        "python": platform.python_version(),
        "versions": {package: _version(package) for package in _PACKAGES},
        "flags": {name: os.environ[name] for name in _FLAGS if name in os.environ},
        "platform": platform.platform(),
        "processor": processor(),
    }


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
