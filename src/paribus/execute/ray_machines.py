"""The machines of a Ray cluster: what they have room for, and whether the right versions are on them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from paribus.errors import UsageError
from paribus.texts import text

_PACKAGES = ("paribus", "jax", "jaxlib", "keras", "numpy")
"""What a run's bits depend on."""
_PATIENCE = 120.0  # seconds in which a machine must say what is installed on it


@dataclass(frozen=True)
class Room:
    """What a machine offers to Ray.

    Args:
        node: Its name in the cluster.
        host: Its name in the network.
        cores: As many.
        memory: Bytes.
    """

    node: str
    host: str
    cores: float
    memory: float


class Machines:
    """The machines of a cluster that this process has joined.

    Args:
        ray: The package, which is imported where it is used.
    """

    def __init__(self, ray: Any) -> None:
        self.ray = ray
        self._asked = _installed()
        self._here = self._asked()
        self._found: dict[str, bool] = {}

    def alive(self) -> list[Room]:
        """Return the machines that can train, those with other versions left out."""
        found = [
            Room(
                each["NodeID"],
                each["NodeManagerHostname"],
                each["Resources"].get("CPU", 0.0),
                each["Resources"].get("memory", 0.0),
            )
            for each in self.ray.nodes()
            if each["Alive"]
        ]
        return [each for each in found if self._found.get(each.node, True)]

    def largest_memory(self, threads: int) -> int:
        """Return the bytes that the largest machine offers of those that have as many cores."""
        return int(max((each.memory for each in self.alive() if each.cores >= threads), default=0.0))

    def look(self) -> None:
        """Ask machines that are new what is installed on them, and say which are refused."""
        new = [each for each in self.alive() if each.node not in self._found]
        asked = {each.node: self._ask(each.node) for each in new}
        for each in new:
            self._judge(each, asked[each.node])

    def check_room(self, threads: int) -> None:
        """Check that there is a machine for the run that has the most threads.

        Raises:
            UsageError: Every machine was refused, or none has as many cores.
        """
        left = self.alive()
        most = max((int(each.cores) for each in left), default=0)
        if not most and not all(self._found.values()):
            raise UsageError("executor.no-machine", here=_listed(self._here))
        if most and threads > most:  # where none has a core yet, machines will join
            raise UsageError("executor.too-many-threads", threads=threads, most=most)

    def is_right(self, node: str) -> bool:
        """Return whether a machine has the right versions; one that is gone meanwhile has not."""
        if node not in self._found:
            for each in self.alive():
                if each.node == node:
                    self._judge(each, self._ask(node))
        return self._found.get(node, False)

    def is_refused(self, node: str) -> bool:
        """Return whether a machine has said that it has other versions."""
        return not self._found.get(node, True)

    def allowed(self) -> dict[str, object]:
        """Return the option of Ray that keeps actors from machines with other versions."""
        wrong = [node for node, is_right in self._found.items() if not is_right]
        return {"label_selector": {"ray.io/node-id": f"!in({','.join(wrong)})"}} if wrong else {}

    def _ask(self, node: str) -> Any:
        strategies: Any = importlib.import_module("ray.util.scheduling_strategies")
        there = strategies.NodeAffinitySchedulingStrategy(node, soft=False)
        task = self.ray.remote(self._asked)
        return task.options(num_cpus=0, max_retries=0, scheduling_strategy=there).remote()

    def _judge(self, room: Room, asked: Any) -> None:
        found: dict[str, str] = {}
        try:
            found = self.ray.get(asked, timeout=_PATIENCE)
        except self.ray.exceptions.RayTaskError:  # it cannot even be asked
            found = {}
        except self.ray.exceptions.RayError:
            return  # it is lost, and is asked again where it comes back
        self._found[room.node] = found == self._here
        if found != self._here:
            differs = [name for name in self._here if found.get(name) != self._here[name]]
            there = _listed({name: found.get(name, text("executor.absent")) for name in differs})
            here = _listed({name: self._here[name] for name in differs})
            sys.stderr.write(f"{text('executor.refused', host=room.host, there=there, here=here)}\n")


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _installed() -> Callable[[], dict[str, str]]:
    """Return a function that says what is installed where it is called.

    It is no function of the module, so that it reaches a machine that has no Paribus, or another one.
    """
    packages = _PACKAGES

    def installed() -> dict[str, str]:
        import hashlib
        from importlib.metadata import PackageNotFoundError, version
        from importlib.util import find_spec
        from pathlib import Path

        found: dict[str, str] = {}
        for name in packages:
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                continue
        spec = find_spec("paribus")
        if spec is not None and spec.origin:
            digest = hashlib.sha256()
            for path in sorted(Path(spec.origin).parent.rglob("*.py")):
                digest.update(path.read_bytes())
            found["paribus"] = f"{found.get('paribus', '')} ({digest.hexdigest()[:8]})".strip()
        return found

    return installed
