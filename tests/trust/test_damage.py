"""Any flipped or missing byte of a run's record is found and named, and never believed.

``PARIBUS_TRUST_DAMAGES`` is how many bits are flipped in each file, one at a time.
"""

import os
import random

import numpy as np
import pytest

from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing, Trained
from paribus.record.probes import Probe
from paribus.record.run import Result, Status
from paribus.record.store import Store, specs

COUNT = int(os.environ.get("PARIBUS_TRUST_DAMAGES", "25"))
ENDED = (
    "history.jsonl",
    "predictions.safetensors",
    "probes.jsonl",
    "result.json",
    "spec.json",
    "weights.safetensors",
)
UNENDED = ("checkpoint-2.json", "checkpoint-2.safetensors", "history.jsonl", "probes.jsonl")


@pytest.fixture
def folder(made, tmp_path):
    """A run of three epochs, not ended, with checkpoints after the first two."""
    study, data = made.study(("plain",)), {"mnist": made.MNIST}
    store = Store(tmp_path)
    store.write_study(study, data)
    spec = next(spec for _, spec in specs(study, data, ["plain"], [0]))
    folder = store.run(spec)
    folder.start(spec, {})
    for row in made.history(3):
        epoch = int(row["epoch"])
        folder.append(
            row, Timing(epoch, 1.0, 0.5), [Probe(epoch, 8 * epoch, 0.5, 0.0, 0.5, (3, 1), None, {})]
        )
        if row["epoch"] < 3:
            weights = np.full(4, row["epoch"], np.float32)
            folder.save(Checkpoint(int(row["epoch"]), {"trainable/0": weights}))
    return folder


@pytest.fixture
def ended(folder):
    outputs = np.eye(3, 10, dtype=np.float32)
    trained = Trained({"output/kernel": np.ones((2, 2), np.float32)}, outputs, np.arange(3, dtype=np.uint8))
    folder.finish(Result(Status.FINISHED, 3, 3, {"accuracy": 0.5}, 4, "summary"), trained)
    return folder


def damages(content, draw):
    """The content with a bit flipped at some places, cut short, and gone."""
    places = range(len(content)) if len(content) < COUNT else draw.sample(range(len(content)), COUNT)
    for place in places:
        flipped = bytes([content[place] ^ 1 << draw.randrange(8)])
        yield content[:place] + flipped + content[place + 1 :]
    yield content[:-1]
    yield content[: len(content) // 2]
    yield b""
    yield None


def whole_lines(damaged, content):
    """How many of the content's first two lines are as they were."""
    lines = content.splitlines(keepends=True)
    return max(count for count in range(3) if (damaged or b"").startswith(b"".join(lines[:count])))


def put(path, content):
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)


@pytest.mark.parametrize("name", ENDED)
def test_an_ended_run_whose_record_is_damaged_counts_as_failed_and_is_named(ended, name, record_property):
    assert ended.checked_result().status is Status.FINISHED
    assert not ended.damaged()
    path = ended.path / name
    content, count = path.read_bytes(), 0
    for damaged in damages(content, random.Random(name)):
        put(path, damaged)
        if damaged is None and name == "result.json":
            assert ended.checked_result() is None, "without its result a run has not ended"
            continue
        assert path in ended.damaged()
        result = ended.checked_result()
        assert result.status is Status.FAILED
        assert name in result.cause
        count += 1
    put(path, content)
    assert ended.checked_result().status is Status.FINISHED
    record_property("damages", count)


@pytest.mark.parametrize("name", UNENDED)
def test_a_run_whose_checkpoint_or_history_is_damaged_goes_on_from_the_one_before(
    folder, made, name, record_property
):
    files = {path: path.read_bytes() for path in folder.path.iterdir()}
    path, count = folder.path / name, 0
    for damaged in damages(files[path], random.Random(name)):
        for each, content in files.items():
            put(each, content)
        put(path, damaged)
        checkpoint, history = folder.resume()
        epoch = checkpoint.epoch if checkpoint else 0
        assert epoch == (whole_lines(damaged, files[path]) if path.suffix == ".jsonl" else 1)
        assert history == made.history(3)[:epoch]
        if checkpoint:
            np.testing.assert_array_equal(checkpoint.tensors["trainable/0"], np.full(4, epoch))
        count += 1
    record_property("damages", count)


def test_another_runs_files_are_not_taken_for_its_own(ended):
    moved = ended.path.rename(ended.path.with_name("0" * 16))
    assert type(ended)(moved).spec() is None


def test_predictions_that_are_damaged_are_not_given(ended):
    from paribus.errors import StoreError

    path = ended.path / "predictions.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(StoreError, match=r"predictions\.safetensors"):
        ended.predictions()
