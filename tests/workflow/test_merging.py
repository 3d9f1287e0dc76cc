"""Shards of a study merged into one folder: to the byte what one machine would have trained."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

import paribus as pb
from paribus.errors import StoreError, UsageError
from paribus.execute import calibration
from paribus.execute.cost import Rates
from paribus.execute.shards import Shard
from paribus.record import files, sealed
from paribus.record import merging as record_merging
from paribus.record.folder import RunFolder
from paribus.record.run import Status
from paribus.record.shard_file import read_origins, read_shard
from paribus.record.store import Store
from paribus.workflow.doctor import examine_folder

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("in_this_process")]

SEEDS, SHARDS = 3, 10


@pytest.fixture(scope="module")
def whole(in_this_process, small_study, small_images, tmp_path_factory):
    """The small study as one machine trains it."""
    folder = tmp_path_factory.mktemp("whole") / "small"
    pb.run(small_study, seeds=SEEDS, data_dir=small_images, out=folder)
    return folder


@pytest.fixture(scope="module")
def trained(in_this_process, small_study, small_images, tmp_path_factory):
    """The same study in ten shards, one of which has nothing to train."""
    folder = tmp_path_factory.mktemp("shards")
    for place in range(1, SHARDS + 1):
        pb.run(
            small_study,
            seeds=SEEDS,
            data_dir=small_images,
            out=folder / f"shard-{place}",
            shard=(place, SHARDS),
        )
    return folder


@pytest.fixture
def shards(trained, tmp_path):
    """Copies of the shards, for a test to do with what it likes."""
    copies = shutil.copytree(trained, tmp_path / "copies")
    return [copies / f"shard-{place}" for place in range(1, SHARDS + 1)]


def content(folder, names):
    """Every run's files that do not depend on where it was trained."""
    return {
        (run.path.name, name): (run.path / name).read_bytes()
        for run in Store(folder).folders()
        for name in names
        if (run.path / name).exists()
    }


def with_runs(shards):
    return [each for each in shards if Store(each).folders()]


def ended_run(folder):
    """An ended run of a folder."""
    return next(run for run in Store(folder).folders() if run.result().status is Status.FINISHED)


def forge(run):
    """Give a run other bits, and seal them as if it had been trained so."""
    history = run.path / "history.jsonl"
    first, *others = history.read_text().splitlines()
    changed = json.dumps({**json.loads(first), "loss": 0.125})
    history.write_text("\n".join([changed, *others]) + "\n")
    tree = sealed.read(run.path / "result.json")
    digests = {**run.digests(), "history.jsonl": files.digest(history)}
    sealed.write(run.path / "result.json", {**tree, "files": digests})


def test_ten_shards_merged_equal_one_run_byte_for_byte(whole, shards, tmp_path, same_bytes):
    merged = pb.merge(shards, into=tmp_path / "merged")
    assert merged.is_whole
    assert content(merged.folder, same_bytes) == content(whole, same_bytes)
    one, other = (sealed.read(folder / "study.json") for folder in (whole, merged.folder))
    assert one["study"] == other["study"]
    assert one["data"] == other["data"]
    results = [pb.load_results(folder) for folder in (whole, merged.folder)]
    assert str(results[0].comparisons()) == str(results[1].comparisons())
    tables = [each.table.drop(columns="seconds") for each in results]
    assert tables[0].equals(tables[1])
    assert all(check.holds for check in examine_folder(merged.folder))


def test_shards_have_each_run_once_and_say_which_they_are(trained, whole):
    names = [run.path.name for each in trained.iterdir() for run in Store(each).folders()]
    assert sorted(names) == sorted(run.path.name for run in Store(whole).folders())
    for place in range(1, SHARDS + 1):
        record = read_shard(trained / f"shard-{place}")
        assert record.shards == (f"{place}/{SHARDS}",)
        assert record.seeds == dict.fromkeys(load_names(whole), tuple(range(SEEDS)))
    assert not (whole / "shard.json").exists()


def load_names(folder):
    return Store(folder).study()[0].variants


