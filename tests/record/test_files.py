"""Plain files are replaced whole, and a half-written line is never read."""

import json
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.record import files
from paribus.study import reading


def test_a_file_is_replaced_and_no_temporary_one_stays(tmp_path):
    path = tmp_path / "result.json"
    files.write(path, b"old")
    files.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["result.json"]


def test_a_failed_write_leaves_the_old_content_and_no_temporary_file(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    files.write(path, b"old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=re.escape("No space left")):
        files.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["result.json"]


def test_a_line_still_being_written_is_left_out(tmp_path):
    path = tmp_path / "history.jsonl"
    files.append_line(path, {"epoch": 1})
    with path.open("ab") as file:
        file.write(b'{"epoch": 2, "lo')
    assert files.read_lines(path) == [{"epoch": 1}]


def test_lines_after_those_kept_are_cut(tmp_path):
    path = tmp_path / "history.jsonl"
    for epoch in range(1, 6):
        files.append_line(path, {"epoch": epoch})
    files.keep_lines(path, 3)
    files.append_line(path, {"epoch": 4})
    assert [row["epoch"] for row in files.read_lines(path)] == [1, 2, 3, 4]


def test_half_a_line_is_cut_before_another_is_appended(tmp_path):
    path = tmp_path / "history.jsonl"
    files.append_line(path, {"epoch": 1})
    with path.open("ab") as file:
        file.write(b'{"epoch": 2')
    files.keep_lines(path, 1)
    files.append_line(path, {"epoch": 2})
    assert [row["epoch"] for row in files.read_lines(path)] == [1, 2]


def test_cutting_a_file_that_is_not_there_does_nothing(tmp_path):
    files.keep_lines(tmp_path / "history.jsonl", 0)
    assert not os.listdir(tmp_path)


@given(
    st.recursive(
        st.floats() | st.text() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_tree_becomes_json_that_every_reader_understands(tree):
    text = json.dumps(files.finite(tree))
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_a_json_file_that_is_not_an_object_is_refused(tmp_path):
    (tmp_path / "study.json").write_text("[1, 2]")
    with pytest.raises(ValueError, match=r"study\.json"):
        files.read_json(tmp_path / "study.json")


def test_lines_that_are_parsed_at_once_are_what_each_line_is_alone(tmp_path):
    path = tmp_path / "history.jsonl"
    flat, nested = b'{"epoch": 1, "loss": 0.5}\n', b'{"epoch": 2, "layers": {"a": [1]}}\n'
    for content in (b"", flat, flat * 3, flat + nested, flat + b'{"epoch": 2, "lo'):
        path.write_bytes(content)
        whole = content[: content.rfind(b"\n") + 1].splitlines()
        assert files.read_lines(path) == [json.loads(line) for line in whole]


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": 1},{"b": 2}\n',
        b'{"a":\n1}\n',
        b'{"a": 1}, {"c": {}\n{}}\n',
        b'{"a": 1\n"b": 2}\n',
        b"\n",
        b"1\n",
        b'{"a": NaN}\n',
        b'{"a": 1}\n\n{"b": 2}\n',
    ],
    ids=repr,
)
def test_a_line_that_is_no_object_of_its_own_is_refused(tmp_path, content):
    path = tmp_path / "history.jsonl"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"object|Expecting|Extra data|number of JSON"):
        files.read_lines(path)


def test_windows_renames_once_the_reader_is_done(tmp_path, monkeypatch):
    path, waits = tmp_path / "result.json", []
    path.write_bytes(b"old")
    replace = os.replace

    def refused_twice(source, target):
        if len(waits) < 2:
            raise PermissionError(13, "used by another process")
        replace(source, target)

    monkeypatch.setattr(files, "_IS_WINDOWS", True)
    monkeypatch.setattr(files.time, "sleep", waits.append)
    monkeypatch.setattr(files.os, "replace", refused_twice)
    files.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert len(waits) == 2


def test_elsewhere_a_rename_that_is_refused_is_an_error_at_once(tmp_path, monkeypatch):
    def refused(source, target):
        raise PermissionError(13, "no")

    monkeypatch.setattr(files, "_IS_WINDOWS", False)
    monkeypatch.setattr(files.os, "replace", refused)
    with pytest.raises(PermissionError):
        files.write(tmp_path / "result.json", b"new")
    assert list(tmp_path.iterdir()) == []


def test_reading_takes_the_memory_of_the_file_not_of_the_largest_one(tmp_path):
    import tracemalloc

    path = tmp_path / "small.json"
    path.write_bytes(b"{}" + b" " * 1000)
    tracemalloc.start()
    try:
        assert len(reading.read_bytes(path, reading.MAX_TENSORS)) == 1002
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
