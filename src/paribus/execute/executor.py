"""Where runs are trained: one interface, and what goes by which name. `local` and `ray` are Paribus's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pkgutil import resolve_name
from typing import Protocol, cast

from paribus.errors import ExtensionError, UsageError
from paribus.execute.messages import Assignment, RunEvent
from paribus.texts import suggestion
from paribus.texts.message import Message

GROUP = "paribus.executors"
"""The group of entry points under which a package registers executors of its own."""

LOCAL, RAY = "local", "ray"
_BUILT_IN = {LOCAL: "paribus.execute.local:Local", RAY: "paribus.execute.on_ray:OnRay"}


@dataclass(frozen=True)
class Capacity:
    """What an executor has room for.

    Args:
        cores: Of all machines together.
        workers: Processes that their memory holds, at least one.
        threads: The most that one run can have, as many as the largest machine has cores; None for any.
    """

    cores: int
    workers: int
    threads: int | None = None


class Executor(Protocol):
    """Trains what a study lacks, wherever that is.

    An executor never changes a result. Whatever it is, this process is the only one that writes to the
    study's folder: an executor on other machines brings back what they have trained.
    """

    def capacity(self) -> Capacity:
        """Return what there is room for.

        Raises:
            UsageError: What it trains on cannot be reached.
        """
        ...

    def execute(
        self, assignments: Sequence[Assignment], workers: int, observe: Callable[[RunEvent], None]
    ) -> None:
        """Train every assignment, in this order as far as workers are free.

        A run that goes wrong is recorded as failed in its folder, and the others go on. However this method
        is left, an exception of `observe` included, nothing of it trains on afterwards; what is in the
        folder then is what the next call goes on from.

        Args:
            assignments: What is missing, in the order of the plan.
            workers: The largest number of processes side by side.
            observe: Called in this thread with every event, once the study's folder has what it tells.
        """
        ...


Factory = Callable[[], Executor]
_registered: dict[str, Factory] = {}


def register_executor(name: str, factory: Factory) -> None:
    """Register an executor of one's own, which ``--on`` and ``on=`` then take by name.

    A package does so without this call through the entry point group ``paribus.executors``.

    Args:
        name: Any but ``local`` and ``ray``; an executor that was registered by this name is replaced.
        factory: Returns the executor; a class does.

    Raises:
        UsageError: The name is Paribus's own.

    Example:
        >>> import paribus as pb
        >>> pb.register_executor("slurm", MySlurm)  # doctest: +SKIP
        >>> pb.run("lab2", on="slurm")  # doctest: +SKIP
    """
    if name in _BUILT_IN:
        raise UsageError("executor.taken", name=name)
    _registered[name] = factory


def executor_names() -> tuple[str, ...]:
    """Return the names that may be asked for: Paribus's own, then those of others."""
    return tuple(dict.fromkeys((*_BUILT_IN, *sorted({*_registered, *_installed()}))))


def check_executor(name: str) -> None:
    """Check that an executor goes by a name.

    Raises:
        UsageError: None does.
    """
    known = executor_names()
    if name not in known:
        near = suggestion(name, known)
        raise UsageError("executor.unknown", given=name, known=", ".join(known), suggestion=near)


def make_executor(name: str, address: str = "") -> Executor:
    """Return the executor that goes by a name.

    Args:
        name: One of `executor_names`.
        address: Of the cluster that ``ray`` joins; empty for the usual one.

    Raises:
        UsageError: There is none of this name, or the package that it needs is not installed.
        ExtensionError: An installed package registers what cannot be loaded.
    """
    check_executor(name)
    if name == RAY:
        return resolve_name(_BUILT_IN[name])(address)
    if name in _BUILT_IN:
        return resolve_name(_BUILT_IN[name])()
    return _registered[name]() if name in _registered else _load(_installed()[name])()


@cache
def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in _BUILT_IN}


def _load(point: EntryPoint) -> Factory:
    try:
        found: object = point.load()
    except Exception as error:  # whatever another package's module raises when it is imported
        reason = Message("diagnosis.rule-not-loaded", {"error": f"{type(error).__name__}: {error}"})
        raise _unusable(point, reason) from error
    if not callable(found):
        raise _unusable(point, Message("executor.not-callable"))
    return cast("Factory", found)


def _unusable(point: EntryPoint, reason: Message) -> ExtensionError:
    package = point.dist.name if point.dist else ""
    named = {"group": GROUP, "name": point.name, "value": point.value, "package": package}
    return ExtensionError("executor.unusable", **named, reason=reason)
