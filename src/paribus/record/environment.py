"""What a run was made with: kept beside it, outside every digest and comparison."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("paribus", "jax", "jaxlib", "keras", "numpy")
_FLAGS = ("NPROC", "XLA_FLAGS", "JAX_PLATFORMS", "JAX_ENABLE_X64", "KERAS_BACKEND", "OPENBLAS_CORETYPE")


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
    return _told_of_processor("model name") or platform.processor() or platform.machine()


def machine() -> str:
    """A name for what compiled programs and their speed depend on: JAX and the processor's abilities.

    Example:
        >>> machine().rpartition("-")[0]
        'jax-0.10.1'
    """
    abilities = _told_of_processor("flags") or _told_of_processor("Features")
    system = (platform.system(), platform.machine(), processor())
    told = "\n".join((str(_version("jaxlib")), *system, abilities))
    return f"jax-{_version('jax')}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _told_of_processor(what: str) -> str:
    """What Linux says of the first core; empty where it says nothing."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = (line.partition(":") for line in file)
            return next((told.strip() for name, _, told in lines if name.strip() == what), "")
    except OSError:
        return ""


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
