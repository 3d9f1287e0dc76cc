"""A zip file may be anything: it is read whole, or refused with one message before anything is written."""

import io
import stat
import struct
import zipfile

import pytest
from tests.made_results import made_results

from paribus.errors import StoreError
from paribus.record import unpack
from paribus.record.contents import MANIFEST, Listed, Manifest, results_in
from paribus.record.pack import pack
from paribus.record.unpack import open_archive


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory):
    return made_results(made, tmp_path_factory.mktemp("made") / "mine", seeds=1).folder


@pytest.fixture(scope="module")
def packed(folder, tmp_path_factory):
    return pack(folder, "mine", tmp_path_factory.mktemp("packed") / "mine.zip").file


@pytest.fixture
def target(tmp_path):
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


def rewritten(packed, path, change=None, drop=(), add=()):
    """Write an archive anew, with its list as it is: `change` may replace entries' content."""
    with zipfile.ZipFile(packed) as archive, zipfile.ZipFile(path, "w") as written:
        for name in archive.namelist():
            if name not in drop:
                content = archive.read(name)
                written.writestr(name, change(name, content) if change else content)
        for entry, content in add:
            written.writestr(entry, content)
    return path


def refused(path, target):
    """Return what is said of an archive that is refused, before anything is written."""
    with pytest.raises(StoreError) as error, open_archive(path) as archive:
        archive.extract(target)
    assert str(error.value).count("\n") <= (error.value.code == "run.other-schema")
    return error.value.code


def test_every_file_comes_back_to_the_byte(packed, folder, target):
    with open_archive(packed) as archive:
        archive.extract(target)
    assert results_in(target) == results_in(folder)
    for name in results_in(folder):
        assert (target / name).read_bytes() == (folder / name).read_bytes()
    assert not (target / MANIFEST).exists()


def test_a_folder_that_another_program_packed_is_read_from_where_it_lies(folder, target, tmp_path):
    path = tmp_path / "by-hand.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("work/", "")
        archive.writestr("__MACOSX/._mine", "x")
        archive.writestr("work/mine/lock", "x")
        archive.writestr("work/mine/report.html", "x")
        for name in results_in(folder):
            archive.write(folder / name, f"work/mine/{name}")
    with open_archive(path) as archive:
        assert archive.manifest is None
        archive.extract(target)
    assert sorted(each.name for each in target.iterdir()) == ["requested.json", "runs", "study.json"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../study.json", "archive.leads-out"),
        ("runs/../../x.json", "archive.leads-out"),
        ("/etc/x.json", "archive.leads-out"),
        ("C:/x.json", "archive.leads-out"),
        ("runs\\x.json", "archive.leads-out"),
        ("a//b.json", "archive.leads-out"),
        ("study.json", "archive.twice"),
        ("aa.json", "archive.other-files"),
    ],
)
def test_a_name_that_no_study_s_folder_has_is_refused(packed, target, tmp_path, name, code):
    with pytest.warns(UserWarning, match="Duplicate") if code == "archive.twice" else io.StringIO():
        path = rewritten(packed, tmp_path / "bad.zip", add=[(name, b"{}")])
    assert refused(path, target) == code
    assert not [*target.iterdir()]
    assert not (tmp_path / "x.json").exists()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_are_refused(packed, target, tmp_path, kind):
    entry = zipfile.ZipInfo("aa.json")
    entry.external_attr = (kind | 0o777) << 16
    path = rewritten(packed, tmp_path / "bad.zip", add=[(entry, b"/etc/passwd")])
    assert refused(path, target) == "archive.link"


def test_a_password_is_not_asked_for(packed, target, tmp_path):
    path = tmp_path / "bad.zip"
    content = bytearray(packed.read_bytes())
    first = content.find(b"PK\1\2")
    content[first + 8] |= 1
    path.write_bytes(content)
    assert refused(path, target) == "archive.encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_zip_s_own_compression_is_read(packed, target, tmp_path, method):
    entry = zipfile.ZipInfo("aa.json")
    entry.compress_type = method
    path = rewritten(packed, tmp_path / "bad.zip", add=[(entry, b"{}")])
    assert refused(path, target) == "archive.compression"


