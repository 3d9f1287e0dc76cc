"""On which device a function of the user's own trains: the processor, or a GPU that PyTorch finds."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from paribus.errors import RunError

_OF_GPU = ("gpu", "cuda", "mps")


def device_of(asked: str) -> str:
    """Return a device by the name that PyTorch has for it.

    Args:
        asked: ``cpu``; ``gpu`` for whichever GPU there is; ``cuda`` or ``mps`` for one of a kind.

    Raises:
        RunError: PyTorch finds no such GPU, or there is no device of this name.

    Example:
        >>> device_of("cpu")
        'cpu'
    """
    name, _, number = asked.partition(":")
    if name == "cpu":
        return "cpu"
    if name not in _OF_GPU:
        raise RunError("run.train-device", given=repr(asked), known=", ".join(("cpu", *_OF_GPU)))
    found = [each for each in _found() if name in ("gpu", each)]
    if not found:
        raise RunError("run.train-no-device", given=asked, found=", ".join(("cpu", *_found())))
    return f"{found[0]}:{number}" if number else found[0]


def _found() -> list[str]:
    """Return which kinds of GPU PyTorch finds; none where it is not installed."""
    if "torch" not in sys.modules and find_spec("torch") is None:
        return []
    torch: Any = import_module("torch")
    kinds = {"cuda": torch.cuda, "mps": torch.backends.mps}
    return [name for name, kind in kinds.items() if kind.is_available()]
