"""The log of looks: what counts as one, and when it makes looking something to allow for."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from paribus.record import looks


def both(count):
    return {"a": range(count), "b": range(count)}


def test_nobody_has_looked_at_a_new_folder(tmp_path):
    assert looks.read(tmp_path) == looks.LookLog()
    assert looks.read(tmp_path).reason("a", "b") is None


def test_a_look_is_a_line_with_its_date_and_the_seeds_of_each_variant(tmp_path):
    looks.append(tmp_path, {"a": range(4), "b": range(3)})
    (line,) = (tmp_path / looks.LOOKS).read_text().splitlines()
    told = json.loads(line)
    assert told["seeds"] == {"a": [0, 1, 2, 3], "b": [0, 1, 2]}
    assert datetime.fromisoformat(told["date"]).tzinfo is not None
    assert looks.read(tmp_path).seed_counts("a", "b") == (3,)


def test_the_same_seeds_again_are_no_new_look(tmp_path):
    looks.append(tmp_path, both(5))
    before = (tmp_path / looks.LOOKS).read_bytes()
    looks.append(tmp_path, both(5))
    looks.append(tmp_path, both(3))  # what is in the folder is shown, however few were asked for
    assert (tmp_path / looks.LOOKS).read_bytes() == before
    assert looks.read(tmp_path).reason("a", "b") is None


def test_a_look_at_other_questions_is_one_with_the_same_seeds(tmp_path):
    looks.append(tmp_path, both(3))
    looks.append(tmp_path, both(3), answered=[looks.AnsweredQuestion("a", "b", "test_accuracy", "d")])
    found = looks.read(tmp_path)
    assert (len(found.entries), found.seed_sets) == (2, 1)


def test_seeds_added_after_an_answer_must_be_allowed_for(tmp_path):
    looks.append(tmp_path, both(5))
    looks.append(tmp_path, both(10))
    found = looks.read(tmp_path)
    assert found.seed_counts("a", "b") == (5, 10)
    assert found.reason("a", "b") == found.reason("b", "a") == "added"


@pytest.mark.parametrize("seeds", [1, 2])
def test_so_few_seeds_give_no_verdict_so_that_it_was_no_look(tmp_path, seeds):
    looks.append(tmp_path, both(seeds))
    looks.append(tmp_path, both(5))
    assert looks.read(tmp_path).reason("a", "b") is None


def test_a_variant_that_others_were_not_held_against_does_not_count(tmp_path):
    looks.append(tmp_path, both(5))
    looks.append(tmp_path, {"a": range(10), "b": range(5)})
    looks.append(tmp_path, {"c": range(10)})
    found = looks.read(tmp_path)
    assert found.reason("a", "b") is None
    assert found.reason("a", "c") is None
    assert found.seed_counts("a", "c") == (10,)


def test_adding_until_decided_is_allowed_for_from_the_first_look(tmp_path):
    looks.append(tmp_path, {**both(4), "c": [0]}, until_decided=True)
    assert looks.read(tmp_path).reason("a", "b") == "until-decided"
    assert looks.read(tmp_path).reason("a", "c") is None


@pytest.mark.parametrize("damage", [b"[]\n", b'{"date": "now"}\n', b'{"seeds": 3, "date": "", ', b"\xff\n"])
def test_of_a_damaged_log_the_worst_is_assumed(tmp_path, damage):
    looks.append(tmp_path, both(5))
    with (tmp_path / looks.LOOKS).open("ab") as file:
        file.write(damage + b"\n")
    found = looks.append(tmp_path, both(5))
    assert not found.is_complete
    assert found.reason("a", "b") == "unknown"


QUESTION = looks.AnsweredQuestion("a", "b", "test_accuracy", "0" * 64)


def test_a_question_is_on_record_from_its_first_answer_on(tmp_path):
    looks.append(tmp_path, both(5), answered=[QUESTION])
    looks.append(tmp_path, both(5), answered=[QUESTION])
    assert looks.read(tmp_path).answered == (QUESTION,)
    assert len(looks.read(tmp_path).entries) == 1


def test_another_question_at_the_same_seeds_is_recorded_and_is_no_other_number_of_seeds(tmp_path):
    other = looks.AnsweredQuestion("a", "b", "test_loss", "1" * 64)
    looks.append(tmp_path, both(5), answered=[QUESTION])
    looks.append(tmp_path, both(5), answered=[other])
    found = looks.read(tmp_path)
    assert found.answered == (QUESTION, other)
    assert found.reason("a", "b") is None


def test_a_log_written_before_questions_were_recorded_is_still_read(tmp_path):
    line = {"date": "2026-11-01T10:00:00+00:00", "seeds": {"a": [0, 1, 2]}, "until_decided": False}
    (tmp_path / looks.LOOKS).write_text(json.dumps(line) + "\n")
    assert looks.read(tmp_path).answered == ()
    assert looks.read(tmp_path).is_complete


def test_a_look_that_cannot_be_written_is_allowed_for_now_and_says_that_it_is_not_recorded(tmp_path):
    looks.append(tmp_path, both(5))
    missing = tmp_path / "gone"
    found = looks.append(missing, both(5), answered=[QUESTION])
    assert (found.is_recorded, found.answered) == (False, (QUESTION,))
    assert looks.append(tmp_path, both(5)).is_recorded


def test_two_processes_that_look_at_once_lose_nothing(tmp_path):
    """Each look is a single write at the end of the file."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: looks.append(tmp_path, {name: range(3)}), "abcdefgh"))
    assert looks.read(tmp_path).is_complete
    assert len(looks.read(tmp_path).entries) == 8