def test_a_shard_compares_nothing_and_so_is_no_look(trained):
    assert not list(trained.glob("*/looks.jsonl"))
    assert not list(trained.glob("*/comparisons.json"))


def test_a_shard_is_trained_again_by_nothing(trained, small_study, small_images):
    folder = next(each for each in sorted(trained.iterdir()) if Store(each).folders())
    (shard,) = read_shard(folder).shards
    before = {path: path.stat().st_mtime_ns for path in folder.glob("runs/*/*")}
    pb.run(small_study, seeds=SEEDS, data_dir=small_images, out=folder, shard=shard)
    assert {path: path.stat().st_mtime_ns for path in folder.glob("runs/*/*")} == before


def test_a_lost_shard_is_named_with_its_runs_and_the_command_that_trains_them(
    whole, shards, tmp_path, same_bytes, small_study, small_images
):
    lost = with_runs(shards)[2]
    (shard,) = read_shard(lost).shards
    merged = pb.merge([each for each in shards if each != lost], into=tmp_path / "merged")
    assert not merged.is_whole
    assert merged.missing.lost == (Shard.of(shard),)
    assert len(merged.missing.names) == len(Store(lost).folders())
    said = "\n".join(merged.lines)
    assert f"--shard {shard}" in said
    assert f"--out {merged.folder}" in said
    assert f"--data-dir {small_images}" in said
    assert merged.missing.names[0] in said
    pb.run(small_study, seeds=SEEDS, data_dir=small_images, out=merged.folder)
    assert content(merged.folder, same_bytes) == content(whole, same_bytes)


def test_a_lost_shard_that_turns_up_later_completes_the_folder(whole, shards, tmp_path, same_bytes):
    first = pb.merge(shards[:4], into=tmp_path / "merged")
    assert not first.is_whole
    second = pb.merge(shards[4:], into=tmp_path / "merged")
    assert second.is_whole
    assert second.there == first.taken
    assert content(second.folder, same_bytes) == content(whole, same_bytes)


def test_doubled_shards_agree(whole, shards, tmp_path, same_bytes):
    doubled = shutil.copytree(with_runs(shards)[0], tmp_path / "again")
    merged = pb.merge([*shards, doubled, shards[0]], into=tmp_path / "merged")
    assert merged.agreed == len(Store(doubled).folders())
    assert content(merged.folder, same_bytes) == content(whole, same_bytes)


def test_another_environment_is_no_conflict(shards, tmp_path):
    doubled = shutil.copytree(with_runs(shards)[0], tmp_path / "again")
    for run in Store(doubled).folders():
        run.write_environment({**run.environment(), "processor": "another one"})
    assert pb.merge([*shards, doubled], into=tmp_path / "merged").is_whole


@pytest.mark.parametrize("file", ["weights.safetensors", "history.jsonl", "result.json", "spec.json"])
def test_a_corrupted_run_is_left_out_and_named(shards, tmp_path, file):
    folder = with_runs(shards)[0]
    run = ended_run(folder)
    path = run.path / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    merged = pb.merge(shards, into=tmp_path / "merged")
    assert [(each.folder, each.name) for each in merged.damaged] == [(folder, run.path.name)]
    assert file in merged.damaged[0].files
    assert not merged.is_whole
    assert len(merged.missing.names) == 1
    assert str(folder) in "\n".join(merged.lines)
    assert not (merged.folder / "runs" / run.path.name).exists()


def test_a_sound_copy_takes_the_place_of_a_corrupted_one(whole, shards, tmp_path, same_bytes):
    folder = with_runs(shards)[0]
    sound = shutil.copytree(folder, tmp_path / "sound")
    (ended_run(folder).path / "weights.safetensors").write_bytes(b"")
    merged = pb.merge([*shards, sound], into=tmp_path / "merged")
    assert len(merged.damaged) == 1
    assert not merged.missing.names
    assert content(merged.folder, same_bytes) == content(whole, same_bytes)


