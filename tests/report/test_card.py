"""The model card: YAML that the hub reads, and sections for people."""

from __future__ import annotations

import re

import pytest
from ruamel.yaml import YAML

from paribus.record.run import Status
from paribus.report.card import wilson, write_card
from paribus.texts import language

HEADINGS = ["What it is", "Data", "Training", "Results", "Findings", "Limits", "How to load it"]


def card(made, count=3, **more):
    runs = [made.run(made.history(5), seed=seed, test=0.9 + seed / 100, **more) for seed in range(count)]
    return write_card(made.study(), "plain", runs[0], runs, (), "paribus-out/mine")


def front_matter(words):
    return YAML(typ="safe").load(words.split("---\n")[1])


def test_the_front_matter_is_that_of_the_hub(made):
    found = front_matter(card(made))
    assert found["library_name"] == "keras"
    assert found["pipeline_tag"] == "image-classification"
    (model,) = found["model-index"]
    (result,) = model["results"]
    assert result["task"] == {"type": "image-classification"}
    assert result["dataset"] == {"name": "mnist", "type": "mnist"}
    assert result["metrics"] == [{"type": "accuracy", "name": "test accuracy", "value": 0.9}]


def test_every_section_is_there(made):
    assert re.findall(r"^## (.*)$", card(made), re.MULTILINE) == HEADINGS


def test_results_have_the_intervals_of_examples_and_of_seeds(made):
    words = card(made)
    assert "Test accuracy: 90.00%, on 10,000 examples." in words
    assert r"\[89.40%, 90.57%\] (Wilson)" in words
    assert "Mean over 3 seeds of the variant: 91.00%" in words


def test_two_seeds_have_no_interval_and_one_is_a_limit(made):
    assert "Student" not in card(made, 2)
    assert "trained with one seed" in card(made, 1)


def test_the_code_that_loads_names_folder_variant_and_seed(made):
    words = card(made)
    assert "pb.load_results('paribus-out/mine')" in words
    assert "results.weights('plain', seed=0)" in words


def test_wilsons_interval_is_that_of_scipy():
    from scipy.stats import binomtest

    for hits, count in ((0, 10), (9, 10), (503, 1000)):
        expected = binomtest(hits, count).proportion_ci(method="wilson")
        assert wilson(hits / count, count) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_card_is_in_the_language_that_is_spoken(made):
    with language("vi"):
        words = card(made)
    assert "## Cách nạp" in words
    assert front_matter(words) == front_matter(card(made))


def test_an_interrupted_run_has_no_card(made, tmp_path):
    from tests.trackers.conftest import Written

    import paribus as pb
    from paribus.errors import UsageError

    written = Written(made.study(), made.MNIST, tmp_path / "study")
    written.whole("plain", status=Status.DIVERGED)
    with pytest.raises(UsageError, match="no such run that was trained to its end"):
        pb.load_results(written.folder).card("plain")
