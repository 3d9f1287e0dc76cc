"""What was measured inside a network is read back as it was, and never believed when it is damaged."""

import json
from collections import deque
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.record import probes
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing
from paribus.record.probes import KeptProbes, LayerProbe, Probe
from paribus.record.run import Result, Status
from paribus.record.store import Store, specs

LAYERS = {
    "hidden_1": LayerProbe(0.5, 28.0, 0.005, 0.005 / 28, dead=0.25, identical=0.0, active=0.5),
    "output": LayerProbe(0.1, 2.0, None, None),
}


def probe(epoch, step):
    return Probe(epoch, step, 0.25, 1.5, 0.5, (3, 0, 5), None if epoch else 0.125, LAYERS)


MEASURED = {1: [probe(0, 0), probe(0, 1), probe(0, 2), probe(1, 8)], 2: [probe(2, 16)], 3: [probe(3, 24)]}


@pytest.fixture
def begun(made, tmp_path):
    """Its store, and the folder of a run of three epochs that has not ended, saved after the second."""
    study, data = made.study(("plain",)), {"mnist": made.MNIST}
    store = Store(tmp_path)
    store.write_study(study, data)
    folder = store.run(next(spec for _, spec in specs(study, data, ["plain"], [0])))
    folder.start(next(spec for _, spec in specs(study, data, ["plain"], [0])), {})
    for row in made.history(3):
        epoch = int(row["epoch"])
        folder.append(row, Timing(epoch, 1.0, 0.5), MEASURED[epoch])
        if epoch == 2:
            folder.save(Checkpoint(2, {"trainable/0": np.zeros(2, np.float32)}))
    return store, folder


def record_of(store):
    return store.records(*store.study())["plain", 0]


def test_probes_are_read_back_as_they_were(begun):
    store, folder = begun
    folder.finish(Result(Status.DIVERGED, 3, 3))
    assert probes.read(record_of(store)) == tuple(probe for each in MEASURED.values() for probe in each)


def test_a_line_has_the_names_that_programs_rely_on(begun):
    _, folder = begun
    line = json.loads((folder.path / "probes.jsonl").read_text().splitlines()[0])
    assert list(line) == [
        "epoch", "step", "data_loss", "penalty", "accuracy", "predicted", "saturated", "layers",
        "training_loss", "training_accuracy",
    ]  # fmt: skip
    assert list(line["layers"]) == ["hidden_1", "output"]
    assert list(line["layers"]["output"]) == [
        "gradient", "weight", "update", "ratio", "dead", "identical", "active",
    ]  # fmt: skip
    assert line["layers"]["output"]["ratio"] is None


def test_a_run_goes_on_without_the_probes_after_its_checkpoint(begun):
    _, folder = begun
    before = (folder.path / "probes.jsonl").read_bytes()
    checkpoint, _ = folder.resume()
    assert checkpoint.epoch == 2
    folder.append({"epoch": 3}, Timing(3, 1.0, 0.5), MEASURED[3])
    assert (folder.path / "probes.jsonl").read_bytes() == before


def test_a_run_that_starts_anew_keeps_no_probe(begun):
    _, folder = begun
    for path in folder.path.glob("checkpoint-*"):
        path.unlink()
    folder.resume()
    assert (folder.path / "probes.jsonl").read_bytes() == b""


def test_the_result_names_their_digest_and_damage_is_seen(begun):
    store, folder = begun
    folder.finish(Result(Status.DIVERGED, 3, 3))
    path = folder.path / "probes.jsonl"
    path.write_text(path.read_text().replace("0.25", "0.26", 1))
    record = record_of(store)
    assert record.status is Status.FAILED
    assert "probes.jsonl" in record.result.cause
    assert folder.damaged() == [path]


def test_a_run_of_an_earlier_version_has_none_and_stays_valid(begun):
    store, folder = begun
    (folder.path / "probes.jsonl").unlink()
    folder.finish(Result(Status.DIVERGED, 3, 3))
    assert record_of(store).status is Status.DIVERGED
    assert probes.read(record_of(store)) == ()


def test_a_checkpoint_of_an_earlier_version_goes_on_without_the_probes_before_it(begun, monkeypatch):
    _, folder = begun
    from paribus.record import checkpoint

    (folder.path / "probes.jsonl").unlink()
    for path in folder.path.glob("checkpoint-*"):
        path.unlink()
    written = checkpoint.sealed.write
    old = ("epoch", "tensors", "history", "path")
    monkeypatch.setattr(
        checkpoint.sealed, "write", lambda path, tree: written(path, {name: tree[name] for name in old})
    )
    folder.save(Checkpoint(3, {"trainable/0": np.zeros(2, np.float32)}))
    assert folder.resume()[0].epoch == 3
    assert not folder.damaged()


def test_a_probe_of_an_earlier_version_has_no_numbers_of_training_mode(begun):
    store, folder = begun
    path = folder.path / "probes.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        del line["training_loss"], line["training_accuracy"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = probes.read(record_of(store))
    assert len(found) == 6
    assert {(each.training_loss, each.training_accuracy) for each in found} == {(None, None)}


@given(
    st.dictionaries(
        st.sampled_from(["epoch", "predicted", "data_loss", "layers", "training_loss"]),
        st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.booleans(), st.lists(st.integers())),
    ),
    st.dictionaries(
        st.sampled_from(["gradient", "dead", "other"]),
        st.one_of(st.none(), st.floats(), st.integers(), st.text()),
    ),
)
def test_a_line_is_read_as_pydantic_reads_it(changed, of_layer):
    layers = {"hidden_1": asdict(LayerProbe(0.5, 2.0, 0.1)), "output": {**asdict(LayerProbe()), **of_layer}}
    line = {
        **asdict(Probe(0, 0, 2.3, 0.0, 0.1, (1, 2), None, {})),
        "predicted": [1, 2],
        "layers": layers,
        **changed,
    }
    found = []
    for read in (probes._probe, probes._PROBE.validate_python):
        try:
            found.append(repr(read(line)))
        except ValueError:
            found.append(None)
    assert found[0] == found[1]


def test_probes_are_read_when_they_are_asked_for_and_let_go_of(begun, monkeypatch):
    record, reads = record_of(begun[0]), []
    whole = probes.read
    monkeypatch.setattr(probes, "read", lambda each: reads.append(each) or whole(each))
    monkeypatch.setattr(probes, "_HELD", 2)
    recent = deque()
    several = [KeptProbes(record, recent) for _ in range(4)]
    assert reads == []
    assert [*several[0]] == [*whole(record)]
    assert len(reads) == 1
    assert all(len(each) == 6 and each[-1].epoch == 3 for each in several)
    assert len(reads) == 4
    assert (several[0][0], several[0][-1], len(several[0])) == (whole(record)[0], whole(record)[-1], 6)
    assert len(reads) == 4  # both ends stay
    assert several[0][1:3] == whole(record)[1:3]
    assert len(reads) == 5


def test_a_probe_still_being_written_is_left_out(begun):
    store, folder = begun
    with (folder.path / "probes.jsonl").open("ab") as file:
        file.write(b'{"epoch": 4, "st')
    assert len(probes.read(record_of(store))) == 6
