"""Folders that earlier versions wrote open, keep what they have, and go on.

``tests/golden/folders/<schema>`` was written by the version of that schema: four runs of a small network on
the embedded digits, of which one finished, one stopped early, one diverged and one was killed in epoch 3.
"""

import shutil
from pathlib import Path

import pytest

import paribus as pb
from paribus.record.run import Status
from paribus.record.store import Store
from paribus.workflow.results import load_results

FOLDERS = Path(__file__).parents[1] / "golden" / "folders"
STATUSES = {
    "plain": Status.FINISHED,
    "stopped": Status.EARLY_STOPPED,
    "broken": Status.DIVERGED,
    "unfinished": Status.INTERRUPTED,
}


@pytest.fixture(params=sorted(path.name for path in FOLDERS.iterdir()))
def folder(request, tmp_path):
    return shutil.copytree(FOLDERS / request.param, tmp_path / "kept")


def test_it_opens_with_every_run_as_it_was(folder):
    results = load_results(folder)
    assert {name: record.status for (name, _), record in results.records.items()} == STATUSES
    assert len(results["plain"].history) == 4
    assert results["plain"].test_accuracy == (0.675,)
    plain = results.records["plain", 0]
    outputs, labels = Store(folder).run(plain.spec).predictions()
    assert float((outputs.argmax(axis=1) == labels).mean()) == pytest.approx(0.675)
    assert not [path for run in Store(folder).folders() for path in run.damaged()]


def test_running_it_again_finishes_what_was_killed_and_leaves_the_rest_alone(in_this_process, folder):
    results = load_results(folder)
    ended = [record.folder for record in results.records.values() if record.result]
    before = {path: path.read_bytes() for each in ended for path in each.iterdir()}
    study, _ = Store(folder).study()
    history = list(results.records["unfinished", 0].history)
    results = pb.run(study, embedded=True, out=folder)
    assert results.records["unfinished", 0].status is Status.FINISHED
    after = list(results.records["unfinished", 0].history)
    assert after[:2] == history[:2], "the epochs up to the checkpoint"
    assert len(after) == 4
    assert {path: path.read_bytes() for path in before} == before
    assert results.records["plain", 0].status is Status.FINISHED
