"""The GPU that JAX finds on this machine, and the variables of a worker that trains on it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from paribus.errors import UsageError
from paribus.study import interpreter
from paribus.study.device import Device, Devices

PLATFORM = "JAX_PLATFORMS"
"""The variable by which JAX chooses where it computes."""
_PLUGINS = ("jax-cuda12-plugin", "jax-cuda13-plugin", "jax-rocm7-plugin")
_DRIVER = "/proc/driver/nvidia/version"
_SECONDS = 120.0  # until a driver that hangs is given up
_FLAGS = ("--xla_gpu_deterministic_ops=true", "--xla_gpu_autotune_level=0")
"""Without them XLA may add in any order, and choose another algorithm in every process."""


@dataclass(frozen=True)
class Gpu:
    """A GPU.

    Args:
        name: Such as ``NVIDIA H100 PCIe``.
        memory: That JAX may take, in bytes; 0 where it does not say.
        count: How many there are; runs are trained on the first.
    """

    name: str
    memory: int = 0
    count: int = 1


@dataclass(frozen=True)
class Found:
    """What JAX finds beside the processor.

    Args:
        gpu: None where there is none.
        backend: JAX's, such as ``gpu``; empty where it has none.
        platform: What JAX was asked for: ``cuda`` or ``rocm``.
        driver: The version of NVIDIA's; empty without it.
        plugin: JAX's package for GPUs with its version; empty where none is installed.
    """

    gpu: Gpu | None
    backend: str
    platform: str
    driver: str
    plugin: str


def variables(device: Device) -> dict[str, str]:
    """Return the environment variables of a process that computes on a device.

    On a GPU float32 is float32, as on a processor, and not TF32, which JAX takes for products where it may.

    Example:
        >>> variables("cpu")
        {'JAX_PLATFORMS': 'cpu'}
    """
    if device == "cpu":
        return {PLATFORM: "cpu"}
    own = os.environ.get("XLA_FLAGS", "").split()
    names = {flag.partition("=")[0] for flag in own}
    return {
        PLATFORM: f"{_platform()},cpu",  # initial weights are drawn on the processor
        "XLA_FLAGS": " ".join([*own, *(each for each in _FLAGS if each.partition("=")[0] not in names)]),
        "JAX_DEFAULT_MATMUL_PRECISION": os.environ.get("JAX_DEFAULT_MATMUL_PRECISION", "highest"),
    }


def contradiction(devices: Iterable[Device]) -> str:
    """Return what `PLATFORM` is set to where no run is trained there; empty where it contradicts nothing.

    Args:
        devices: Of all runs.
    """
    wanted = os.environ.get(PLATFORM, "")
    first = wanted.partition(",")[0].strip().lower()
    return wanted if first and ("cpu" if first == "cpu" else "gpu") not in set(devices) else ""


@cache
def find() -> Found:
    """Look for a GPU, in a process of its own that loads JAX."""
    try:
        done = subprocess.run(  # noqa: S603 - this Python, with a module of Paribus
            interpreter.command("paribus.engine.devices"),
            env={**os.environ, **variables("gpu"), PLATFORM: _platform()},
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        )
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        answer = {"backend": "", "devices": []}
    devices = answer["devices"] if answer["backend"] not in ("", "cpu") else []
    gpu = Gpu(devices[0]["kind"], devices[0]["memory"], len(devices)) if devices else None
    return Found(gpu, answer["backend"], _platform(), _driver(), _plugin())


def choose(wanted: Devices) -> Device:
    """Return the device of the runs whose variant names none.

    Args:
        wanted: As the user asked; ``auto`` is a GPU where there is one.
    """
    if wanted != "auto":
        return wanted
    return "cpu" if find().gpu is None else "gpu"


def check(asked: str) -> None:
    """Refuse what is to be trained on a GPU where there is none.

    Args:
        asked: What asked for a GPU, as the user wrote it.

    Raises:
        UsageError: JAX finds no GPU; the message says what was looked for, and what to install.
    """
    known = find()
    if known.gpu is None:
        raise UsageError(
            "run.no-gpu",
            asked=asked,
            platform=known.platform,
            driver=known.driver or "-",
            plugin=known.plugin or "-",
            version=version("jax"),
        )


def _platform() -> str:
    """Return what JAX calls the GPUs that are looked for: what the user's variable names, else CUDA."""
    named = (each.strip().lower() for each in os.environ.get(PLATFORM, "").split(","))
    return next((each for each in named if each not in ("", "cpu", "gpu")), "cuda")


def _driver() -> str:
    """Return the version of NVIDIA's driver as the kernel's module says it; empty without one."""
    try:
        with open(_DRIVER, encoding="utf-8") as file:
            words = file.readline().split()
    except OSError:
        return ""
    return next((word for word in words if word[0].isdigit() and "." in word), "?")


def _plugin() -> str:
    for name in _PLUGINS:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return ""
