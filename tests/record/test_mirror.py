"""A folder that is written in one place and kept in another: the same files, in a safe order."""

import random

import pytest

from paribus.record import mirror
from paribus.record.mirror import Change, Mirrored


@pytest.fixture
def here(tmp_path):
    folder = tmp_path / "here" / "run"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def there(tmp_path):
    (tmp_path / "there").mkdir()
    return tmp_path / "there" / "run"


def content(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def replace(path, text):
    new = path.with_name(f".{path.name}.tmp")
    new.write_text(text)
    new.rename(path)


def test_lines_travel_as_they_are_appended_and_other_files_whole(here, there):
    mirrored = Mirrored(here)
    (here / "history.jsonl").write_text('{"epoch": 1}\n')
    replace(here / "spec.json", "{}")
    mirror.write(there, mirrored.changes())
    with (here / "history.jsonl").open("a") as file:
        file.write('{"epoch": 2}\n{"epo')
    found = mirrored.changes()
    assert found == [Change("history.jsonl", b'{"epoch": 2}\n', at=13)]
    mirror.write(there, found)
    with (here / "history.jsonl").open("a") as file:
        file.write('ch": 3}\n')
    mirror.write(there, mirrored.changes())
    assert content(there) == content(here)
    assert mirrored.changes() == []


def test_what_makes_others_count_is_written_after_them_and_what_is_gone_last(here, there):
    mirrored = Mirrored(here)
    (here / "checkpoint-1.json").write_text("1")
    (here / "checkpoint-1.safetensors").write_text("1")
    mirrored.changes()
    for name in ("result.json", "checkpoint-2.json", "checkpoint-2.safetensors", "weights.safetensors"):
        (here / name).write_text("2")
    (here / "history.jsonl").write_text("{}\n")
    (here / "checkpoint-1.json").unlink()
    assert [(each.name, each.content is None) for each in mirrored.changes()] == [
        ("history.jsonl", False),
        ("checkpoint-2.safetensors", False),
        ("weights.safetensors", False),
        ("checkpoint-2.json", False),
        ("result.json", False),
        ("checkpoint-1.json", True),
    ]


def test_a_history_that_was_cut_travels_whole(here, there):
    (here / "history.jsonl").write_text("{}\n{}\n{}\n")
    mirror.write(there, Mirrored(here).changes())
    mirrored = Mirrored(here)
    mirrored.know()
    assert mirrored.changes() == []
    replace(here / "history.jsonl", "{}\n")
    with (here / "history.jsonl").open("a") as file:
        file.write("[]\n")
    mirror.write(there, mirrored.changes())
    assert content(there) == content(here)


def test_a_result_that_is_taken_back_is_gone_there_too(here, there):
    (here / "result.json").write_text("failed")
    mirror.write(there, Mirrored(here).changes())
    mirrored = Mirrored(here)
    mirrored.know()
    (here / "result.json").unlink()
    mirror.write(there, mirrored.changes())
    assert content(there) == {}


def test_what_is_being_written_and_links_do_not_travel(here):
    (here / ".spec.json.7.tmp").write_text("half")
    (here / "link").symlink_to("/etc/hostname")
    assert Mirrored(here).changes() == []


@pytest.mark.parametrize("name", ["../spec.json", "/tmp/spec.json", "own/../../x", "", "c:x", "a\\b"])
def test_no_change_leads_out_of_the_folder(there, name):
    with pytest.raises(ValueError, match="not a file of a run"):
        mirror.write(there, [Change(name, b"")])


def test_nothing_is_written_through_a_link(there, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    there.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        mirror.write(there, [Change("spec.json", b"{}")])


def test_a_file_that_someone_else_has_changed_is_an_error(there):
    mirror.write(there, [Change("history.jsonl", b"{}\n")])
    with pytest.raises(OSError, match="Input/output error"):
        mirror.write(there, [Change("history.jsonl", b"{}\n", at=99)])


def test_packed_and_unpacked_it_is_the_same(here, tmp_path):
    (here / "own").mkdir()
    (here / "own" / "state.bin").write_bytes(bytes(range(256)))
    (here / "history.jsonl").write_text("{}\n")
    mirror.unpack(tmp_path / "again", mirror.pack(here))
    assert content(tmp_path / "again") == content(here)
    assert mirror.pack(tmp_path / "nowhere") == {}


@pytest.mark.parametrize("seed", range(20))
def test_after_any_changes_both_folders_are_the_same(here, there, seed):
    draw = random.Random(seed)
    mirrored = Mirrored(here)
    for _ in range(60):
        match draw.randrange(5):
            case 0:
                with (here / "history.jsonl").open("a") as file:
                    file.write("{}\n" * draw.randrange(1, 4))
            case 1:
                kept = (here / "history.jsonl").read_text() if (here / "history.jsonl").exists() else ""
                replace(here / "history.jsonl", "".join(kept.splitlines(keepends=True)[: draw.randrange(4)]))
            case 2:
                replace(here / f"checkpoint-{draw.randrange(3)}.json", str(draw.random()))
            case 3:
                (here / f"checkpoint-{draw.randrange(3)}.json").unlink(missing_ok=True)
            case _:
                mirror.write(there, mirrored.changes())
    mirror.write(there, mirrored.changes())
    assert content(there) == content(here)
