"""The page in a real browser."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from tests.browser.conftest import DESKTOP, PHONE
from tests.report.page.pages import HOSTILE

pytestmark = pytest.mark.browser

KINDS = ["ordinary", "troubled", "hostile", "of 200 runs", "of one run", "of nothing"]
FIRST = "figure.chart[data-chart=q1-0]"


def read_csv(opened, name):
    with opened.page.expect_download() as download:
        opened.page.click(f"[data-csv={name}]")
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def scroll_through(opened):
    """Bring every part onto the screen, so that each chart is made."""
    opened.page.evaluate(
        """async () => {
          for (let y = 0; y < document.body.scrollHeight; y += 700) {
            scrollTo({ top: y, behavior: "instant" });
            await new Promise((done) => setTimeout(done, 15));
          }
          scrollTo(0, 0);
        }"""
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_it_opens_without_a_complaint_or_a_request_and_fits_the_screen(
    opened, written, kind, viewport, scheme
):
    with opened(written(kind), viewport=viewport, scheme=scheme) as it:
        scroll_through(it)
        assert it.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert it.page.evaluate("window.hacked") is None
        drawn = it.page.evaluate("document.querySelectorAll('.plot.live canvas').length")
        charts = it.page.evaluate("Object.values(paribus.data.charts).filter((c) => c.x.length).length")
        assert (drawn > 0) == (charts > 0)


def test_names_that_mean_harm_run_nothing_wherever_one_clicks(opened, written):
    with opened(written("hostile")) as it:
        scroll_through(it)
        for head in it.page.locator("th button").all():
            head.click()
        for summary in it.page.locator("#v1 summary").all():
            summary.click()
        for key in it.page.locator("#q1 .key").all():
            key.click()
        assert it.page.evaluate("window.hacked") is None


def test_a_script_that_is_not_the_page_s_own_is_refused(opened, ordinary):
    with opened(ordinary[1]) as it:
        refused = it.page.evaluate(
            """() => new Promise((done) => {
              addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
              const script = document.createElement("script");
              script.textContent = "window.hacked = 1";
              document.body.append(script);
            })"""
        )
        assert refused.startswith("script-src")
        assert it.page.evaluate("window.hacked") is None
        it.complaints.clear()


def test_hovering_tells_the_values_of_that_epoch(opened, ordinary):
    material, file = ordinary
    with opened(file) as it:
        it.page.locator(FIRST).scroll_into_view_if_needed()
        it.live()
        over = it.page.locator(f"{FIRST} .u-over")
        box = over.bounding_box()
        it.page.mouse.move(box["x"] + 1, box["y"] + 20)
        it.page.mouse.move(box["x"] + 2, box["y"] + 20)
        told = it.page.locator(f"{FIRST} .legend").inner_text()
        assert "epoch 1\n" in told + "\n"
        values = [100 * material.records["plain", seed].history[0]["val_accuracy"] for seed in range(3)]
        assert f"{sum(values) / 3:.2f} ({min(values):.2f} to {max(values):.2f}; n = 3)" in told


def test_a_chart_is_read_with_the_arrow_keys(opened, ordinary):
    material, file = ordinary
    with opened(file) as it:
        it.page.locator(FIRST).scroll_into_view_if_needed()
        it.live()
        it.page.locator(f"{FIRST} .plot").focus()
        it.page.keyboard.press("Home")
        it.page.keyboard.press("ArrowRight")
        values = [100 * material.records["l2", seed].history[1]["val_accuracy"] for seed in range(3)]
        said = it.page.locator("#live").inner_text()
        assert said.startswith("epoch 2: ")
        assert f"l2 {sum(values) / 3:.2f}" in said


def test_dragging_and_keys_zoom_and_a_button_shows_the_whole_again(opened, ordinary):
    with opened(ordinary[1]) as it:
        figure = it.page.locator(FIRST)
        figure.scroll_into_view_if_needed()
        it.live()
        reset = figure.get_by_role("button", name="whole range")
        box = figure.locator(".u-over").bounding_box()
        assert not reset.is_visible()
        it.page.mouse.move(box["x"] + 100, box["y"] + 40)
        it.page.mouse.down()
        it.page.mouse.move(box["x"] + 250, box["y"] + 40, steps=4)
        it.page.mouse.up()
        assert reset.is_visible()
        reset.click()
        assert not reset.is_visible()
        figure.locator(".plot").focus()
        it.page.keyboard.press("+")
        assert reset.is_visible()
        it.page.keyboard.press("0")
        assert not reset.is_visible()


@pytest.mark.parametrize("name", ["log scale", "each seed"])
def test_a_switch_changes_the_drawing_and_says_so(opened, ordinary, name):
    with opened(ordinary[1]) as it:
        figure = it.page.locator("figure.chart[data-chart=v2-2]")
        figure.scroll_into_view_if_needed()
        figure.locator("canvas").wait_for()
        picture = "figure.chart[data-chart=v2-2] canvas"
        seen = it.page.eval_on_selector(picture, "(canvas) => canvas.toDataURL()")
        switch = figure.get_by_role("button", name=name)
        before = switch.get_attribute("aria-pressed")
        switch.focus()
        it.page.keyboard.press("Enter")
        assert switch.get_attribute("aria-pressed") != before
        assert it.page.eval_on_selector(picture, "(canvas) => canvas.toDataURL()") != seen


def test_a_line_can_be_hidden_by_its_name(opened, ordinary):
    with opened(ordinary[1]) as it:
        figure = it.page.locator(FIRST)
        figure.scroll_into_view_if_needed()
        it.live()
        seen = it.page.eval_on_selector(f"{FIRST} canvas", "(canvas) => canvas.toDataURL()")
        key = figure.locator(".key").first
        key.click()
        assert key.get_attribute("aria-pressed") == "false"
        assert it.page.eval_on_selector(f"{FIRST} canvas", "(canvas) => canvas.toDataURL()") != seen


def test_the_table_is_sorted_with_the_keyboard(opened, written):
    with opened(written("of 200 runs")) as it:
        heads = it.page.locator("table.results thead th")
        names = heads.all_inner_texts()
        column = next(place for place, name in enumerate(names) if name.startswith("test"))
        button = heads.nth(column).locator("button")

        def values():
            cells = it.page.locator(f"table.results tbody tr td:nth-child({column + 1})").all_inner_texts()
            return [float(re.match(r"[\d.]+", cell)[0]) for cell in cells]

        unsorted = values()
        button.focus()
        it.page.keyboard.press("Enter")
        assert heads.nth(column).get_attribute("aria-sort") == "ascending"
        assert values() == sorted(unsorted)
        it.page.keyboard.press("Enter")
        assert heads.nth(column).get_attribute("aria-sort") == "descending"
        assert values() == sorted(unsorted, reverse=True)


def test_what_has_no_number_is_sorted_last_either_way(opened, ordinary):
    with opened(ordinary[1]) as it:
        test = it.page.get_by_role("button", name="test %", exact=True).first
        for _ in range(2):
            test.click()
            assert it.page.locator("table.results tbody th").all_inner_texts()[-1] == "later"


def test_the_saved_epochs_are_the_records_to_the_last_digit(opened, ordinary):
    material, file = ordinary
    with opened(file) as it:
        rows = read_csv(it, "epochs")
        assert len(rows) == sum(len(record.history) for record in material.records.values())
        for row in rows:
            epoch = material.records[row["variant"], int(row["seed"])].history[int(row["epoch"]) - 1]
            assert all(float(row[name]) == value for name, value in epoch.items())


def test_the_saved_runs_and_comparisons_are_complete(opened, ordinary):
    material, file = ordinary
    with opened(file) as it:
        runs = read_csv(it, "runs")
        assert [run["digest"] for run in runs] == [record.spec.digest for record in material.records.values()]
        (first, second) = read_csv(it, "comparisons")
        assert float(first["difference"]) == material.comparisons[0].difference
        assert second["difference"] == ""


def test_no_saved_cell_is_a_formula(opened, written):
    with opened(written("hostile")) as it:
        names = {row["variant"] for row in read_csv(it, "runs")}
        assert not [name for name in names if name.startswith(("=", "+", "-", "@"))]
        assert f"'{HOSTILE[9]}" in names


def test_the_keras_script_is_saved_as_it_is_shown(opened, ordinary):
    with opened(ordinary[1]) as it:
        shown = it.page.evaluate("document.getElementById('v1-keras').textContent")
        it.page.evaluate("document.getElementById('v1-keras').closest('details').open = true")
        with it.page.expect_download() as download:
            it.page.click("[data-save=v1-keras]")
        assert Path(download.value.path()).read_text(encoding="utf-8") == shown


def test_without_scripts_everything_but_saving_is_there(opened, ordinary):
    with opened(ordinary[1], script=False) as it:
        assert it.page.locator(".plot > svg").first.is_visible()
        assert not it.page.locator("button").first.is_visible()
        assert it.page.locator("table.results tbody tr").count() == 3
        assert (
            it.page.locator("noscript").is_visible() or "script" in it.page.locator("noscript").inner_text()
        )


def test_on_paper_curves_are_drawings_and_everything_is_open(opened, ordinary):
    with opened(ordinary[1]) as it:
        it.page.locator(FIRST).scroll_into_view_if_needed()
        it.live()
        it.page.emulate_media(media="print")
        it.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert it.page.locator(f"{FIRST} .plot > svg").is_visible()
        assert not it.page.locator(f"{FIRST} canvas").is_visible()
        assert not it.page.locator("nav").is_visible()
        assert it.page.locator("details:not([open])").count() == 0
        it.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert it.page.locator("details:not([open])").count() > 0
        assert it.page.pdf().startswith(b"%PDF")


def test_colours_follow_when_the_screen_turns_dark(opened, ordinary):
    with opened(ordinary[1]) as it:
        it.page.locator(FIRST).scroll_into_view_if_needed()
        it.live()
        light = it.page.eval_on_selector(f"{FIRST} canvas", "(canvas) => canvas.toDataURL()")
        it.page.emulate_media(color_scheme="dark")
        it.page.wait_for_function(
            "([at, before]) => document.querySelector(at).toDataURL() !== before",
            arg=[f"{FIRST} canvas", light],
        )
        paper = it.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert sum(map(int, re.findall(r"\d+", paper))) < 150


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("kind", ["ordinary", "troubled", "of nothing"])
def test_axe_has_nothing_to_say(opened, written, kind, viewport, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    with opened(written(kind), viewport=viewport, scheme=scheme) as it:
        it.page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        scroll_through(it)
        found = axe.Axe().run(it.page)
        assert found.response["violations"] == [], found.generate_report()
