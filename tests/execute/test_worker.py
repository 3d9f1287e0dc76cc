"""What a worker does with an assignment, in this process."""

import json
import shutil

import pytest

from paribus.data.decoded import cache_images
from paribus.data.source import find
from paribus.execute import together
from paribus.execute.messages import Assignment, DataSource
from paribus.execute.plan import plan
from paribus.execute.worker import Worker
from paribus.record.run import DataUsed, Status
from paribus.record.store import Store
from paribus.study.reader import load


@pytest.fixture
def assign(small_study, small_images):
    """The assignment of one variant of the small study into a folder, as its parent gives it."""
    found, study = find("mnist", data_dir=small_images), load(small_study)
    counts = {"train": len(found.x_train), "test": len(found.x_test)}
    used = DataUsed(name="mnist", sha256=found.sha256, verified=False, stand_in=False, **counts)

    def assigned(folder, name, updates="auto", source=None):
        folder.mkdir(exist_ok=True)
        asked = {"store": Store(folder), "seeds": {name: [0]}, "updates": updates}
        (task,) = plan(study, {"mnist": used}, **asked).tasks()
        specs = tuple(run.spec for run in task.runs)
        return Assignment(
            specs=specs,
            folder=folder,
            source=source or DataSource(data_dir=small_images),
            updates=task.update_mode,
        )

    return assigned


def run_folder(assignment):
    return Store(assignment.folder).run(assignment.specs[0])


def ignore(_event):
    """Take no event in."""


@pytest.mark.usefixtures("every_epoch")
def test_a_run_interrupted_in_a_requested_update_mode_is_resumed_to_the_bytes_of_that_mode(
    same_bytes, assign, tmp_path
):
    def interrupt(event):
        if event.kind == "epoch" and event.row["epoch"] == 2:
            raise KeyboardInterrupt

    whole = assign(tmp_path / "whole", "plain", "delayed")
    Worker(ignore).work(whole)
    with pytest.raises(KeyboardInterrupt):
        Worker(interrupt).work(assign(tmp_path / "broken", "plain", "delayed"))
    again = assign(tmp_path / "broken", "plain", "stepwise")
    assert again.updates == "delayed"
    started = []
    Worker(started.append).work(again)
    first = json.loads((run_folder(again).path / "timing.jsonl").read_text().splitlines()[0])
    assert (started[0].epoch, started[0].seconds) == (1, first["training"] + first["validation"])
    for file in same_bytes:
        assert (run_folder(again).path / file).read_bytes() == (run_folder(whole).path / file).read_bytes(), (
            file
        )


def test_the_update_mode_is_in_the_result_and_in_the_environment(assign, tmp_path):
    for updates, mode in (("auto", "stepwise"), ("delayed", "delayed")):
        assignment = assign(tmp_path / updates, "plain", updates)
        Worker(ignore).work(assignment)
        folder = run_folder(assignment)
        assert folder.result().update_mode == mode
        assert json.loads((folder.path / "environment.json").read_text())["path"] == mode


def test_one_worker_trains_in_both_update_modes_one_after_the_other(assign, tmp_path):
    worker = Worker(ignore)
    for updates in ("stepwise", "delayed"):
        assignment = assign(tmp_path / updates, "plain", updates)
        worker.work(assignment)
        assert run_folder(assignment).result().update_mode == updates


def test_decoded_images_give_the_bytes_that_their_files_give(same_bytes, assign, small_images, tmp_path):
    from_files = assign(tmp_path / "files", "plain")
    entry = cache_images(find("mnist", data_dir=small_images))
    from_entry = assign(
        tmp_path / "entry", "plain", source=DataSource(data_dir=tmp_path / "nowhere", decoded=entry)
    )
    for assignment in (from_files, from_entry):
        Worker(ignore).work(assignment)
    for file in same_bytes:
        one, two = (run_folder(each).path / file for each in (from_files, from_entry))
        assert one.read_bytes() == two.read_bytes(), file


