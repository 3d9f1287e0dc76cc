"""The worked example: the same blocks on both pages, and legends that say how to read the tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from benchmarks.example import BLOCKS, PAGES, filled
from tests.conftest import Made

from paribus.record.records import Records
from paribus.texts import language, text
from paribus.workflow.results import Results


@pytest.fixture
def results(made: type[Made], tmp_path: Path) -> Results:
    """Three runs of each of two variants, one of which has a published figure."""
    question = {"treatment": "l2", "reference": "plain"}
    study = made.study(questions=[question], published={"plain": {"test": 0.962}})
    records = {
        (name, seed): made.run(
            made.history(12, seed=seed),
            seed=seed,
            test=0.96 + 0.001 * seed + (0.01 if name == "l2" else 0),
            configuration=study.variants[name].configuration,
        )
        for name in ("plain", "l2")
        for seed in range(3)
    }
    return Results(study, Records(records), {}, tmp_path)


def headings(page: str) -> int:
    return len(re.findall(r"^## ", page, re.MULTILINE))


def test_both_pages_have_every_block_and_as_many_sections():
    pages = [page.read_text(encoding="utf-8") for page in PAGES.values()]
    for page in pages:
        assert re.findall(r"<!-- measured: ([\w-]+) -->", page) == list(BLOCKS)
    assert len({headings(page) for page in pages}) == 1


@pytest.mark.parametrize("name", PAGES)
def test_every_table_has_what_must_be_known_to_read_it_below(results: Results, name: str):
    with language(name):
        told = filled("<!-- measured: results -->\n<!-- end -->", results)
        assert f"|\n\n- {text('report.note-accuracies')}\n" in told
        told = filled("<!-- measured: comparisons -->\n<!-- end -->", results)
        assert f"- {text('comparison.about')}\n\n- *" in told
        told = filled("<!-- measured: published -->\n<!-- end -->", results)
        assert f"- {text('verify.note-method')}\n" in told


def test_it_is_said_that_p_values_of_suspicions_are_not_adjusted():
    told = {name: " ".join(page.read_text(encoding="utf-8").split()) for name, page in PAGES.items()}
    assert "one-sided and not adjusted for the number of suspected causes" in told["en"]
    assert "một phía và không hiệu chỉnh cho số nguyên nhân" in told["vi"]
