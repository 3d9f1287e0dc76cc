"""A ``keras.Sequential`` as the list of layers a study writes, without importing Keras."""

from __future__ import annotations

from paribus.study.faults import Faults
from paribus.study.written import Path


def convert(value: object, path: Path, faults: Faults) -> object:
    """What stands in a study for a Python object."""
    raise TypeError(type(value).__name__)