def test_a_damaged_entry_of_the_cache_is_not_trained_on(same_bytes, assign, small_images, tmp_path):
    entry = tmp_path / "entry"
    shutil.copytree(cache_images(find("mnist", data_dir=small_images)), entry)
    pixels = entry / "x_train.npy"
    content = pixels.read_bytes()
    pixels.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    alone = assign(
        tmp_path / "alone", "plain", source=DataSource(data_dir=tmp_path / "nowhere", decoded=entry)
    )
    Worker(ignore).work(alone)
    assert run_folder(alone).result().status is Status.FAILED
    assignment = assign(
        tmp_path / "damaged", "plain", source=DataSource(data_dir=small_images, decoded=entry)
    )
    Worker(ignore).work(assignment)
    whole = assign(tmp_path / "whole", "plain")
    Worker(ignore).work(whole)
    for file in same_bytes:
        one, two = (run_folder(each).path / file for each in (assignment, whole))
        assert one.read_bytes() == two.read_bytes(), file


@pytest.fixture
def assign_seeds(small_study, small_images):
    """The assignments of three seeds of one variant, trained together."""
    found, study = find("mnist", data_dir=small_images), load(small_study)
    counts = {"train": len(found.x_train), "test": len(found.x_test)}
    used = DataUsed(name="mnist", sha256=found.sha256, verified=False, stand_in=False, **counts)

    def assigned(folder, wanted=3):
        folder.mkdir(exist_ok=True)
        asked = {"store": Store(folder), "seeds": {"plain": range(3)}, "updates": "stepwise"}
        planned = together.assign(plan(study, {"mnist": used}, **asked), wanted)
        return [
            Assignment(
                specs=tuple(run.spec for run in task.runs),
                folder=folder,
                source=DataSource(data_dir=small_images),
                updates=task.update_mode,
            )
            for task in planned.tasks()
        ]

    return assigned


@pytest.mark.usefixtures("every_epoch")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_seeds_that_are_killed_together_go_on_together_to_the_same_bytes(
    same_bytes, assign_seeds, tmp_path, seed
):
    (whole,) = assign_seeds(tmp_path / "whole")
    Worker(ignore).work(whole)
    (broken,) = assign_seeds(tmp_path / "broken")

    def interrupt(event):
        if event.kind == "epoch" and event.row["epoch"] == 2 and event.run == broken.specs[seed].digest:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Worker(interrupt).work(broken)
    (again,) = assign_seeds(tmp_path / "broken", wanted=1)
    assert (again.updates, len(again.specs)) == ("together", 3)
    started = []
    Worker(started.append).work(again)
    assert [event.epoch for event in started if event.kind == "started"] == [1, 1, 1]
    for one, other in zip(whole.specs, again.specs, strict=True):
        for file in same_bytes:
            mine = (Store(again.folder).run(other).path / file).read_bytes()
            assert mine == (Store(whole.folder).run(one).path / file).read_bytes(), file


@pytest.mark.usefixtures("every_epoch")
def test_a_kill_between_the_checkpoints_of_two_seeds_loses_neither(assign_seeds, tmp_path, monkeypatch):
    """One goes on from its newest checkpoint, the others from the one before: in two tasks."""
    (broken,) = assign_seeds(tmp_path)
    saved, own = [], Store(tmp_path).run(broken.specs[0]).__class__.save

    def save(self, state):
        if len(saved) == 4:  # three of the first epoch, one of the second
            raise KeyboardInterrupt
        saved.append(state.epoch)
        own(self, state)

    with monkeypatch.context() as patched:
        patched.setattr("paribus.record.folder.RunFolder.save", save)
        with pytest.raises(KeyboardInterrupt):
            Worker(ignore).work(broken)
    again = assign_seeds(tmp_path)
    assert sorted(len(each.specs) for each in again) == [1, 2]
    for each in again:
        Worker(ignore).work(each)
    for spec in broken.specs:
        result = Store(tmp_path).run(spec).result()
        assert (result.status, result.epochs, result.update_mode) == (Status.FINISHED, 3, "together")


def test_a_run_for_a_gpu_fails_where_the_worker_s_process_has_none(assign, tmp_path):
    assignment = assign(tmp_path, "plain").model_copy(update={"device": "gpu"})
    Worker(ignore).work(assignment)
    result = run_folder(assignment).result()
    assert result.status is Status.FAILED
    assert "JAX finds no GPU in this process" in result.cause
