"""Files that anyone may have written are read within bounds, or refused with one error."""

import json
import os
import time

import pytest

from paribus.study import reading


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b'"\\ud800"',
        b"NaN",
        b"-Infinity",
        b"\xff",
        b"9" * 5000,
        b"",
    ],
    ids=[
        "deep",
        "deep object",
        "half a letter",
        "no number",
        "infinity",
        "no text",
        "too many digits",
        "empty",
    ],
)
def test_what_is_no_json_of_ours_is_an_error(content):
    with pytest.raises(ValueError):  # noqa: PT011 - json's own, UnicodeDecodeError, ours
        reading.parse_json(content)


def test_a_letter_that_json_writes_as_two_halves_is_one(tmp_path):
    assert reading.parse_json(b'"\\ud83d\\ude00"') == "😀"


def test_brackets_within_text_are_no_levels():
    assert reading.parse_json('["' + "[" * 500 + '"]') == ["[" * 500]


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not an ordinary file"):
        reading.read_bytes(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/tty"])
def test_a_device_is_refused(name):
    with pytest.raises(OSError):  # noqa: PT011 - not ordinary, or no terminal
        reading.read_bytes(reading.Path(name))


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(20 * 2**30)
    start = time.monotonic()
    with pytest.raises(reading.TooLargeError):
        reading.read_bytes(tmp_path / "huge")
    assert time.monotonic() - start < 1


def test_a_file_with_too_many_lines_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_ROWS", 3)
    assert len(reading.split_lines(b"{}\n" * 3)) == 3
    with pytest.raises(reading.TooLargeError):
        reading.split_lines(b"{}\n" * 4)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(100),
        b"\xff" * 100,
        (2).to_bytes(8, "little") + b"{}" + b"x",
        (9).to_bytes(8, "little") + b"{}",
    ],
)
def test_tensors_that_are_not_what_their_header_announces_are_found_out(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with reading.open_file(tmp_path / "a", 1000) as file:
        assert not reading.has_all_tensors(file)


def test_tensors_that_are_what_their_header_announces_are_whole(tmp_path):
    header = b'{"a": {"dtype": "U8", "shape": [3], "data_offsets": [0, 3]}}'
    (tmp_path / "a").write_bytes(len(header).to_bytes(8, "little") + header + b"abc")
    with reading.open_file(tmp_path / "a", 1000) as file:
        assert reading.has_all_tensors(file)
        assert file.tell() == 0


@pytest.mark.parametrize(
    "number", ["1e999", "-1E+400", "1" + "0" * 400, "1" * 310 + ".5", "1" * 250 + "e99", "9" * 5000]
)
def test_a_number_larger_than_any_float_is_refused_as_infinity_is(number):
    written = f'{{"a": {number}}}'
    for each in (written, written.encode(), written.encode("utf-16")):
        with pytest.raises(ValueError, match=r"JSON|digits"):
            reading.parse_json(each)
    with pytest.raises(ValueError, match=r"JSON|digits"):
        reading.parse_lines(f"{written}\n".encode())


@pytest.mark.parametrize("number", ["1e308", "1e-999", "0.5e300", "0e999", "1" * 300, "1e+0005"])
def test_a_large_number_that_is_a_float_is_read(number):
    found = {"a": json.loads(number)}
    assert reading.parse_json(f'{{"a": {number}}}'.encode()) == found
    assert reading.parse_lines(f'{{"a": {number}}}\n'.encode()) == [found]
