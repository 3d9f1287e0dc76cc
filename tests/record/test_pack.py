"""Packing: everything that belongs to the results, the same bytes for the same content, read back."""

import os
import shutil
import time
import zipfile

import pytest
from tests.made_results import made_results

from paribus.errors import StoreError
from paribus.record import pack as module
from paribus.record.contents import MANIFEST, Manifest, is_result, results_in
from paribus.record.folder import ENVIRONMENT, HISTORY, PREDICTIONS, PREPARATION, RESULT, TIMING, WEIGHTS
from paribus.record.looks import LOOKS
from paribus.record.pack import pack, write_manifest
from paribus.record.probes import PROBES
from paribus.record.store import AA_TEST, ABLATIONS, LAST_REQUEST, SEARCHES, STUDY
from paribus.workflow.comparisons import COMPARISONS
from paribus.workflow.rankings import RANKINGS


@pytest.fixture
def folder(made, tmp_path):
    return made_results(made, tmp_path / "mine", unended=[("l2", 2)]).folder


def test_every_file_that_paribus_writes_of_results_belongs_to_them():
    of_study = (STUDY, AA_TEST, ABLATIONS, SEARCHES, LAST_REQUEST, LOOKS, COMPARISONS, RANKINGS)
    of_run = ("spec.json", HISTORY, TIMING, PROBES, RESULT, WEIGHTS, PREDICTIONS, PREPARATION, ENVIRONMENT)
    assert all(map(is_result, of_study))
    assert all(is_result(f"runs/{'0f' * 8}/{name}") for name in (*of_run, "checkpoint-12.safetensors"))


@pytest.mark.parametrize(
    "name",
    [
        "lock", "lock.holder", "report.html", ".study.json.7.tmp", "trackers/sent.json", MANIFEST,
        "runs/0123456789ABCDEF/spec.json", "runs/0123456789abcdef/../../x.json", "nul.json", "a/b.json",
        "runs/0123456789abcdef/nul.jsonl", "study.json\n", "/study.json", "runs/0123456789abcdef/code.py",
    ],
)  # fmt: skip
def test_nothing_else_does(name):
    assert not is_result(name)


def test_an_archive_has_the_folder_s_bytes_and_their_list(folder, tmp_path):
    (folder / "report.html").write_text("a report")
    packed = pack(folder, "mine", tmp_path / "mine.zip")
    with zipfile.ZipFile(packed.file) as archive:
        assert archive.testzip() is None
        names = {*archive.namelist()}
        assert names == {MANIFEST, *results_in(folder)}
        assert all(archive.read(name) == (folder / name).read_bytes() for name in names - {MANIFEST})
        manifest = Manifest.decode(archive.read(MANIFEST))
    assert (manifest.study, manifest.files.keys()) == ("mine", names - {MANIFEST})
    assert packed.runs == 6
    assert packed.left_out == ("report.html",)
    assert sum("checkpoint-2" in name for name in names) == 2


def test_the_same_results_make_the_same_bytes_wherever_and_whenever(folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "elsewhere")
    for path in other.rglob("*"):
        os.utime(path, (time.time() - 1e6, 1e9))
    one, two = pack(folder, "mine", tmp_path / "a.zip"), pack(other, "mine", tmp_path / "b.zip")
    assert one.file.read_bytes() == two.file.read_bytes()
    next(other.glob("runs/*/timing.jsonl")).write_text("")
    assert pack(other, "mine", tmp_path / "b.zip").file.read_bytes() != one.file.read_bytes()


def test_a_link_is_not_packed(folder, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    (folder / "aa.json").symlink_to(secret)
    (folder / "runs" / ("ab" * 8)).symlink_to(tmp_path)
    assert not [name for name in pack(folder, "mine", tmp_path / "a.zip").manifest.files if "aa.json" in name]


@pytest.mark.parametrize("flipped", [100, 5000, -200])
def test_what_reads_back_differently_is_not_kept(folder, tmp_path, monkeypatch, flipped):
    output = tmp_path / "mine.zip"
    output.write_bytes(b"the one before")
    compare = module._compare

    def after_damage(written, *rest):
        content = bytearray(written.read_bytes())
        content[flipped] ^= 0xFF
        written.write_bytes(content)
        compare(written, *rest)

    monkeypatch.setattr(module, "_compare", after_damage)
    with pytest.raises(StoreError):
        pack(folder, "mine", output)
    assert output.read_bytes() == b"the one before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["mine", "mine.zip"]


def test_a_full_disk_leaves_nothing(folder, tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        pack(folder, "mine", tmp_path / "mine.zip")
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


def test_a_manifest_lists_what_lies_in_the_folder(folder):
    packed = write_manifest(folder, "mine")
    found = Manifest.decode((folder / MANIFEST).read_bytes())
    assert found == packed.manifest
    assert [*found.files] == results_in(folder)
    assert found.size == sum((folder / name).stat().st_size for name in found.files)


@pytest.mark.parametrize("name", ["../x.json", "/etc/passwd", "lock", "runs/x/spec.json"])
def test_a_manifest_that_leads_elsewhere_is_refused(name):
    content = Manifest("mine", {"study.json": module.Listed(1, "0" * 64)}).encode()
    assert Manifest.decode(content).files
    with pytest.raises(ValueError, match=r".*"):
        Manifest.decode(Manifest("mine", {name: module.Listed(1, "0" * 64)}).encode())
