"""Checks of this machine, and of a study's folder, for ``paribus doctor``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paribus.data.source import find
from paribus.errors import DataError
from paribus.execute import devices
from paribus.execute.local import ONE_THREAD, default_workers
from paribus.record import shard_file
from paribus.record.environment import environment, processor
from paribus.record.folder import RunFolder
from paribus.record.looks import LOOKS
from paribus.record.run import DataUsed
from paribus.record.store import AA_TEST, ABLATIONS, RUNS, SEARCHES, STUDY, Store, specs
from paribus.study import interpreter
from paribus.study.datasets import IMAGE_SETS
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow import comparisons, confirmations

_DAMAGED = {
    LOOKS: "cli.doctor.damaged-looks",
    ABLATIONS: "cli.doctor.damaged-confirm",
    SEARCHES: "cli.doctor.damaged-tuning",
    AA_TEST: "cli.doctor.damaged-aa",
    RUNS: "cli.doctor.damaged-runs",
}
"""What follows where one of the study's files is damaged."""


@dataclass(frozen=True)
class Check:
    """One thing that was checked."""

    name: str
    found: str
    holds: bool = True


def examine(data_dir: Path | None = None) -> tuple[Check, ...]:
    """Check versions, threads, GPU, compiled arithmetic and the images at hand.

    Missing images and GPUs are named, but are no fault of the machine.
    """
    return (*_machine(), _gpu(), _arithmetic(), *(_images(name, data_dir) for name in IMAGE_SETS))


def examine_folder(folder: Path) -> tuple[Check, ...]:
    """Compare every file of a study's folder with its digest, and read those that have none.

    Raises:
        StoreError: There is no study in it, or a newer Paribus wrote it.
    """
    store = Store(folder)
    kept = store.whole_study()
    if kept is None and not store.exists():
        store.study()  # says that there is none
    names = _names(store, *kept) if kept else {}
    found = text("cli.doctor.whole") if kept else text("cli.doctor.study-damaged")
    return (
        Check(STUDY, found, kept is not None),
        *_own_files(store),
        *_absent(store),
        *(_run(run, names) for run in store.folders()),
    )


def _own_files(store: Store) -> Iterator[Check]:
    """Check the files of the study itself; those that are whole are not listed."""
    bad = [name for name in confirmations.damaged(store) if name != STUDY]
    bad += shard_file.damaged(store.folder)
    if comparisons.is_damaged(store.folder):
        bad.append(comparisons.COMPARISONS)
    for name in bad:
        yield Check(name, text(_DAMAGED.get(name, "cli.doctor.damaged-file")), holds=False)


def _absent(store: Store) -> Iterator[Check]:
    """Say how many runs that the last command was to train have no folder."""
    kept = store.whole_study()
    asked = store.asked_for()
    if kept is None or not asked:
        return
    study, data = kept
    seeds = sorted({seed for _, seed in asked})
    wanted = {
        store.run(spec).path
        for name, spec in specs(study, data, study.variants, seeds)
        if (name, spec.seed) in asked
    }
    if absent := sum(not path.is_dir() for path in wanted):
        yield Check(RUNS, text("cli.doctor.absent", count=absent, all=len(wanted)))


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
    if run.path.is_symlink():
        return Check(name, text("cli.doctor.link"), holds=False)
    if run.result() is None:
        return Check(name, text("cli.doctor.not-ended", count=run.epochs()))
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


def _gpu() -> Check:
    """Say which GPU JAX finds, and what it lacks where it finds none."""
    found = devices.find()
    known = {"driver": found.driver or "-", "plugin": found.plugin or "-", "platform": found.platform}
    if found.gpu is None:
        return Check(text("cli.doctor.gpu"), text("cli.doctor.no-gpu", **known))
    gpu = {"name": found.gpu.name, "count": found.gpu.count, "memory": found.gpu.memory / 1e9}
    return Check(text("cli.doctor.gpu"), text("cli.doctor.gpu-found", backend=found.backend, **gpu, **known))


def _arithmetic() -> Check:
    """Compare compiled with eager sums in a process set up as a worker is."""
    name = text("cli.doctor.arithmetic")
    done = subprocess.run(  # noqa: S603 - this Python, with a module of Paribus
        interpreter.command("paribus.engine.canary"),
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
