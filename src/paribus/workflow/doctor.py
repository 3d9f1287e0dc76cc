"""Whether this machine can do what Paribus promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paribus.data.source import find
from paribus.errors import DataError
from paribus.execute.local import ONE_THREAD, default_workers
from paribus.record.environment import environment, processor
from paribus.study.datasets import IMAGE_SETS
from paribus.texts import text


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Args:
        name: What was looked at, for a person.
        found: What was there, for a person.
        holds: Whether it is as it must be.
    """

    name: str
    found: str
    holds: bool = True


def examine(data_dir: Path | None = None) -> tuple[Check, ...]:
    """Look at versions, threads, compiled arithmetic and the images at hand.

    Missing images are said, but not held against the machine.

    Args:
        data_dir: Where to look for images besides the cache.
    """
    return (*_machine(), _arithmetic(), *(_images(name, data_dir) for name in IMAGE_SETS))


def _machine() -> tuple[Check, ...]:
    versions: Any = environment()["versions"]
    told = ", ".join(f"{package} {version or '?'}" for package, version in versions.items())
    return (
        Check(text("cli.doctor.python"), sys.version.split()[0], sys.version_info >= (3, 11)),
        Check(text("cli.doctor.versions"), told, all(versions.values())),
        Check(text("cli.doctor.processor"), text("cli.doctor.cores", name=processor(), cores=os.cpu_count())),
        Check(text("cli.doctor.workers"), text("cli.doctor.threads", count=default_workers())),
    )


def _arithmetic() -> Check:
    """Compare compiled with eager sums in a process set up as a worker is."""
    name = text("cli.doctor.arithmetic")
    done = subprocess.run(
        [sys.executable, "-m", "paribus.engine.canary"],
        env={**os.environ, **ONE_THREAD},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return Check(name, (done.stderr.strip().splitlines() or ["?"])[-1], holds=False)
    found = json.loads(done.stdout)
    if found["wrong"]:
        wrong = text("cli.doctor.wrong", version=found["jax"], what=", ".join(found["wrong"]))
        return Check(name, wrong, holds=False)
    return Check(name, text("cli.doctor.right", version=found["jax"], device=", ".join(found["devices"])))


def _images(name: str, data_dir: Path | None) -> Check:
    try:
        found = find(name, data_dir=data_dir, download=False)
    except DataError:
        return Check(name, text("cli.doctor.not-at-hand", name=name))
    code = "cli.doctor.verified" if found.verified else "cli.doctor.unverified"
    return Check(name, text(code, origin=found.origin))