def test_any_part_of_an_archive_is_refused(packed, target, tmp_path):
    content, path = packed.read_bytes(), tmp_path / "bad.zip"
    for length in {0, 1, 22, 1000, len(content) // 2, len(content) - 23, len(content) - 1}:
        path.write_bytes(content[:length])
        assert refused(path, target) in {"archive.no-zip", "archive.damaged"}
    path.write_bytes(content[len(content) // 2 :])
    assert refused(path, target) in {"archive.no-zip", "archive.damaged"}


def test_every_flipped_byte_is_noticed_or_changes_nothing(packed, folder, tmp_path):
    content, path = packed.read_bytes(), tmp_path / "bad.zip"
    accepted = 0
    for place in range(0, len(content), len(content) // 97):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        target = tmp_path / f"target-{place}"
        target.mkdir()
        try:
            with open_archive(path) as archive:
                archive.extract(target)
        except StoreError:
            continue
        accepted += 1  # in what a zip file says twice, or of its time and rights
        assert all(
            (target / name).read_bytes() == (folder / name).read_bytes() for name in results_in(folder)
        )
    assert accepted < 20


def test_a_file_that_is_not_what_the_list_says_is_refused(packed, target, tmp_path):
    def change(name, content):
        return content.replace(b"finished", b"diverged") if name.endswith("result.json") else content

    assert refused(rewritten(packed, tmp_path / "bad.zip", change), target) == "archive.damaged"


def test_a_file_that_the_list_has_and_the_archive_lacks_is_missed(packed, target, tmp_path):
    path = rewritten(packed, tmp_path / "bad.zip", drop=["requested.json"])
    assert refused(path, target) == "archive.other-files"


def test_a_bomb_is_refused_before_it_grows(packed, target, tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "_FREELY", 2**20)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("study.json", b"{}")
        archive.writestr("looks.jsonl", bytes(50 * 2**20))
    assert refused(path, target) == "archive.bomb"
    assert not [*target.iterdir()]


def test_a_file_larger_than_any_of_its_kind_is_refused(target, tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("study.json", bytes(65 * 2**20))
    assert refused(path, target) == "archive.large-file"


def test_a_file_that_is_longer_than_it_says_is_cut_off(folder, target, tmp_path):
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "study.json", "study.json")
        archive.writestr("looks.jsonl", bytes(10 * 2**20))
    content = bytearray(path.read_bytes())
    said = struct.pack("<I", 10 * 2**20)
    for place in (content.find(said), content.rfind(said)):
        content[place : place + 4] = struct.pack("<I", 100)
    path.write_bytes(content)
    assert refused(path, target) == "archive.damaged"
    assert (target / "looks.jsonl").stat().st_size <= 101


def test_a_disk_without_room_is_named_before_anything_is_written(packed, target, monkeypatch):
    monkeypatch.setattr(unpack.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 1000})())
    assert refused(packed, target) == "archive.no-room"
    assert not [*target.iterdir()]


def test_a_directory_of_files_larger_than_memory_should_hold_is_refused(packed, target, monkeypatch):
    monkeypatch.setattr(unpack, "MAX_DIRECTORY", 1000)
    assert refused(packed, target) == "archive.no-zip"


def test_two_studies_in_one_archive_are_named(packed, target, tmp_path):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/study.json", b"{}")
        archive.writestr("b/study.json", b"{}")
    assert refused(path, target) == "archive.several"


@pytest.mark.parametrize("content", [b"", b"PK\5\6" + bytes(18), b"a text"])
def test_what_holds_no_study_is_one_message(target, tmp_path, content):
    path = tmp_path / "empty.zip"
    path.write_bytes(content)
    assert refused(path, target) in {"archive.no-zip", "archive.no-study"}


def test_what_is_no_file_is_one_message(target, tmp_path):
    assert refused(tmp_path / "none.zip", target) == "archive.no-file"
    assert refused(target, target) == "archive.unreadable"


def test_the_list_of_a_newer_paribus_is_named(packed, target, tmp_path):
    def change(name, content):
        return content.replace(b'"schema": 2', b'"schema": 9') if name == MANIFEST else content

    assert refused(rewritten(packed, tmp_path / "bad.zip", change), target) == "run.other-schema"


def test_a_list_of_sizes_that_no_file_has_is_refused():
    with pytest.raises(ValueError, match=r"study.json"):
        Manifest.decode(Manifest("mine", {"study.json": Listed(-1, "0" * 64)}).encode())