def test_a_corrupted_run_of_the_merged_folder_is_replaced(whole, shards, tmp_path, same_bytes):
    merged = pb.merge(shards, into=tmp_path / "merged")
    (ended_run(merged.folder).path / "predictions.safetensors").write_bytes(b"damaged")
    again = pb.merge(shards, into=merged.folder)
    assert (again.taken, len(again.damaged)) == (1, 1)
    assert content(merged.folder, same_bytes) == content(whole, same_bytes)


def test_other_bits_of_the_same_run_are_named_and_nothing_is_written(shards, tmp_path):
    folder = with_runs(shards)[0]
    other = shutil.copytree(folder, tmp_path / "other")
    run = ended_run(other)
    forge(run)
    assert not run.damaged()
    with pytest.raises(StoreError, match="different bits") as refused:
        pb.merge([*shards, other], into=tmp_path / "merged")
    assert str(folder / "runs" / run.path.name) in str(refused.value)
    assert str(run.path) in str(refused.value)
    assert not (tmp_path / "merged").exists()


@pytest.mark.parametrize("is_first", [True, False])
def test_a_conflict_is_settled_by_the_folder_that_is_preferred(shards, tmp_path, is_first):
    folder = with_runs(shards)[0]
    other = shutil.copytree(folder, tmp_path / "other")
    run = ended_run(other)
    forge(run)
    preferred = other if is_first else folder
    merged = pb.merge([*shards, other], into=tmp_path / "merged", prefer=preferred)
    name = run.path.name
    here = (merged.folder / "runs" / name / "history.jsonl").read_bytes()
    assert here == (preferred / "runs" / name / "history.jsonl").read_bytes()
    assert here != ((folder if is_first else other) / "runs" / name / "history.jsonl").read_bytes()


def test_a_conflict_with_the_merged_folder_leaves_it_as_it_is(shards, tmp_path, same_bytes):
    merged = pb.merge(shards, into=tmp_path / "merged")
    before = {path: path.read_bytes() for path in merged.folder.rglob("*") if path.is_file()}
    folder = with_runs(shards)[0]
    forge(ended_run(folder))
    with pytest.raises(StoreError, match="prefer"):
        pb.merge([folder], into=merged.folder)
    after = {path: path.read_bytes() for path in merged.folder.rglob("*") if path.is_file()}
    assert after == before
    pb.merge([folder], into=merged.folder, prefer=merged.folder)
    assert content(merged.folder, same_bytes) == {
        (path.parent.name, path.name): data
        for path, data in before.items()
        if path.name in same_bytes and path.parent.parent.name == "runs"
    }


def test_runs_of_another_version_are_told(shards, tmp_path):
    for run in Store(with_runs(shards)[0]).folders():
        environment = run.environment()
        run.write_environment({**environment, "versions": {**environment["versions"], "paribus": "0.0.9"}})
    merged = pb.merge(shards, into=tmp_path / "merged")
    assert merged.is_whole
    assert "0.0.9 (" in "\n".join(merged.lines)


