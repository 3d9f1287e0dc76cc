"""What may go is shown first; what verdicts follow from never goes, and nothing outside the folder does."""

import os
import shutil

import pytest
from tests.conftest import made_configuration
from tests.made_results import made_results

import paribus as pb
from paribus.errors import StoreError
from paribus.record import lock
from paribus.record.folder import WEIGHTS
from paribus.record.store import Store
from paribus.workflow.archives import opened_copy, pack_results
from paribus.workflow.doctor import examine_folder
from paribus.workflow.results import load_results


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    store = made_results(made, tmp_path / "mine", unended=[("l2", 2)])
    load_results(store.folder).save_comparisons()
    return store.folder


def contents(folder):
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def run_of(folder, variant, seed):
    return load_results(folder).records[variant, seed].folder


def kinds(found):
    return sorted(each.kind for each in found.items)


def test_a_clean_folder_has_nothing_but_its_cache(folder):
    assert kinds(pb.gc(folder)) == ["caches"]
    pb.gc(folder, yes=True)
    assert pb.gc(folder).items == ()
    assert "Nothing may go" in str(pb.gc(folder))


def test_nothing_is_removed_without_yes(folder):
    (folder / ".study.json.7.tmp").write_bytes(b"x" * 1000)
    before = contents(folder)
    found = pb.gc(folder, keep="none")
    assert kinds(found) == ["caches", "temporary", "weights", "weights", "weights", "weights", "weights"]
    assert "Nothing was removed" in str(found)
    assert contents(folder) == before


def test_each_kind_goes_and_what_verdicts_follow_from_stays(folder, made):
    told = [str(each.sentence) for each in load_results(folder).comparisons()]
    run = run_of(folder, "plain", 0)
    (run / ".history.jsonl.9.tmp").write_bytes(b"x")
    (run / "checkpoint-1.json").write_bytes(b"{}")
    (run / "checkpoint-1.safetensors").write_bytes(b"12345")
    open_run = run_of(folder, "l2", 2)
    before = contents(folder)
    found = pb.gc(folder, yes=True, keep="best")
    assert found.removed
    gone = before.keys() - contents(folder).keys()
    assert f"runs/{run.name}/checkpoint-1.safetensors" in gone
    assert (open_run / "checkpoint-2.safetensors").exists()
    allowed = ("checkpoint-1", ".tmp", WEIGHTS, "comparisons.json")
    assert all(any(each in name for each in allowed) for name in gone)
    assert found.size == sum(len(before[name]) for name in gone)
    assert [str(each.sentence) for each in load_results(folder).comparisons()] == told
    assert all(check.holds for check in examine_folder(folder))
    assert len([name for name in contents(folder) if name.endswith(WEIGHTS)]) == 2


def test_runs_of_no_variant_go_and_those_of_others_stay(folder, made, tmp_path):
    other = made_results(made, tmp_path / "other", names=("plain", "l2")).folder
    store = Store(other)
    study, data = store.study()
    l2 = study.variants["l2"].model_copy(update={"configuration": made_configuration(l2=0.5)})
    store.write_study(study.model_copy(update={"variants": {**study.variants, "l2": l2}}), data)
    assert len(pb.gc(other).of("runs")) == 3
    pb.gc(other, yes=True)
    assert len(Store(other).folders()) == 3
    assert len(load_results(other).records) == 3
    assert {each.spec().seed for each in Store(other).folders()} == {0, 1, 2}


def test_where_ablations_are_not_known_no_run_is_strange(folder):
    (folder / "confirm.json").write_text("{")
    found = pb.gc(folder)
    assert found.of("runs") == ()
    assert "confirm.json" in found.notes[0]


def test_a_run_that_cannot_be_read_is_left_to_doctor(folder):
    run = run_of(folder, "plain", 1)
    (run / "spec.json").write_text("{}")
    (run / ".x.tmp").write_text("x")
    pb.gc(folder, yes=True, keep="none")
    assert (run / WEIGHTS).exists()
    assert (run / "history.jsonl").exists()


def test_a_failed_run_keeps_its_checkpoint(folder):
    from paribus.record.folder import RunFolder
    from paribus.record.run import Result, Status

    run = run_of(folder, "l2", 2)
    RunFolder(run).finish(Result(Status.FAILED, 2, 2, cause="x"))
    assert pb.gc(folder).of("checkpoints") == ()


def test_files_of_the_user_stay_in_a_run_s_folder(folder, made):
    store = Store(folder)
    study, data = store.study()
    plain = {"plain": study.variants["plain"]}
    store.write_study(study.model_copy(update={"variants": plain, "questions": ()}), data)
    run = next(each.path for each in store.folders() if each.spec().configuration != made_configuration())
    (run / "notes.txt").write_text("mine")
    found = pb.gc(folder, yes=True)
    assert [each.name for each in run.iterdir()] == ["notes.txt"]
    assert any("other files" in note for note in found.notes)


def test_no_link_is_followed(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ".x.tmp").write_text("precious")
    (outside / "checkpoint-1.json").write_text("precious")
    run = run_of(folder, "plain", 0)
    (run / "checkpoint-1.json").symlink_to(outside / "checkpoint-1.json")
    (folder / ".y.tmp").symlink_to(outside / ".x.tmp")
    strange = folder / "runs" / ("ab" * 8)
    strange.symlink_to(outside)
    pb.gc(folder, yes=True, keep="none")
    assert {each.name: each.read_text() for each in outside.iterdir()} == {
        ".x.tmp": "precious",
        "checkpoint-1.json": "precious",
    }
    assert strange.is_symlink()


def test_runs_behind_a_link_are_not_looked_at(folder, tmp_path):
    shutil.move(folder / "runs", tmp_path / "elsewhere")
    (folder / "runs").symlink_to(tmp_path / "elsewhere")
    before = contents(tmp_path / "elsewhere")
    pb.gc(folder, yes=True, keep="none")
    assert contents(tmp_path / "elsewhere") == before


@pytest.mark.parametrize("yes", [False, True])
def test_a_folder_in_which_a_run_goes_on_is_refused(folder, yes):
    with lock.hold(folder), pytest.raises(StoreError, match="is training there"):
        pb.gc(folder, yes=yes)


def test_an_archive_s_copy_is_refused(folder):
    pack_results(folder)
    with pytest.raises(StoreError, match="only read"):
        pb.gc(opened_copy("mine.zip"))


def test_a_folder_without_a_study_is_refused(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / ".a.tmp").write_text("x")
    with pytest.raises(StoreError):
        pb.gc(tmp_path / "photos", yes=True)
    assert os.listdir(tmp_path / "photos") == [".a.tmp"]
