"""Checks of this machine, and of a study's folder, for ``paribus doctor``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paribus.data.source import find
from paribus.errors import DataError
from paribus.execute.local import ONE_THREAD, default_workers
from paribus.record.environment import environment, processor
from paribus.record.folder import RunFolder
from paribus.record.run import DataUsed
from paribus.record.store import STUDY, Store, specs
from paribus.study.datasets import IMAGE_SETS
from paribus.study.study import Study
from paribus.texts import text


@dataclass(frozen=True)
class Check:
    """One thing that was checked."""

    name: str
    found: str
    holds: bool = True


def examine(data_dir: Path | None = None) -> tuple[Check, ...]:
    """Check versions, threads, compiled arithmetic and the images at hand.

    Missing images are named, but are no fault of the machine.
    """
    return (*_machine(), _arithmetic(), *(_images(name, data_dir) for name in IMAGE_SETS))


def examine_folder(folder: Path) -> tuple[Check, ...]:
    """Compare every file of a study's folder with its digest.

    Raises:
        StoreError: There is no study in it, or a newer Paribus wrote it.
    """
    store = Store(folder)
    kept = store.whole_study()
    if kept is None and not store.exists():
        store.study()  # says that there is none
    names = _names(store, *kept) if kept else {}
    found = text("cli.doctor.whole") if kept else text("cli.doctor.study-damaged")
    return (Check(STUDY, found, kept is not None), *(_run(run, names) for run in store.folders()))


def _names(store: Store, study: Study, data: Mapping[str, DataUsed]) -> dict[str, str]:
    seeds = {*range(study.seeds), *store.seeds()}
    named: dict[str, list[str]] = {}
    for name, spec in specs(study, data, study.variants, sorted(seeds)):
        said = text("cli.doctor.run", variant=study.named(name), seed=spec.seed)
        named.setdefault(store.run(spec).path.name, []).append(said)
    return {folder: ", ".join(names) for folder, names in named.items()}


def _run(run: RunFolder, names: Mapping[str, str]) -> Check:
    name = names.get(run.path.name, run.path.name)
    damaged = run.damaged()
    if damaged:
        files = ", ".join(str(path.relative_to(run.path)) for path in damaged)
        return Check(name, text("cli.doctor.damaged", files=files), holds=False)
    return Check(name, text("cli.doctor.whole" if run.is_sealed() else "cli.doctor.unsealed"))


def _machine() -> tuple[Check, ...]:
    versions: Any = environment()["versions"]
    listed = ", ".join(f"{package} {version or '?'}" for package, version in versions.items())
    return (
        Check(text("cli.doctor.python"), sys.version.split()[0], sys.version_info >= (3, 11)),
        Check(text("cli.doctor.versions"), listed, all(versions.values())),
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
