"""Where JAX computes, and what follows from it: `python -m paribus.engine.devices` prints what it finds.

It prints one JSON object, for `paribus.execute.devices`.
"""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax


def is_cpu() -> bool:
    """Return whether JAX computes on the processor.

    This is the one rule by which forms are chosen that are fast on a CPU: of dense layers, convolutions, max
    pooling, batch normalization and penalties, a call a step where layers convolve, and XLA's options for a
    CPU. Elsewhere XLA gets Keras's own layers and a whole epoch as one function.
    """
    return jax.default_backend() == "cpu"


def name() -> str:
    """Return what the device is called, such as ``NVIDIA H100 PCIe``; empty of a processor."""
    return "" if is_cpu() else jax.devices()[0].device_kind


def drawing() -> AbstractContextManager[Any]:
    """Draw on the processor within the context, so that every device starts from the same bits."""
    return nullcontext() if is_cpu() else jax.default_device(jax.devices("cpu")[0])


def require(device: str) -> None:
    """Check that this process computes on a GPU where a run is to be trained on one.

    JAX falls back to the processor in silence where another process has found a GPU and this one does not.

    Args:
        device: ``cpu`` or ``gpu``.

    Raises:
        RuntimeError: There is none.
    """
    if device == "gpu" and is_cpu():
        raise RuntimeError("JAX finds no GPU in this process, though one was found before")


def found() -> dict[str, Any]:
    """Return JAX's backend and its devices with their memory in bytes, or why it has none."""
    try:
        devices = jax.devices()
    except (RuntimeError, AssertionError) as error:  # the second where no plugin is installed
        return {"jax": jax.__version__, "backend": "", "devices": [], "why": str(error)}
    return {
        "jax": jax.__version__,
        "backend": jax.default_backend(),
        "devices": [
            {"kind": each.device_kind, "memory": int((each.memory_stats() or {}).get("bytes_limit", 0))}
            for each in devices
        ],
        "why": "",
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(found()) + "\n")
