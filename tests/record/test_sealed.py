"""Any flipped or missing byte of a sealed file is seen."""

import json

import pytest

from paribus.record import sealed

TREE = {"study": "mine", "accuracy": [0.1, 1.5e-7, None], "name": "Phước", "empty": {}}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "result.json"
    sealed.write(path, TREE)
    return path


def is_refused(path):
    try:
        sealed.read(path)
    except ValueError:
        return True
    return False


def test_what_was_written_is_read(path):
    assert sealed.read(path) == TREE
    assert json.loads(path.read_text("utf-8"))["schema"] == sealed.SCHEMA


def test_no_byte_can_have_a_bit_flipped(path):
    content = path.read_bytes()
    for place, byte in enumerate(content):
        path.write_bytes(content[:place] + bytes([byte ^ 1 << place % 8]) + content[place + 1 :])
        assert is_refused(path)


def test_no_byte_can_be_missing_or_added(path):
    content = path.read_bytes()
    for place in range(len(content)):
        for damaged in (content[:place], content[:place] + content[place + 1 :], content[: place + 1] + b" "):
            if damaged == content + b" ":
                continue
            path.write_bytes(damaged)
            assert is_refused(path)


def test_a_file_of_schema_1_had_no_seal(path):
    path.write_text('{"schema": 1, "study": "mine"}')
    assert sealed.read(path) == {"study": "mine"}


@pytest.mark.parametrize("content", ['{"schema": 2}', "{}", '{"study": "mine"}', "[]", ""])
def test_later_ones_without_are_damaged(path, content):
    path.write_text(content)
    assert is_refused(path)


def test_a_newer_schema_is_told_from_damage(path):
    path.write_text('{"schema": 3, "anything": 1}')
    with pytest.raises(sealed.NewerSchemaError, match="3"):
        sealed.read(path)


def test_a_missing_file_is_missing(path):
    path.unlink()
    with pytest.raises(FileNotFoundError):
        sealed.read(path)
