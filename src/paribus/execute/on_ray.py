"""Runs on a cluster of Ray: this process plans, and is the only one that writes the study's folder."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from paribus.errors import UsageError
from paribus.execute.executor import Capacity
from paribus.execute.local import MEMORY_PER_WORKER
from paribus.execute.messages import Assignment, RunEvent
from paribus.execute.ray_crew import Crew
from paribus.execute.ray_machines import Machines

_KNOCK = 20.0  # seconds until a machine that does not respond is given up


class OnRay:
    """Trains on a cluster of Ray, which it joins or starts when it is first needed.

    Args:
        address: The cluster's; empty for ``RAY_ADDRESS``, else one that runs on this machine, else a new one.

    Raises:
        UsageError: Ray is not installed.
    """

    def __init__(self, address: str = "") -> None:
        if importlib.util.find_spec("ray") is None:
            raise UsageError("executor.no-ray")
        self._address = address

    def capacity(self) -> Capacity:
        """Return the cores of the cluster, and how many workers the memory of its machines holds.

        Raises:
            UsageError: The cluster cannot be reached, or every machine has other versions.
        """
        self._machines.look()
        self._machines.check_room(1)
        found = self._machines.alive()
        cores = sum(int(each.cores) for each in found)
        workers = sum(int(each.memory / MEMORY_PER_WORKER) for each in found)
        return Capacity(max(1, cores), max(1, workers), max((int(each.cores) for each in found), default=1))

    def execute(
        self, assignments: Sequence[Assignment], workers: int, observe: Callable[[RunEvent], None]
    ) -> None:
        """Train every assignment on the machines of the cluster, and write here what they send.

        Args:
            assignments: What is missing, in the order of the plan.
            workers: The largest number of actors. More than the cluster has room for wait for machines that
                join later.
            observe: Called with every event, in this thread.

        Raises:
            UsageError: No machine can train them: other versions are installed there, or a run asks for more
                threads than one of them has cores.
        """
        crew = Crew(self._machines, [*assignments], workers, observe)
        try:
            crew.work()
        finally:
            crew.dismiss()

    @cached_property
    def _machines(self) -> Machines:
        return Machines(_connect(self._address))


def _connect(address: str) -> Any:
    """Join or start a cluster, unless this program has done so, and return the package.

    Raises:
        UsageError: It cannot be reached, or this program is on another one.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told that a study is trained
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray: Any = importlib.import_module("ray")
    if ray.is_initialized():
        here = str(ray.get_runtime_context().gcs_address)
        if address not in ("", "auto", here):
            raise UsageError("executor.other-cluster", address=address, here=here)
        return ray
    where = address or os.environ.get("RAY_ADDRESS", "")
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        _knock(where)
        ray.init(address=address or None, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UsageError("executor.no-cluster", address=where, reason=reason) from error
    finally:
        if is_main and before is not None:
            signal.signal(signal.SIGTERM, before)  # which Ray replaces by its own
    return ray


def _knock(address: str) -> None:
    """Connect once to an address with a port, since Ray itself tries for minutes.

    Raises:
        OSError: Nobody is there.
    """
    host, _, port = address.rpartition("//")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK).close()
