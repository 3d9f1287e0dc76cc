"""Which commands are offered next, and how they are printed."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from tests.report.page import pages

from paribus.cli.onward import after_results, called, say_next
from paribus.record.run import Status
from paribus.report.commands import Commands
from paribus.workflow.request import Request

HERE = Commands("my study.yaml", "out", ("--embedded", "--out", "out"))


def printed(commands, width=80):
    screen = Console(file=io.StringIO(), width=width, highlight=False)
    say_next(screen, commands)
    return screen.file.getvalue()


def test_commands_share_a_line_where_they_fit_and_none_is_broken():
    told = printed(["paribus diagnose out", "paribus report out", "paribus run 'my study.yaml'"], 50)
    assert told == "\nNext:\n  paribus diagnose out · paribus report out\n  paribus run 'my study.yaml'\n"


@pytest.mark.parametrize("commands", [[], ["", ""]])
def test_without_a_command_nothing_is_printed(commands):
    assert printed(commands) == ""


def test_results_are_followed_by_their_report_and_their_details(made, tmp_path):
    found = after_results(replace(pages.ordinary(made, tmp_path), commands=HERE))
    assert found[-2:] == ["paribus report out", "paribus show out --details"]


def test_an_open_question_is_followed_by_more_seeds(made):
    study = made.study(questions=[{"treatment": "l2", "reference": "plain"}])
    runs = {
        (name, seed): made.run(made.history(3, seed=seed), seed=seed, test=0.95 + place * 0.01 * (-1) ** seed)
        for place, name in enumerate(["plain", "l2"])
        for seed in range(4)
    }
    found = after_results(replace(pages.material(study, runs), commands=HERE))
    assert found[-1] == "paribus run 'my study.yaml' --until-decided --embedded --out out"


def test_once_everything_was_shown_it_is_not_offered_again(made, tmp_path):
    found = after_results(replace(pages.ordinary(made, tmp_path), commands=HERE), whole=True)
    assert "paribus show out --details" not in found


@pytest.mark.parametrize("status", [Status.INTERRUPTED, Status.FAILED])
def test_runs_that_were_interrupted_or_failed_are_gone_on_with_first(made, status):
    runs = {("plain", 0): made.run(made.history(3)), ("l2", 0): made.run(made.history(2), status=status)}
    found = after_results(replace(pages.material(made.study(), runs), commands=HERE))
    assert found[0] == "paribus run 'my study.yaml' --embedded --out out"
    runs["l2", 1] = made.run(made.history(1), seed=1, status=Status.RUNNING)
    found = after_results(replace(pages.material(made.study(), runs), commands=HERE))
    assert "paribus run 'my study.yaml' --embedded --out out" not in found


def test_before_any_run_the_next_thing_is_to_run(made):
    found = after_results(replace(pages.material(made.study(), {}), commands=HERE))
    assert found == ["paribus run 'my study.yaml' --embedded --out out"]


def test_a_command_keeps_the_options_that_every_such_command_takes():
    request = Request(only=["1", "2"], seeds=3, workers=2, embedded=True)
    assert called("review", "lab2", request) == "paribus review lab2 --embedded --only 1,2 --seeds 3"
