"""Folders of studies whose training is made up, killed or long ago."""

from __future__ import annotations

import os
import time
from dataclasses import asdict

import pytest
from tests.live.made_training import Training


@pytest.fixture
def training(made, tmp_path):
    return Training(made, tmp_path / "out" / "mine")


@pytest.fixture
def of(made):
    """A training into any folder: ``of(folder, names, seeds=1)``."""
    return lambda folder, *names, **about: Training(made, folder, names or ("plain", "l2"), **about)


@pytest.fixture
def killed():
    """Make a folder look as if the process that trained into it had been killed."""
    from paribus.record import lock

    def kill(store):
        holder = lock.Holder(2**22 + 1, 1.0, os.uname().nodename, "2026-01-01T00:00:00+00:00")
        lock.files.write_json(store.folder / lock.HOLDER, asdict(holder))

    return kill


@pytest.fixture
def aged():
    """Make a run look as if it had begun a while ago."""

    def age(folder, seconds=600.0):
        then = time.time() - seconds
        os.utime(folder.path / "spec.json", (then, then))

    return age