def test_runs_of_other_semantics_are_refused(shards, tmp_path, monkeypatch):
    monkeypatch.setattr(record_merging, "SEMANTICS", 2)
    with pytest.raises(StoreError, match="semantics 1"):
        pb.merge(shards, into=tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_a_newer_folder_is_refused(shards, tmp_path):
    path = shards[0] / "study.json"
    path.write_text(path.read_text().replace('"schema": 2', '"schema": 3', 1))
    with pytest.raises(StoreError, match="newer Paribus"):
        pb.merge(shards, into=tmp_path / "merged")


def test_another_study_is_refused_with_what_differs(shards, tmp_path, small_study, small_images):
    changed = tmp_path / "small.yaml"
    changed.write_text(small_study.read_text().replace("epochs: 6", "epochs: 4"))
    pb.run(changed, only=["plain"], data_dir=small_images, out=tmp_path / "other")
    with pytest.raises(StoreError, match=r"variants\.long\.configuration\.epochs: 6, 4"):
        pb.merge([*shards, tmp_path / "other"], into=tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_a_study_file_that_lay_elsewhere_is_the_same_study(shards, tmp_path, small_study, small_images):
    moved = shutil.copy(small_study, tmp_path / "small.yaml")
    pb.run(moved, only=["plain"], data_dir=small_images, out=tmp_path / "other")
    assert pb.merge([*shards, tmp_path / "other"], into=tmp_path / "merged").is_whole


def test_other_data_under_the_same_name_is_refused(shards, tmp_path):
    path = shards[1] / "study.json"
    tree = sealed.read(path)
    tree["data"]["mnist"]["sha256"] = "ab" * 32
    sealed.write(path, tree)
    with pytest.raises(StoreError, match="different data under the name 'mnist'"):
        pb.merge(shards, into=tmp_path / "merged")


@contextmanager
def killed_after(monkeypatch, runs):
    """Stop a merge in the middle of the copy that follows so many runs."""
    left = [runs]
    copy_file = record_merging._copy_file

    def stop(source, target):
        if source.name == "result.json":
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
        copy_file(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(record_merging, "_copy_file", stop)
        yield


@pytest.mark.parametrize("runs", [0, 1, 5])
def test_a_merge_that_was_killed_leaves_whole_runs_and_is_repeated(
    whole, shards, tmp_path, same_bytes, monkeypatch, runs
):
    with killed_after(monkeypatch, runs), pytest.raises(KeyboardInterrupt):
        pb.merge(shards, into=tmp_path / "merged")
    there = Store(tmp_path / "merged").folders()
    assert len(there) == runs
    assert not [run for run in there if run.damaged()]
    again = pb.merge(shards, into=tmp_path / "merged")
    assert again.there == runs
    assert again.is_whole
    assert content(again.folder, same_bytes) == content(whole, same_bytes)
    assert not (again.folder / ".merge").exists()


KILLED = """\
import os, signal, sys
import paribus as pb
from paribus.record import merging

left, copy_file = [int(sys.argv[1])], merging._copy_file

def kill(source, target):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    copy_file(source, target)

merging._copy_file = kill
pb.merge(sys.argv[3:], into=sys.argv[2])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no such signal")
@pytest.mark.parametrize("files", [0, 20, 45])
def test_a_merge_whose_process_was_killed_is_repeated(whole, shards, tmp_path, same_bytes, files):
    merged = tmp_path / "merged"
    words = [sys.executable, "-c", KILLED, str(files), str(merged), *map(str, shards)]
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not [run for run in Store(merged).folders() if run.damaged()]
    assert pb.merge(shards, into=merged).is_whole
    assert content(merged, same_bytes) == content(whole, same_bytes)
    assert not (merged / ".merge").exists()


def test_a_shard_that_is_still_being_trained_is_named_and_gives_what_it_has(shards, tmp_path):
    with Store(shards[0]).writing():
        merged = pb.merge(shards, into=tmp_path / "merged")
    assert merged.held == (shards[0],)
    assert "still being trained" in "\n".join(merged.lines)
    assert merged.is_whole


def test_a_folder_in_which_another_process_trains_is_not_merged_into(shards, tmp_path):
    merged = pb.merge(shards[:2], into=tmp_path / "merged")
    with Store(merged.folder).writing(), pytest.raises(StoreError, match="in use"):
        pb.merge(shards, into=merged.folder)


def test_where_each_run_came_from_is_kept_through_two_merges(shards, tmp_path):
    first = pb.merge(shards[:5], into=tmp_path / "first")
    second = pb.merge([first.folder, *shards[5:]], into=tmp_path / "second")
    origins = read_origins(second.folder)
    assert set(origins.runs) == {run.path.name for run in Store(second.folder).folders()}
    for folder in shards[:5]:
        for run in Store(folder).folders():
            assert origins.runs[run.path.name] == (str(first.folder), str(folder))
    assert set(origins.shards) == {f"{place}/{SHARDS}" for place in range(1, SHARDS + 1)}
    for run in Store(second.folder).folders():
        source = RunFolder(tmp_path.joinpath(origins.runs[run.path.name][-1], "runs", run.path.name))
        assert run.environment() == source.environment()


@pytest.mark.usefixtures("every_epoch")
def test_checkpoints_come_along_so_that_training_goes_on(
    whole, tmp_path, same_bytes, small_study, small_images, monkeypatch
):
    """A shard stopped within a run: the merged folder goes on from its checkpoint, to the same bytes."""
    from paribus.execute.worker import _StoreSink

    epoch_done = _StoreSink.epoch

    def stop(self, spec, row, timing, *rest, **more):
        epoch_done(self, spec, row, timing, *rest, **more)
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_StoreSink, "epoch", stop)
        with pytest.raises(KeyboardInterrupt):
            pb.run(small_study, seeds=SEEDS, data_dir=small_images, out=tmp_path / "part", shard="1/2")
    saved = [path.name for path in (tmp_path / "part" / "runs").glob("*/checkpoint-*.json")]
    assert saved
    merged = pb.merge([tmp_path / "part"], into=tmp_path / "merged")
    kept = [path.name for path in (merged.folder / "runs").glob("*/checkpoint-*.json")]
    assert kept == saved
    assert len(merged.missing.lost) == 2
    pb.run(small_study, seeds=SEEDS, data_dir=small_images, out=merged.folder)
    assert content(merged.folder, same_bytes) == content(whole, same_bytes)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="the system has no links")
def test_no_link_is_followed_out_of_a_folder(shards, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    folder = with_runs(shards)[0]
    run = ended_run(folder)
    (run.path / "notes").symlink_to(secret)
    (run.path / "more").symlink_to(tmp_path, target_is_directory=True)
    (run.path / "own").mkdir()
    (run.path / "own" / "kept.txt").write_text("of the user's function")
    other = ended_run(with_runs(shards)[1])
    moved = shutil.move(other.path, tmp_path / other.path.name)
    other.path.symlink_to(moved, target_is_directory=True)
    merged = pb.merge(shards, into=tmp_path / "merged")
    copy = merged.folder / "runs" / run.path.name
    assert not (copy / "notes").exists()
    assert not (copy / "more").exists()
    assert (copy / "own" / "kept.txt").read_text() == "of the user's function"
    assert [each.name for each in merged.damaged] == [other.path.name]
    assert not [path for path in merged.folder.rglob("*") if path.is_symlink()]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="the system has no links")
def test_nothing_is_written_through_a_link(shards, tmp_path):
    (tmp_path / "merged").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "merged" / "runs").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(StoreError):
        pb.merge(shards, into=tmp_path / "merged")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_looks_at_a_shard_count_in_the_merged_folder(shards, tmp_path):
    """Whoever compares a part of the seeds and then all of them has looked twice."""
    for folder in with_runs(shards)[:2]:
        Store(folder).record_look({"plain": (0, 1, 2), "momentum": (0, 1, 2)})
    merged = pb.merge(shards, into=tmp_path / "merged")
    store = Store(merged.folder)
    assert store.looks().is_complete
    assert store.looks().seed_counts("plain", "momentum") == (3,)
    pb.merge(shards, into=merged.folder)
    assert len(store.looks().entries) == 1


def test_looks_that_are_not_known_stay_unknown(shards, tmp_path):
    (shards[0] / "looks.jsonl").write_text("damaged\n")
    merged = pb.merge(shards, into=tmp_path / "merged")
    assert not Store(merged.folder).looks().is_complete
    assert not Store(pb.merge([merged.folder], into=tmp_path / "next").folder).looks().is_complete


def test_a_folder_whose_study_is_damaged_still_gives_its_runs(whole, shards, tmp_path, same_bytes):
    folder = with_runs(shards)[0]
    (folder / "study.json").write_text("{")
    merged = pb.merge(shards, into=tmp_path / "merged")
    assert merged.empty == (folder,)
    assert content(merged.folder, same_bytes) == content(whole, same_bytes)


def test_a_shard_that_never_began_is_named(shards, tmp_path):
    (tmp_path / "never").mkdir()
    merged = pb.merge([*shards, tmp_path / "never"], into=tmp_path / "merged")
    assert merged.empty == (tmp_path / "never",)
    assert "no study.json" in "\n".join(merged.lines)


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ([], "no folder to merge"),
        ("shard-1", "Did you mean"),
        ([3], "is not allowed"),
        (["nowhere"], "nowhere is no folder"),
        (["empty"], "no study"),
    ],
)
def test_what_cannot_be_merged_is_refused_in_one_message(folders, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(pb.InputError, match=message):
        pb.merge(folders, into="merged")
    assert not (tmp_path / "merged").exists()


def test_a_folder_is_not_merged_into_itself(shards):
    with pytest.raises(UsageError, match="both merged and merged into"):
        pb.merge(shards, into=shards[0])


def test_only_one_of_the_folders_can_be_preferred(shards, tmp_path):
    with pytest.raises(UsageError, match="none of the folders"):
        pb.merge(shards, into=tmp_path / "merged", prefer=tmp_path / "elsewhere")


def test_the_parts_of_an_aa_test_are_one_when_merged(tmp_path, small_study, small_images):
    asked = {"aa": True, "seeds": 3, "data_dir": small_images}
    for place in (1, 2):
        pb.run(small_study, out=tmp_path / str(place), shard=(place, 2), **asked)
    merged = pb.merge([tmp_path / "1", tmp_path / "2"], into=tmp_path / "merged")
    assert merged.is_whole
    found = pb.load_results(merged.folder).aa_test()
    assert found is not None
    assert len(found.pairs) == 3


TUNED = {
    "name": "tuned",
    "seeds": 3,
    "data": {"sklearn": "iris"},
    "base": {
        "validation": 0.3,
        "scale": "standard",
        "model": {"hidden": [6]},
        "loss": "sparse_categorical_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
        "epochs": 2,
    },
    "tune": {
        "learning_rate": {"from": 0.01, "to": 1, "scale": "log", "points": 3},
        "on": "val_loss",
        "seeds": 2,
    },
    "variants": {"plain": {}, "adam": {"optimizer": "adam"}},
    "questions": [{"treatment": "adam", "reference": "plain"}],
}


def test_trials_of_a_search_that_is_known_beforehand_are_divided_too(tmp_path, same_bytes):
    pb.run(TUNED, out=tmp_path / "whole")
    for place in (1, 2, 3):
        pb.run(TUNED, out=tmp_path / str(place), shard=(place, 3))
    names = [run.path.name for place in (1, 2, 3) for run in Store(tmp_path / str(place)).folders()]
    assert len(names) == len(set(names)) == 2 * 3 + 2 * 3 * 2
    merged = pb.merge([tmp_path / str(place) for place in (1, 2, 3)], into=tmp_path / "merged")
    assert not merged.missing.names
    assert merged.missing.to_tune
    pb.run(TUNED, out=merged.folder)
    assert pb.merge([tmp_path / "1"], into=merged.folder).is_whole
    assert content(merged.folder, same_bytes) == content(tmp_path / "whole", same_bytes)


def test_a_search_that_goes_by_results_is_refused(tmp_path):
    study = {**TUNED, "tune": {**TUNED["tune"], "search": "tpe", "budget": 3}}
    with pytest.raises(UsageError, match="'tpe'"):
        pb.run(study, out=tmp_path / "out", shard="1/2")
    assert not (tmp_path / "out").exists()


def test_seeds_are_not_added_shard_by_shard(small_study, tmp_path):
    with pytest.raises(UsageError, match="exclude each other"):
        pb.run(small_study, until_decided=True, shard="1/2", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_each_shard_has_a_folder_of_its_own(tmp_path, monkeypatch, small_study, small_images):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(calibration, "measure_rates", lambda: Rates((1e-10, 1e-10, 1e-9), 4.0, 2.0))
    results = pb.run(small_study, only=["plain"], data_dir=small_images, shard="1/1")
    assert str(results.folder) == "paribus-out/small-shard-1-of-1"
    planned = pb.plan(small_study, data_dir=small_images, shard="2/3")
    assert str(planned.training.store.folder) == "paribus-out/small-shard-2-of-3"
    assert planned.tree()["shard"] == "2/3"
