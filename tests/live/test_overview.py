"""The table of variants and a study in one line, from runs in every state."""

import re

import pytest

from paribus.live import overview, parts
from paribus.live.parts import Load
from paribus.live.state import StudyFolder
from paribus.record.run import Status
from paribus.texts import language


def now(training):
    return StudyFolder(training.store.folder).read()


def rows(training):
    return overview.table(now(training))["rows"]


def by_name(training):
    return {row["name"]: row for row in rows(training)}


@pytest.fixture
def four(of, tmp_path):
    training = of(tmp_path / "four", "plain", "l2", "third", "fourth", seeds=2)
    for batch, name in ((8, "third"), (16, "fourth")):
        variant = training.study.variants[name]
        changed = variant.configuration.model_copy(update={"batch_size": batch})
        object.__setattr__(variant, "configuration", changed)
    training.store.write_study(training.study, training.data)
    return training


def scoring(training, accuracy):
    for row in training.rows:
        row["val_accuracy"] = accuracy


def test_running_come_first_then_failed_then_those_that_ended_by_validation_accuracy(four):
    scoring(four, 0.91)
    four.whole("plain", 0)
    scoring(four, 0.95)
    four.whole("l2", 0)
    four.start("third", 0, epochs=2)
    four.finish("third", 0, status=Status.DIVERGED)
    with four.store.writing():
        four.start("fourth", 0, epochs=1)
        found = rows(four)
    assert [row["group"] for row in found] == ["running", "failed", "ended", "ended"]
    assert [row["name"].partition(" · ")[0] for row in found] == ["fourth", "third", "l2", "plain"]
    assert [row["validation"] for row in found[2:]] == ["95.00", "91.00"]


def test_a_variant_is_named_with_what_it_changes(four):
    four.whole("l2", 0)
    assert [row["name"] for row in rows(four)] == ["l2 · L2 0.01"]


def test_each_run_is_a_dot_and_the_dots_are_words_too(four):
    four.whole("plain", 0)
    with four.store.writing():
        four.start("plain", 1, epochs=3)
        (row,) = rows(four)
    assert row["dots"] == [["finished", "●"], ["running", "◐"]]
    assert row["counted"] == "1 finished, 1 running"
    assert (row["epoch"], row["left"]) == ("3/5", "0:04")


def test_beyond_twenty_dots_runs_are_counted(of, tmp_path):
    many = of(tmp_path / "many", "plain", seeds=25)
    many.whole("plain", 0)
    (row,) = rows(many)
    assert (len(row["dots"]), row["more"]) == (20, 5)
    assert row["counted"] == "1 finished, 24 waiting"


def test_what_failed_is_said_beside_the_dots(four):
    four.start("plain", 0, epochs=1)
    four.finish("plain", 0, status=Status.FAILED)
    assert rows(four)[0]["trouble"] == "1 failed"


def test_waiting_runs_are_one_line(four):
    four.asks(plain=(0,), l2=(0, 1))
    assert overview.table(now(four)) == {
        "rows": [],
        "waiting": "3 runs wait: plain · base, l2 · L2 0.01 (×2).",
        "further": "",
    }
    four.asks(plain=(0,))
    four.whole("plain", 0)
    assert overview.table(now(four))["waiting"] == ""


def test_accuracy_is_that_of_the_runs_that_ended_while_another_seed_begins(four):
    scoring(four, 0.95)
    four.whole("plain", 0)
    scoring(four, 0.40)
    with four.store.writing():
        four.start("plain", 1, epochs=1)
        assert rows(four)[0]["validation"] == "95.00"


class TestOneLine:
    def test_a_complete_study_with_failed_runs_is_not_all_well(self, four):
        four.asks(plain=(0, 1))
        four.whole("plain", 0)
        four.start("plain", 1, epochs=1)
        four.finish("plain", 1, status=Status.FAILED)
        head = parts.head(now(four), Load(0, 0), 0.0)
        assert (head["phase"], head["look"], head["trouble"]) == ("complete", "troubled", "1 failed")

    def test_a_complete_study_without_is(self, four):
        four.asks(plain=(0,))
        four.whole("plain", 0)
        head = parts.head(now(four), Load(0, 0), 0.0)
        assert (head["look"], head["trouble"]) == ("complete", "")

    def test_its_result_is_the_highest_validation_accuracy_of_what_ended(self, four):
        assert overview.result(now(four)) == ""
        scoring(four, 0.91)
        four.whole("plain", 0)
        scoring(four, 0.95)
        four.whole("l2", 0)
        assert overview.result(now(four)) == "Highest mean validation accuracy: l2 · L2 0.01, 95.00%."
        with language("vi"):
            assert "95,00%" in overview.result(now(four))

    def test_its_date_is_that_of_the_last_epoch(self, four):
        assert overview.changed(now(four)) == ""
        four.start("plain", 0, epochs=1)
        assert re.fullmatch(r"\d\d? [A-Z][a-z]+ \d{4}, \d\d:\d\d", overview.changed(now(four)))
