"""The environment that a run is trained in: stored with the run, outside every digest and comparison."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("paribus", "jax", "jaxlib", "keras", "numpy")
_FLAGS = (
    "NPROC", "XLA_FLAGS", "JAX_PLATFORMS", "JAX_ENABLE_X64", "JAX_DEFAULT_MATMUL_PRECISION", "KERAS_BACKEND",
    "OPENBLAS_CORETYPE",
)  # fmt: skip


def environment(others: Mapping[str, str] | None = None) -> dict[str, object]:
    """Return the versions, flags, platform and processor of this process.

    Args:
        others: Versions of what the user's own code has loaded, by package.

    Example:
        >>> sorted(environment())
        ['flags', 'platform', 'processor', 'python', 'versions']
    """
    return {
        "python": platform.python_version(),
        "versions": {**{package: _version(package) for package in _PACKAGES}, **(others or {})},
        "flags": {name: os.environ[name] for name in _FLAGS if name in os.environ},
        "platform": platform.platform(),
        "processor": processor(),
    }


def processor() -> str:
    """Return the name of the processor, as far as the system knows it."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def machine() -> str:
    """Return a name for field compiled programs and their speed depend on: JAX and the processor's features.

    Example:
        >>> machine().rpartition("-")[0]
        'jax-0.10.1'
    """
    features = _cpuinfo("flags") or _cpuinfo("Features")
    system = (platform.system(), platform.machine(), processor())
    parts = "\n".join((str(_version("jaxlib")), *system, features))
    return f"jax-{_version('jax')}-{hashlib.sha256(parts.encode()).hexdigest()[:12]}"


def _cpuinfo(field: str) -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = (line.partition(":") for line in file)
            return next((value.strip() for name, _, value in lines if name.strip() == field), "")
    except OSError:
        return ""


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
