"""`paribus doctor DIR` names every file of a study's folder that is not what was written there."""

import pytest

from paribus.errors import StoreError
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing
from paribus.record.run import Result, Status
from paribus.record.store import Store, specs
from paribus.workflow.doctor import examine_folder


@pytest.fixture
def folder(made, tmp_path):
    """A study with an ended run and one that is not."""
    study, data = made.study(("plain", "l2")), {"mnist": made.MNIST}
    store = Store(tmp_path)
    store.write_study(study, data)
    for name, spec in specs(study, data, study.variants, [0]):
        run = store.run(spec)
        run.start(spec, {})
        for row in made.history(2):
            run.append(row, Timing(int(row["epoch"]), 1.0, 0.5))
        if name == "plain":
            run.finish(Result(Status.DIVERGED, 2, 2))
        else:
            run.save(Checkpoint(2, {}))
    return tmp_path


def test_a_sound_folder_is_found_sound(folder):
    checks = {check.name: check for check in examine_folder(folder)}
    assert set(checks) == {"study.json", "plain · base (seed 0)", "l2 · L2 0.01 (seed 0)"}
    assert all(check.holds for check in checks.values())


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("plain", "history.jsonl"),
        ("plain", "result.json"),
        ("plain", "spec.json"),
        ("l2", "spec.json"),
        ("l2", "history.jsonl"),
        ("l2", "checkpoint-2.json"),
        ("l2", "checkpoint-2.safetensors"),
    ],
)
def test_a_damaged_file_is_named_with_its_run(folder, name, file):
    has_ended = name == "plain"
    (run,) = (run for run in Store(folder).folders() if bool(run.result()) == has_ended)
    path = run.path / file
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    (bad,) = (check for check in examine_folder(folder) if not check.holds)
    assert bad.name.startswith(f"{name} · ")
    assert file in bad.found


def test_a_damaged_study_is_said_and_the_runs_are_looked_at(folder):
    (folder / "study.json").write_text("{")
    checks = examine_folder(folder)
    assert [check.holds for check in checks] == [False, True, True]
    assert "writes it again" in checks[0].found


def test_a_folder_without_a_study_is_an_error(tmp_path):
    with pytest.raises(StoreError, match=r"no study\.json"):
        examine_folder(tmp_path)
