"""Controlled experiments on how neural networks train.

One base configuration, variants that each change one thing, and an answer that says what changed.

Example:
    >>> import paribus as pb
    >>> study = pb.load("lab2")
    >>> study.variants["2"].parent
    '1'
    >>> results = pb.run(study, embedded=True)  # doctest: +SKIP
    >>> results["2"].summary()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paribus.errors import (
        DataError,
        InputError,
        ParibusError,
        RunError,
        StoreError,
        StudyError,
        UsageError,
    )
    from paribus.study.reader import load
    from paribus.study.study import Study
    from paribus.texts import language
    from paribus.workflow.aa import run_aa_test
    from paribus.workflow.add_seeds import run_until_decided
    from paribus.workflow.confirm import confirm
    from paribus.workflow.confirmations import Confirmations
    from paribus.workflow.rerun import Rerun, rerun
    from paribus.workflow.results import Results
    from paribus.workflow.review import Review, review
    from paribus.workflow.run import run

_HOMES = {
    "Confirmations": "paribus.workflow.confirmations",
    "DataError": "paribus.errors",
    "InputError": "paribus.errors",
    "ParibusError": "paribus.errors",
    "Rerun": "paribus.workflow.rerun",
    "Results": "paribus.workflow.results",
    "Review": "paribus.workflow.review",
    "RunError": "paribus.errors",
    "StoreError": "paribus.errors",
    "Study": "paribus.study.study",
    "StudyError": "paribus.errors",
    "UsageError": "paribus.errors",
    "confirm": "paribus.workflow.confirm",
    "language": "paribus.texts",
    "load": "paribus.study.reader",
    "rerun": "paribus.workflow.rerun",
    "review": "paribus.workflow.review",
    "run": "paribus.workflow.run",
    "run_aa_test": "paribus.workflow.aa",
    "run_until_decided": "paribus.workflow.add_seeds",
}

__all__ = [
    "Confirmations",
    "DataError",
    "InputError",
    "ParibusError",
    "Rerun",
    "Results",
    "Review",
    "RunError",
    "StoreError",
    "Study",
    "StudyError",
    "UsageError",
    "confirm",
    "language",
    "load",
    "rerun",
    "review",
    "run",
    "run_aa_test",
    "run_until_decided",
]


def __getattr__(name: str) -> object:
    """Load a public name when it is first used: importing Paribus itself takes no time."""
    if name not in _HOMES:
        raise AttributeError(f"module 'paribus' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
