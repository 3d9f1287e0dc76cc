from __future__ import annotations

import gettext
import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from tests.report.page import pages

from paribus import texts
from paribus.errors import UsageError
from paribus.report.findings import Suggestion
from paribus.report.first_screen import FirstScreen
from paribus.report.page import frame
from paribus.report.page.render import page, write
from paribus.report.remark import About, Remark
from paribus.texts.inert import inert

VOID = {"meta", "link", "img", "br", "input", "hr"}


class Page(HTMLParser):
    """A page taken apart: its elements in order, and the text directly in each."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.open = []
        self.texts = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, len(self.elements) - 1))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"{tag} was not open"
        assert self.open[-1][0] == tag, f"{self.open[-1]} is still open at {tag}"
        self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.texts[self.open[-1][1]] = self.texts.get(self.open[-1][1], "") + data

    def all(self, tag):
        return [(attrs, self.texts.get(n, "")) for n, (t, attrs) in enumerate(self.elements) if t == tag]

    @property
    def words(self):
        return " ".join(self.texts.values())

    @property
    def data(self):
        (written,) = (text for attrs, text in self.all("script") if "id" in attrs)
        return json.loads(written)


@pytest.fixture(scope="module")
def ordinary(made, tmp_path_factory):
    return pages.ordinary(made, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def told(ordinary):
    return Page(page(ordinary))


@pytest.fixture(scope="module")
def hostile(made, tmp_path_factory):
    return Page(page(pages.hostile(made, tmp_path_factory.mktemp("hostile"))))


@pytest.fixture(params=["ordinary", "hostile", "troubled", "nothing"])
def any_page(request, made):
    if request.param in ("ordinary", "hostile"):
        return request.getfixturevalue({"ordinary": "told"}.get(request.param, request.param))
    made_of = pages.troubled(made) if request.param == "troubled" else pages.material(made.study(), {})
    return Page(page(made_of))


def test_every_element_is_closed_and_ids_are_unique(any_page):
    assert any_page.open == []
    ids = [attrs["id"] for _, attrs in any_page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_every_link_leads_to_a_place_on_the_page(any_page):
    ids = {attrs["id"] for _, attrs in any_page.elements if "id" in attrs}
    links = [attrs["href"] for tag, attrs in any_page.elements if tag == "a"]
    assert links
    assert all(link.startswith("#") and link[1:] in ids for link in links)


def test_nothing_is_asked_for_from_anywhere(any_page):
    for tag, attrs in any_page.elements:
        for name in ("src", "href", "action", "srcset", "data", "poster", "xlink:href"):
            assert attrs.get(name, "#").startswith(("#", "data:")), (tag, attrs)
    assert not {tag for tag, _ in any_page.elements} & {"iframe", "object", "embed", "base", "form", "frame"}
    styles = " ".join(text for _, text in any_page.all("style"))
    assert "url(" not in styles
    assert "@import" not in styles


def test_the_policy_allows_these_scripts_and_styles_and_no_others(any_page):
    (policy,) = (
        attrs["content"]
        for attrs, _ in any_page.all("meta")
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    for rule, tag in (("script-src", "script"), ("style-src", "style")):
        texts_of = [text for attrs, text in any_page.all(tag) if attrs.get("type") != "application/json"]
        hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts_of]
        assert rules[rule].split() == hashes


def test_no_element_carries_a_script_or_a_style_of_its_own(any_page):
    for _, attrs in any_page.elements:
        assert not [name for name in attrs if name.startswith("on") or name == "style"]


def test_names_that_mean_harm_are_shown_as_they_are(hostile):
    assert len(hostile.all("script")) == 4
    titles = [text for attrs, text in hostile.all("span") if attrs.get("class") == "row-title"]
    for name in pages.HOSTILE:
        assert any(inert(name) in title for title in titles), name
    assert [text for _, text in hostile.all("h1")] == [pages.HOSTILE[1]]


def test_the_data_survive_names_that_mean_harm(hostile):
    assert {run["variant"] for run in hostile.data["runs"]} == set(pages.HOSTILE)


def test_the_raw_data_are_those_of_the_records_to_the_last_digit(told, ordinary):
    runs = {(run["variant"], run["seed"]): run for run in told.data["runs"]}
    assert runs.keys() == ordinary.records.keys()
    for key, record in ordinary.records.items():
        assert runs[key]["digest"] == record.spec.digest
        assert runs[key]["history"]["val_loss"] == [row["val_loss"] for row in record.history]
        assert runs[key]["test"] == record.result.test


def test_every_chart_has_its_numbers_and_a_drawing_that_needs_no_script(told):
    shown = [attrs["data-chart"] for attrs, _ in told.all("figure") if "data-chart" in attrs]
    assert shown
    assert set(shown) == told.data["charts"].keys()
    drawings = [attrs for attrs, _ in told.all("svg") if attrs.get("role") == "img"]
    assert len(drawings) == len(shown) + 1
    assert all(attrs["aria-label"] for attrs in drawings)


def test_the_answer_comes_first(told):
    headings = [text for _, text in told.all("h2")]
    assert headings[0] == "Main conclusions"
    assert "Better: " in told.words
    assert "percentage points" in told.words
    assert "One question was not run." in told.words
    assert "Does L2 help?" in told.words


def test_the_forest_plot_is_a_table_that_can_be_read_without_seeing_it(told, ordinary):
    (forest,) = (attrs for attrs, _ in told.all("table") if attrs.get("class") == "forest")
    assert forest["aria-describedby"] == "forest-1"
    (answer,) = FirstScreen(ordinary).answers
    for words in (answer.title, answer.difference, answer.interval, f"corrected {answer.corrected}"):
        assert words in told.words
    strips = [attrs for attrs, _ in told.all("svg") if attrs.get("class") == "strip"]
    assert strips
    assert all(attrs["aria-hidden"] == "true" for attrs in strips)


def test_a_column_that_says_the_same_everywhere_is_told_once_below(made, tmp_path):
    html = page(pages.many(made, tmp_path, variants=3, seeds=2, epochs=3))
    heads = html.partition('<table class="sortable results">')[2].partition("</thead>")[0]
    assert "test %" in heads
    assert "epochs" not in heads
    assert "The same for every variant: runs: 2; epochs: 3" in Page(html).words


def test_a_finding_is_told_once(made, tmp_path):
    found = pages.ordinary(made, tmp_path, seeds=2, epochs=2)
    finding = next(each for each in found.run_findings.findings if each.variants == ("plain",))
    told_once = Page(page(found)).words
    assert told_once.count(str(finding.why)) == 1
    assert not found.variants["plain"].remark.count(str(finding.title))


def test_with_an_appendix_a_printer_gets_everything(ordinary):
    assert '<body class="appendix">' in page(ordinary, appendix=True)
    assert '<body class="appendix">' not in page(ordinary)


def test_the_table_has_means_intervals_and_what_was_published(told, ordinary):
    words = told.words
    tests = [
        100 * record.result.test["accuracy"] for (name, _), record in ordinary.records.items() if name == "l2"
    ]
    assert f"{sum(tests) / 3:.2f}" in words
    assert "96.18" in words
    assert re.search(r"\d\d\.\d\d–\d\d\.\d\d", words)


def test_mistakes_are_shown_with_their_images(told):
    images = [attrs for attrs, _ in told.all("img")]
    assert images
    assert all(attrs["src"].startswith("data:image/png;base64,") and attrs["alt"] for attrs in images)


def test_the_keras_script_is_there_as_it_is(told, ordinary):
    from paribus.report.keras_script import script

    scripts = [text for attrs, text in told.all("pre") if attrs.get("id", "").endswith("-keras")]
    assert scripts[1] == script(ordinary.study, "l2")


def test_findings_and_remarks_are_shown_where_there_are_any(made, tmp_path):
    found = pages.ordinary(made, tmp_path, seeds=2, epochs=2)
    vars(found).update(
        findings={"plain": found.review[:1]},
        remarks=[
            Remark(About.VARIANT, ("plain",), "plain", ("It learns <quickly>.",)),
            Remark(About.STUDY, ("mine",), "mine", ("L2 closes the gap.",)),
        ],
        suggestions=[Suggestion("Try", "More seeds.", "seeds: 9")],
    )
    words = Page(page(found)).words
    assert str(found.review[0].remedy) in words
    for said in ("It learns <quickly>.", "L2 closes the gap.", "More seeds.", "seeds: 9"):
        assert said in words


def test_runs_that_are_not_over_or_went_wrong_are_announced(made):
    words = Page(page(pages.troubled(made))).words
    assert "2 runs are in progress" in words
    assert "one run failed" in words
    assert "the worker was killed <9>" in words
    assert "one run diverged" in words


def test_nothing_run_is_said(made):
    words = Page(page(pages.material(made.study(), {}))).words
    assert "Nothing has run yet." in words


def test_the_language_is_that_of_its_sentences(told):
    assert told.all("html")[0][0]["lang"] == texts.current_language()


def test_the_same_study_gives_the_same_bytes(ordinary):
    assert page(ordinary) == page(ordinary)


def test_a_page_of_seventy_runs_of_a_hundred_epochs_stays_below_three_megabytes(made, tmp_path):
    large = pages.many(made, tmp_path, variants=14, seeds=5, epochs=100)
    assert len(page(large).encode()) < 3_000_000


def test_a_file_that_cannot_be_written_is_an_error_that_names_it(ordinary, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"report\.html"):
        write(ordinary, tmp_path / "file" / "report.html")


def test_templates_and_script_name_only_sentences_that_there_are():
    sources = [*(frame.HERE / "templates").glob("*.html"), *frame.HERE.glob("*.py")]
    written = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    codes = set(re.findall(r"text\(\s*[\"']([a-z]+\.[\w-]*\w)[\"'](?! ~)", written))
    assert len(codes) > 50
    for code in codes:
        catalogue = gettext.translation(code.partition(".")[0], texts.LOCALES, languages=["en"])
        assert code in catalogue._catalog or (code, 0) in catalogue._catalog, code


def test_no_name_is_cut_where_it_is_too_long_for_its_place(ordinary):
    assert "text-overflow" not in page(ordinary)


def test_the_vendored_library_is_the_published_one():
    """uPlot 1.6.32 as npm has it."""
    script = (frame.HERE / "vendor/uplot/uPlot.iife.min.js").read_bytes()
    assert b"uPlot (v1.6.32)" in script
    assert "MIT" in (frame.HERE / "vendor/uplot/LICENSE").read_text(encoding="utf-8")


def test_published_figures_stand_below_each_other_where_there_is_little_room(made):
    published = {"plain": {"test": 0.9618, "epochs": 30}, "l2": {"test": 0.97}}
    study = made.study(published=published, margin=0.01)
    records = {(name, seed): run for name in published for seed, run in enumerate(made.runs(3, epochs=5))}
    told = Page(page(pages.material(study, records)))
    labelled = [attrs for tag, attrs in told.elements if tag == "td" and "number" in attrs.get("class", "")]
    labels = [attrs["data-label"] for attrs in labelled if "data-label" in attrs]
    assert {"published", "ours", "seeds"} <= set(labels)
    cells = [attrs for tag, attrs in told.elements if tag == "td" and attrs.get("class") == "verdict"]
    assert [each["data-label"] for each in cells] == ["verdict", "verdict"]
    assert "The same for every variant: images: " in told.words
