"""A small study whose network starts dead: the cause put to the test, as a user meets it."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

import paribus as pb
from paribus.record.store import ABLATIONS, Store

STUDY = """\
name: dead
seeds: 2
data: mnist
base:
  validation: 0.2
  scale: unit
  model: {hidden: [32], activation: relu, output: sigmoid}
  loss: binary_crossentropy
  optimizer: {name: sgd, learning_rate: 0.2}
  batch_size: 50
  epochs: 16
variants:
  plain: {}
  zeros: {layers: {hidden_1: {kernel_initializer: zeros, bias_initializer: zeros}}}
"""


@pytest.fixture(scope="module")
def dead(tmp_path_factory):
    path = tmp_path_factory.mktemp("study") / "dead.yaml"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="module")
def confirmed(in_this_process, dead, small_images, tmp_path_factory):
    """The study's folder, run and confirmed, and what that returned."""
    out = tmp_path_factory.mktemp("confirmed") / "out"
    pb.run(dead, data_dir=small_images, out=out)
    return out, pb.confirm(dead, data_dir=small_images, out=out)


def test_zero_weights_and_zero_biases_were_both_needed_for_a_dead_start(confirmed):
    _, found = confirmed
    gradient = {each.ablation.kind: each for each in found if each.ablation.code == "zero-gradient"}
    assert gradient.keys() == {"weights", "biases"}
    for each in gradient.values():
        assert (each.gone, each.counted, each.verdict.value) == (2, 2, "not-enough")
    assert {each.ablation.variant for each in found} == {"zeros"}
    assert "Each was necessary" in str(found)
    assert "<ul>" in found._repr_html_()


def test_counter_runs_are_no_variants_and_are_not_trained_twice(paribus, confirmed, dead, small_images):
    out, found = confirmed
    assert set(pb.load_results(out)) == {"plain", "zeros"}
    assert " · 4/4 runs · " in paribus("show", out).out
    assert Store(out).last_request().command[:2] == ("paribus", "confirm")
    before = {path: path.stat().st_mtime_ns for path in out.glob("runs/*/result.json")}
    assert len(before) == 6  # at two seeds two variants and zeros-biases; zeros-weights is plain itself
    again = paribus("confirm", dead, "--data-dir", small_images, "--out", out, "--json")
    assert (again.status, again.err) == (0, "")
    tree = json.loads(again.out)
    assert [each["sentence"] for each in tree["confirmations"]] == [str(each.sentence) for each in found]
    assert {path: path.stat().st_mtime_ns for path in out.glob("runs/*/result.json")} == before


def test_show_and_the_report_tell_them(paribus, confirmed, tmp_path):
    out, found = confirmed
    told = " ".join(paribus("show", out, "--details", "confirmations").out.split())
    assert str(found[0].sentence) in told
    tree = json.loads(paribus("show", out, "--json").out)
    assert [each["verdict"] for each in tree["confirmations"]] == [each.verdict for each in found]
    assert paribus("report", out, "--output", tmp_path / "report.md").status == 0
    assert "## Tests of suspected causes" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert paribus("report", out, "--output", tmp_path / "report.html").status == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<section id="confirmations"' in page
    assert "Ablation run zeros-biases initializes them to 1" in page


def test_confirm_says_what_came_of_each_cause_in_a_line(paribus, confirmed, dead, small_images):
    out, _ = confirmed
    told = paribus("confirm", dead, "--data-dir", small_images, "--out", out)
    lines = told.out.splitlines()
    assert lines[0].startswith("Suspected causes tested in dead: 0 confirmed")
    row = next(line for line in lines if "biases of hidden_1 initialized to 0" in line)
    assert row.startswith("? not enough evidence")
    assert row.split()[-4] == "2/2"
    assert told.out.count("Enough evidence would be 5 seeds") == 1
    assert "Ablation run" not in told.out
    assert f"--out {out} --details" in told.out
    whole = paribus("confirm", dead, "--data-dir", small_images, "--out", out, "--details").out
    assert "Ablation run zeros-biases initializes them to 1" in " ".join(whole.split())


def test_a_terminal_names_the_ablations_while_they_train(dead, small_images, confirmed):
    from paribus.workflow.confirm import prepare_confirm
    from paribus.workflow.progress.terminal import TerminalDisplay
    from paribus.workflow.request import Request

    training = prepare_confirm(dead, Request(data_dir=small_images, out=confirmed[0])).training
    with TerminalDisplay(training.study, training.plan, Console(file=io.StringIO())):
        pass


def test_a_confirm_that_was_killed_goes_on(confirmed, dead, small_images, tmp_path):
    from shutil import copytree, rmtree

    out, found = copytree(confirmed[0], tmp_path / "out"), confirmed[1]
    store = Store(out)
    study, data = store.study()
    mine = {record.folder.name for record in store.records(study, data).values()}
    lost = next(each for each in sorted(out.glob("runs/*")) if each.name not in mine)
    rmtree(lost)
    left = pb.load_results(out).confirmations()
    assert any("without an ablation run" in str(each.sentence) for each in left)
    again = pb.confirm(dead, data_dir=small_images, out=out)
    assert [str(each.sentence) for each in again] == [str(each.sentence) for each in found]


def test_a_damaged_file_of_counters_tells_nothing_and_is_written_anew(
    confirmed, dead, small_images, tmp_path
):
    from shutil import copytree

    out = copytree(confirmed[0], tmp_path / "out")
    (out / ABLATIONS).write_text("{")
    assert len(pb.load_results(out).confirmations()) == 0
    assert len(pb.confirm(dead, data_dir=small_images, out=out, seeds=1)) == len(confirmed[1])


def test_one_finding_of_one_variant_can_be_asked_for(paribus, confirmed, dead, small_images):
    asked = ["--data-dir", small_images, "--out", confirmed[0]]
    answer = paribus("confirm", dead, *asked, "--finding", "identical-units", "--json")
    assert {each["code"] for each in json.loads(answer.out)["confirmations"]} == {"identical-units"}
    nothing = paribus("confirm", dead, *asked, "--only", "plain")
    assert nothing.status == 0
    assert "Nothing to test" in nothing.out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--finding", "zero-gradeint"], "Did you mean 'zero-gradient'?"),
        (["--finding", "overfitting"], "none of the variants"),
        (["--only", "zeroes"], "Did you mean 'zeros'?"),
        (["--seeds", "0"], "--seeds"),
    ],
)
def test_what_cannot_be_asked_is_told(paribus, confirmed, dead, small_images, more, words):
    answer = paribus("confirm", dead, "--data-dir", small_images, "--out", confirmed[0], *more)
    assert (answer.status, answer.out) == (2, "")
    assert words in " ".join(answer.err.split())


def test_other_images_and_studies_that_have_not_run_are_refused(
    paribus, confirmed, dead, small_images, tmp_path
):
    answer = paribus("confirm", dead, "--embedded", "--out", confirmed[0])
    assert answer.status == 2
    assert "other data of mnist" in " ".join(answer.err.split())
    answer = paribus("confirm", dead, "--data-dir", small_images, "--out", tmp_path / "none")
    assert answer.status == 2
    assert "paribus run dead" in " ".join(answer.err.split())


def test_the_runs_of_ablations_may_not_go(confirmed):
    assert pb.gc(confirmed[0]).of("runs") == ()
