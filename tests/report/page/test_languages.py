"""The page in two languages: one file, one of them shown."""

from __future__ import annotations

import json
import re

import pytest
from tests.report.page import pages
from tests.report.page.test_render import Page

from paribus.report.page.render import page
from paribus.texts import language


@pytest.fixture(scope="module")
def both(made, tmp_path_factory):
    english = pages.ordinary(made, tmp_path_factory.mktemp("en"))
    with language("vi"):
        vietnamese = pages.ordinary(made, tmp_path_factory.mktemp("vi"))
    return page(english, others={"vi": vietnamese})


def test_every_id_is_of_one_element_and_every_link_leads_somewhere(both):
    told = Page(both)
    ids = [attrs["id"] for _, attrs in told.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [attrs["href"] for tag, attrs in told.elements if tag == "a"]
    assert all(link[1:] in ids for link in links)
    for _, attrs in told.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(attrs.get(name, "").split()) <= set(ids)


def test_both_languages_are_there_with_their_own_words(both):
    told = Page(both)
    assert [attrs["lang"] for attrs, _ in told.all("div") if attrs.get("class") == "tongue"] == ["en", "vi"]
    for words in ("Next steps", "Bước tiếp theo", "percentage points", "điểm phần trăm"):
        assert words in told.words
    assert told.data["tongues"]["vi"]["texts"]["reset"] != told.data["tongues"]["en"]["texts"]["reset"]


def test_every_chart_has_its_numbers_in_each_language(both):
    told = Page(both)
    shown = {attrs["data-chart"] for attrs, _ in told.all("figure") if "data-chart" in attrs}
    assert shown == told.data["charts"].keys()
    assert {name.removesuffix("-vi") for name in shown} == {n for n in shown if not n.endswith("-vi")}
    overlay = told.data["overlays"]["vi"]
    for lines in overlay["lines"].values():
        for line in lines:
            chart, place = line.split(":")
            assert told.data["charts"][chart]["lines"][int(place)]["name"] == "validation" or place


def test_the_switch_begins_with_the_language_that_is_spoken(both):
    radios = re.findall(r'<input type="radio"[^>]*value="(\w+)"[^>]*?( checked)?>', both)
    assert radios == [("en", " checked"), ("vi", "")]


def test_one_language_has_no_switch(made, tmp_path):
    assert '<input type="radio"' not in page(pages.ordinary(made, tmp_path))


def test_curves_stand_once_for_all_charts_and_languages(both):
    data = Page(both).data
    names = [name for name in data["charts"] if f"{name}-vi" in data["charts"]]
    assert names
    for name in names:
        chart, other = data["charts"][name], data["charts"][f"{name}-vi"]
        assert chart["title"] != other["title"] or chart["description"] != other["description"]
        assert [line["shared"] for line in chart["lines"]] == [line["shared"] for line in other["lines"]]
        for line in chart["lines"]:
            assert "mean" not in line
            assert len(data["shared"][line["shared"]]["mean"]) == len(data["shared"][chart["shared"]]["x"])
    written = [json.dumps(each) for each in data["shared"]]
    assert len(written) == len(set(written))


def test_fifteen_variants_of_five_seeds_stay_below_two_megabytes_in_two_languages(made, tmp_path):
    english = pages.many(made, tmp_path / "en", variants=15, seeds=5, epochs=30)
    with language("vi"):
        vietnamese = pages.many(made, tmp_path / "vi", variants=15, seeds=5, epochs=30)
    assert len(page(english, others={"vi": vietnamese}).encode()) < 1.75e6
