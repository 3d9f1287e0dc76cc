"""Weights & Biases offline, its files read back."""

from __future__ import annotations

import json
import struct

import pytest

from paribus.trackers.sender import Sender
from paribus.trackers.to_wandb import WandB

pytestmark = pytest.mark.trackers
BLOCK = 2**15
WHOLE, LAST = 1, 4


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")


def send(written):
    watcher = Sender(written.folder, "wandb", lambda study: WandB(written.folder, study))
    watcher.send()
    watcher.close()
    assert watcher.error is None


def records(file):
    """The records in a file of W&B, which is a log of LevelDB behind a head of seven bytes."""
    from wandb.proto.wandb_internal_pb2 import Record

    content, at, parts = file.read_bytes(), 7, []
    while at + 7 <= len(content):
        if (left := BLOCK - at % BLOCK) < 7:
            at += left
            continue
        length, kind = struct.unpack_from("<HB", content, at + 4)
        parts.append(content[at + 7 : at + 7 + length])
        at += 7 + length
        if kind in (WHOLE, LAST):
            record = Record()
            record.ParseFromString(b"".join(parts))
            parts.clear()
            yield record


def items(found):
    return {each.key or ".".join(each.nested_key): json.loads(each.value_json) for each in found}


def read(folder):
    """The run's record, its rows of history by step, and its summary."""
    (file,) = folder.glob("run-*.wandb")
    run, rows, summary = None, {}, {}
    for record in records(file):
        run = record.run if record.HasField("run") else run
        if record.HasField("history"):
            row = items(record.history.item)
            rows.setdefault(row["_step"], []).append(row)
        summary |= items(record.summary.update)
    return run, rows, summary


def test_a_run_has_its_epochs_settings_and_test(written):
    written.whole("l2", seed=1)
    send(written)
    (folder,) = (written.folder / "wandb").glob("offline-run-*")
    run, rows, summary = read(folder)
    assert (run.project, run.run_group, run.display_name) == ("mine", "l2", "l2, seed 1")
    assert sorted(rows) == [1, 2, 3]
    assert [rows[step][0]["loss"] for step in (1, 2, 3)] == pytest.approx([1, 1 / 2, 1 / 3])
    config = {each.key: json.loads(each.value_json) for each in run.config.update}
    assert config["optimizer.learning_rate"] == 0.01
    assert summary["test_accuracy"] == 0.75


def test_a_run_that_goes_on_is_one_run_with_every_step_once(written):
    written.begin("plain")
    written.epoch("plain", 1, 2)
    send(written)
    written.epoch("plain", 3)
    written.end("plain")
    send(written)
    (folder,) = (written.folder / "wandb").glob("offline-run-*")
    _, rows, _ = read(folder)
    assert {step: len(each) for step, each in rows.items()} == {1: 1, 2: 1, 3: 1}
