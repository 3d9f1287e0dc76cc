"""Which commands are offered next, and how they are printed."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from tests.report.page import pages

from paribus.analysis.causes.ablation import Ablation
from paribus.analysis.causes.confirmation import Confirmation, Outcome
from paribus.analysis.questions.published import compare_with_published
from paribus.cli.onward import after_confirm, after_results, after_verify, called, say_next
from paribus.record.records import Records
from paribus.record.run import Status
from paribus.report.commands import Commands
from paribus.study.reader import load
from paribus.workflow.confirmations import Confirmations
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


def test_causes_that_lack_evidence_are_followed_by_more_seeds_of_their_variants():
    ablation = Ablation("rate", "diverged", "2", "2-rate", {})
    few = Confirmations((Confirmation(ablation, {0: Outcome.GONE, 1: Outcome.GONE}, {}),), load("lab2"))
    found = after_confirm(HERE, few, "paribus confirm lab2 --details")
    assert found == [
        "paribus run 'my study.yaml' --only 2 --seeds 5 --embedded --out out",
        "paribus confirm lab2 --details",
        "paribus report out",
    ]
    enough = Confirmations((Confirmation(ablation, dict.fromkeys(range(5), Outcome.GONE), {}),), load("lab2"))
    assert after_confirm(HERE, enough, "") == ["", "paribus report out"]
    assert after_confirm(HERE, Confirmations((), load("lab2")), "") == ["paribus diagnose out"]


@pytest.mark.parametrize(
    ("seeds", "images", "first"),
    [
        (2, {}, "paribus run 'my study.yaml' --seeds 10 --embedded --out out"),
        (0, {}, "paribus run 'my study.yaml' --embedded --out out"),
        (3, {"verified": False, "stand_in": True}, "paribus run 'my study.yaml'"),
        (3, {}, "paribus verify out --details"),
    ],
)
def test_figures_are_followed_by_the_runs_that_they_lack(made, seeds, images, first):
    study = made.study(["plain"], published={"plain": {"test": 0.9601}}, margin=0.02)
    used = made.MNIST.model_copy(update=images)
    runs = {
        ("plain", seed): made.run(made.history(2), seed=seed, test=0.96 + seed / 1000, data=used)
        for seed in range(seeds)
    }
    found = after_verify(HERE, compare_with_published(study, Records(runs)), whole=False)
    assert found[0] == first
    assert found[-1] == "paribus report out"


def test_a_command_keeps_the_options_that_every_such_command_takes():
    request = Request(only=["1", "2"], seeds=3, workers=2, embedded=True)
    assert called("review", "lab2", request) == "paribus review lab2 --embedded --only 1,2 --seeds 3"
