"""What needs attention, and the command to run next."""

import os
import time
from pathlib import Path

import pytest

from paribus.analysis.finding import Finding, Severity
from paribus.live.alerts import alerts
from paribus.live.state import StudyFolder
from paribus.record.run import Status
from paribus.record.store import LastRequest

COMMAND = ("paribus", "run", "my study.yaml", "--seeds", "2")


@pytest.fixture
def asked(training):
    seeds = {"plain": (0, 1), "l2": (0, 1)}
    training.store.write_last_request(LastRequest(seeds, 1, COMMAND))
    return training


def shown(training, findings=None, *, later=0.0):
    now = StudyFolder(training.store.folder).read()
    return alerts(now, Path("out/mine"), findings or {}, time.time() + later)


def lines(alert):
    return [command.line for command in alert.commands]


def test_a_training_in_which_all_is_well_has_none(asked):
    with asked.store.writing():
        asked.start("plain", 0, epochs=2)
        assert shown(asked) == ()


def test_a_study_that_stopped_is_continued_by_the_command_it_was_asked_with(asked, killed):
    asked.start("plain", 0, epochs=2)
    killed(asked.store)
    (alert,) = shown(asked)
    assert alert.title == "Training has stopped: 0 of 4 runs have ended"
    assert lines(alert) == ["paribus run 'my study.yaml' --seeds 2"]


def test_without_a_known_command_it_says_which(training, killed):
    training.start("plain", 0, epochs=2)
    killed(training.store)
    (alert,) = shown(training)
    assert (alert.commands, "The same `paribus run`" in alert.why) == ((), True)


def test_failed_runs_are_named_with_their_seeds_their_cause_and_how_to_train_them_again(asked):
    for seed in (0, 1):
        asked.start("l2", seed, epochs=1)
        asked.finish("l2", seed, status=Status.FAILED)
    with asked.store.writing():
        (alert,) = shown(asked)
        assert (alert.title, alert.who) == ("2 runs failed", "l2 · L2 0.01 (seeds 0, 1)")
        assert lines(alert) == ["paribus run 'my study.yaml' --seeds 2"]
        assert "Once this training has ended" in alert.commands[0].what


def test_a_run_that_diverged_leads_to_the_diagnosis_of_its_folder(asked):
    with asked.store.writing():
        asked.start("plain", 1, epochs=2)
        asked.finish("plain", 1, status=Status.DIVERGED)
        (alert,) = shown(asked)
    assert (alert.title, alert.who) == ("1 run diverged", "plain · base (seed 1)")
    assert "epoch 2" in alert.why
    assert lines(alert) == ["paribus diagnose out/mine"]


class TestStalled:
    def test_a_run_is_stalled_after_ten_times_its_epoch_but_no_sooner_than_a_minute(self, asked):
        with asked.store.writing():
            asked.start("plain", 0, epochs=2)  # two seconds each
            assert shown(asked, later=50) == ()
            (alert,) = shown(asked, later=180)
        assert (alert.title, alert.who) == ("1 run has stalled", "plain · base (seed 0)")
        assert "for 3 minutes" in alert.why
        assert lines(alert) == [f"kill {os.getpid()}", "paribus run 'my study.yaml' --seeds 2"]

    def test_the_first_epoch_has_ten_minutes(self, asked):
        with asked.store.writing():
            asked.start("plain", 0)
            assert shown(asked, later=500) == ()
            assert [alert.title for alert in shown(asked, later=700)] == ["1 run has stalled"]

    def test_what_is_stopped_is_not_stalled(self, asked, killed):
        asked.start("plain", 0, epochs=2)
        killed(asked.store)
        assert [alert.title for alert in shown(asked, later=1000)] == [
            "Training has stopped: 0 of 4 runs have ended"
        ]


class TestFindings:
    SERIOUS = Finding(
        "few-seeds",
        Severity.SERIOUS,
        ("plain",),
        seeds=(0,),
        evidence=dict.fromkeys(("seeds", "detectable", "questions"), 1.0),
    )

    def test_a_serious_one_stops_what_still_trains(self, asked):
        with asked.store.writing():
            asked.start("plain", 0, epochs=2)
            (alert,) = shown(asked, {"plain": [self.SERIOUS]})
        assert alert.title == str(self.SERIOUS.title)
        assert alert.who == "plain · base (seed 0)"
        assert lines(alert) == ["paribus diagnose out/mine", f"kill {os.getpid()}"]

    def test_one_that_ended_has_nothing_to_stop_and_variants_with_the_same_share_an_alert(self, asked):
        with asked.store.writing():
            for name in ("plain", "l2"):
                asked.whole(name, 0)
            (alert,) = shown(asked, {"plain": [self.SERIOUS], "l2": [self.SERIOUS]})
        assert alert.who == "plain · base (seed 0), l2 · L2 0.01 (seed 0)"
        assert lines(alert) == ["paribus diagnose out/mine"]

    @pytest.mark.parametrize("severity", [Severity.WARNING, Severity.INFO])
    def test_lesser_ones_are_none(self, asked, severity):
        mild = Finding("few-seeds", severity, ("plain",), seeds=(0,))
        with asked.store.writing():
            asked.start("plain", 0, epochs=2)
            assert shown(asked, {"plain": [mild]}) == ()

    def test_what_follows_from_another_is_not_repeated(self, asked):
        effect = Finding("one-answer", Severity.SERIOUS, ("plain",), follows_from=self.SERIOUS)
        with asked.store.writing():
            asked.start("plain", 0, epochs=2)
            assert len(shown(asked, {"plain": [self.SERIOUS, effect]})) == 1
