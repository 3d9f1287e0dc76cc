"""A file that grows is read once, and anew where it was cut."""

import os

from paribus.record import files
from paribus.record.tail import LineFollower


def append(path, *epochs):
    for epoch in epochs:
        files.append_line(path, {"epoch": epoch})


def epochs(lines):
    return [row["epoch"] for row in lines.read()]


def test_a_file_that_is_not_there_has_no_lines(tmp_path):
    assert LineFollower(tmp_path / "none.jsonl").read() == []


def test_only_what_was_added_is_read(tmp_path):
    path = tmp_path / "history.jsonl"
    lines = LineFollower(path)
    append(path, 1, 2)
    first = lines.read()[0]
    append(path, 3)
    assert epochs(lines) == [1, 2, 3]
    assert lines.read()[0] is first


def test_a_file_that_did_not_change_is_not_opened(tmp_path, monkeypatch):
    path = tmp_path / "history.jsonl"
    lines = LineFollower(path)
    append(path, 1)
    lines.read()
    monkeypatch.setattr(type(path), "open", None)
    assert epochs(lines) == [1]


def test_half_a_line_waits_for_its_other_half(tmp_path):
    path = tmp_path / "history.jsonl"
    lines = LineFollower(path)
    append(path, 1)
    with path.open("ab") as file:
        file.write(b'{"epo')
    assert epochs(lines) == [1]
    with path.open("ab") as file:
        file.write(b'ch": 2}\n')
    assert epochs(lines) == [1, 2]


def test_a_file_that_was_cut_and_grew_again_is_read_from_its_start(tmp_path):
    path = tmp_path / "history.jsonl"
    lines = LineFollower(path)
    append(path, 1, 2, 3)
    lines.read()
    files.keep_lines(path, 1)
    append(path, 20, 30, 40)
    assert epochs(lines) == [1, 20, 30, 40]


def test_a_file_overwritten_in_place_is_read_from_its_start(tmp_path):
    path = tmp_path / "history.jsonl"
    lines = LineFollower(path)
    append(path, 1, 2)
    lines.read()
    path.write_text('{"epoch": 7}\n{"epoch": 8}\n{"epoch": 9}\n')
    assert epochs(lines) == [7, 8, 9]


def test_from_a_damaged_line_on_nothing_is_believed(tmp_path):
    path = tmp_path / "history.jsonl"
    lines = LineFollower(path)
    append(path, 1)
    with path.open("ab") as file:
        file.write(b"\xff\x00 not JSON\n")
    append(path, 3)
    assert epochs(lines) == [1]
    assert lines.damaged
    append(path, 4)
    assert epochs(lines) == [1]


def test_a_file_that_went_away_has_no_lines(tmp_path):
    path = tmp_path / "history.jsonl"
    lines = LineFollower(path)
    append(path, 1)
    lines.read()
    os.unlink(path)
    assert lines.read() == []
