"""An archive is read as the folder it was packed from, and nothing is ever written into it."""

import os
import shutil
from pathlib import Path

import pytest
from tests.made_results import made_results

import paribus as pb
from paribus.errors import StoreError, UsageError
from paribus.record import lock
from paribus.record.contents import results_in
from paribus.record.store import Store
from paribus.workflow import copies
from paribus.workflow.archives import opened_copy, pack_results, unpack_results
from paribus.workflow.doctor import examine_folder
from paribus.workflow.results import load_results


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


@pytest.fixture
def folder(made, tmp_path):
    store = made_results(made, tmp_path / "mine")
    load_results(store.folder).save_comparisons()
    store.seal_looks()
    return store.folder


@pytest.fixture
def archive(folder):
    return pack_results(folder).file


def contents(folder):
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_an_archive_is_named_as_its_folder_and_lies_here(archive):
    assert archive == Path("mine.zip")


def test_what_is_read_of_an_archive_is_what_the_folder_says(archive, folder):
    there, here = pb.open(archive), load_results(folder)
    assert [str(each.sentence) for each in there.comparisons()] == [
        str(each.sentence) for each in here.comparisons()
    ]
    assert there.to_frame().equals(here.to_frame())
    assert "mine.zip" in str(there)
    assert there["l2"].records[0].spec == here["l2"].records[0].spec


def test_nothing_is_written_into_an_archive_or_its_copy(archive):
    before, copy = archive.read_bytes(), opened_copy("mine.zip")
    kept = contents(copy)
    results = load_results(copy)
    results.compare("plain", "l2")  # a question that the study does not ask, and a look
    assert not results.looks.is_recorded
    results.save_comparisons()
    results.material()
    examine_folder(copy)
    store = Store(copy)
    with pytest.raises(StoreError, match="paribus unpack"), store.writing():
        pass
    store.seal_looks()
    assert contents(copy) == kept
    assert archive.read_bytes() == before


def test_an_archive_is_unpacked_once(archive, monkeypatch, cache):
    first = opened_copy("mine.zip")
    monkeypatch.setattr(copies, "open_archive", None)
    shutil.copy(archive, "other.zip")
    assert opened_copy("other.zip") == first
    assert [each.name for each in (cache / "opened").iterdir()] == [first.name]


def test_a_changed_archive_is_another_one(archive, folder):
    first = opened_copy("mine.zip")
    next(folder.glob("runs/*/timing.jsonl")).write_text("")
    pack_results(folder)
    assert opened_copy("mine.zip") != first


def test_a_copy_that_nobody_opens_goes(archive, folder, cache):
    first = opened_copy("mine.zip")
    os.utime(first / "opened.json", (1e9, 1e9))
    next(folder.glob("runs/*/timing.jsonl")).write_text("")
    pack_results(folder)
    second = opened_copy("mine.zip")
    assert [each.name for each in (cache / "opened").iterdir()] == [second.name]


def test_a_refused_archive_leaves_nothing_in_the_cache(archive, cache):
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(StoreError):
        opened_copy("mine.zip")
    assert [*(cache / "opened").iterdir()] == []


def test_what_is_unpacked_is_the_folder_and_can_go_on(archive, folder):
    written = unpack_results(archive)
    assert written == Path("paribus-out/mine")
    assert {name: (written / name).read_bytes() for name in results_in(written)} == {
        name: (folder / name).read_bytes() for name in results_in(folder)
    }
    with Store(written).writing():
        pass
    assert all(check.holds for check in examine_folder(written))
    assert [each.name for each in Path("paribus-out").iterdir()] == ["mine"]


def test_nothing_is_unpacked_over_anything(archive, folder, tmp_path):
    with pytest.raises(StoreError, match="not empty"):
        unpack_results(archive, folder)
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(StoreError, match="not empty"):
        unpack_results(archive, file)
    (tmp_path / "empty").mkdir()
    assert results_in(unpack_results(archive, tmp_path / "empty")) == results_in(folder)


def test_a_folder_in_which_a_run_goes_on_is_not_packed(folder):
    with lock.hold(folder), pytest.raises(StoreError, match="is training there"):
        pack_results(folder)
    assert not Path("mine.zip").exists()


def test_what_cannot_be_packed_is_one_message(folder, tmp_path):
    with pytest.raises(UsageError, match=r"\.zip"):
        pack_results(folder, Path("mine.tar"))
    with pytest.raises(UsageError, match="no folder"):
        pack_results(folder, Path("nowhere/mine.zip"))
    with pytest.raises(UsageError, match="leave out"):
        pack_results(folder, Path("mine.zip"), manifest=True)
    with pytest.raises(StoreError, match="no results"):
        pack_results(tmp_path / "nothing")


def test_python_packs_and_opens(folder):
    assert pb.open(pb.pack(folder, "handed-on.zip")).study.name == "mine"
    assert pb.load_results("handed-on.zip").study.name == "mine"
    with pytest.raises(UsageError):
        pb.open(7)
