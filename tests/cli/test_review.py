"""The review of a design, on the command line and before a run."""

from __future__ import annotations

import json
from functools import partial

import pytest
from rich.console import Console
from tests.analysis.made_studies import clean

import paribus as pb
from paribus.analysis.design.review import review
from paribus.cli import review as shown
from paribus.workflow.review import Review


def test_json_has_the_names_that_programs_rely_on_and_warnings_are_no_failure(paribus):
    answer = paribus("review", "lab2", "--json")
    assert answer.status == 0
    assert answer.err == ""
    tree = json.loads(answer.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert tree["study"] == "lab2"
    for finding in tree["findings"]:
        assert {"code", "severity", "variants", "factors", "line", "why", "remedy"} <= set(finding)
    confounded = [each for each in tree["findings"] if each["code"] == "confounded"]
    assert confounded[1]["variants"] == ["4b", "4c"]
    assert confounded[1]["factors"] == ["optimizer", "regularization"]


def test_it_tells_each_finding_with_its_line_and_remedy(paribus):
    answer = paribus("review", "lab2", "--seeds", "1")
    assert answer.status == 0
    told = " ".join(answer.out.split())
    assert "line 111 Variant 4b differs from variant 4c in the optimizer and regularization" in told
    assert "→ See variant 4b-l2 vs variant 4c" in told
    assert "Only one seed" in told


def test_the_seeds_asked_for_are_reviewed_and_not_those_of_the_file(paribus):
    answer = paribus("review", "lab2", "--seeds", "12", "--json")
    codes = {each["code"] for each in json.loads(answer.out)["findings"]}
    assert "one-seed" not in codes
    assert "reach-of-margin" in codes


def test_only_what_is_to_run_is_reviewed(paribus):
    answer = paribus("review", "lab2", "--only", "2,5", "--json")
    found = json.loads(answer.out)["findings"]
    assert {name for each in found for name in each["variants"]} == {"2", "5"}


def test_images_at_hand_are_counted(paribus, small_images):
    answer = paribus("review", "lab2", "--only", "1,2", "--data-dir", small_images, "--json")
    few = [each for each in json.loads(answer.out)["findings"] if each["code"] == "few-test-images"]
    assert [each["evidence"]["images"] for each in few] == [60]


@pytest.mark.parametrize("words", [["missing.yaml"], ["lab2", "--only", "9"], ["lab2", "--seeds", "0"]])
def test_wrong_input_is_told_and_is_no_review(paribus, words):
    answer = paribus("review", *words)
    assert answer.status == 2
    assert answer.out == ""


def printed(show, width=80, *arguments):
    screen = Console(width=width)
    with screen.capture() as captured:
        show(screen, *arguments)
    return captured.get()


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_longer_than_the_screen_is_wide(width):
    examined = Review("lab2", review(pb.load("lab2")))
    assert max(map(len, printed(shown.show, width, examined).splitlines())) <= width


def test_nothing_is_printed_before_a_study_without_a_fault():
    assert printed(shown.show_briefly, 80, Review("mine", review(clean())), "mine") == ""


def test_names_that_look_like_markup_are_printed_as_they_are():
    variants = {"[red]a": {}, "[b]": {"batch_size": 8}}
    study = clean(variants=variants, questions=[{"treatment": "[b]", "reference": "[red]a"}])
    examined = Review("mine", review(study))
    assert "[b] and [red]a" in printed(shown.show_briefly, 120, examined, "mine")
    assert "Add a copy of variant [b] with as many updates as variant [red]a" in " ".join(
        printed(partial(shown.show, whole=True), 120, examined).split()
    )


def test_in_python_a_review_shows_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    examined = pb.review("lab2", seeds=1)
    assert len(examined) == len(list(examined))
    assert "Only one seed" in examined._repr_html_()
    assert "serious: Several factors change at once\nVariant 4b differs from" in str(examined)
    assert repr(examined) == f"Review('lab2', {len(examined)} findings)"
    assert str(examined).startswith("Design review of lab2: 7 serious faults,")


def test_in_a_notebook_names_are_no_html():
    variants = {"a&b": {}, "c": {"batch_size": 8}}
    study = clean(variants=variants, questions=[{"treatment": "c", "reference": "a&b"}])
    assert "a&amp;b" in Review("mine", review(study))._repr_html_()


def test_one_place_is_named_in_words_and_several_by_their_names():
    lab = pb.load("lab2")
    examined = Review("lab2", review(lab), len(lab.variants), lab.places)
    lines = printed(shown.show_briefly, 80, examined, "lab2").splitlines()
    momentum = next(line for line in lines if "Momentum also makes steps larger" in line)
    assert "Momentum 0.9 vs plain SGD (4a vs 2)" in momentum
    assert any("variant 3a · zero init" in line for line in lines)
    assert any("variants 4c vs 2 and 4b-l2 vs 2" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_what_is_not_known_of_a_training_of_ones_own_is_a_line(tmp_path):
    (tmp_path / "train.py").write_text("def train(config, seed, run): ...\n", encoding="utf-8")
    place = f"{tmp_path}/train.py:train"
    base = {"epochs": 2, "width": 8}
    study = {
        "name": "own",
        "train": {"python": place},
        "base": base,
        "variants": {"a": {}, "b": {"width": 16}},
    }
    examined = pb.review(study, out=tmp_path / "out")
    line = "Not known for a training of your own: its network, its loss and its initial weights."
    assert line in printed(shown.show, 200, examined)
    assert line in str(examined)
    assert examined.tree()["unknown"][0].startswith(line)
    assert not pb.review("lab2", seeds=1, out=tmp_path / "lab").unknown
