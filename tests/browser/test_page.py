"""The page in a real browser."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from tests.browser.conftest import DESKTOP, PHONE
from tests.report.page.pages import HOSTILE

from paribus.report.page.render import write

pytestmark = pytest.mark.browser

KINDS = ["ordinary", "troubled", "hostile", "of 200 runs", "of one run", "of nothing"]
FIRST = "figure.chart[data-chart=q1-0]"


def read_csv(opened, name):
    unfold(opened, f"[data-csv={name}]")
    with opened.page.expect_download() as download:
        opened.page.click(f"[data-csv={name}]")
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def unfold(opened, selector):
    """Open everything around an element, and bring it onto the screen."""
    opened.page.eval_on_selector(
        selector,
        """(it) => {
          for (let fold = it; (fold = fold.parentElement?.closest("details")); ) fold.open = true;
          it.scrollIntoView({ block: "center" });
        }""",
    )


def scroll_through(opened):
    """Open everything and bring every part onto the screen, so that each chart is made."""
    opened.page.evaluate(
        """async () => {
          document.querySelectorAll("details").forEach((each) => (each.open = true));
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
        if it.page.evaluate("Object.values(paribus.data.charts).some((c) => c.x.length)"):
            it.page.wait_for_selector(".plot.live canvas", state="attached")  # drawn when the browser is idle
        else:
            assert it.page.locator(".plot.live canvas").count() == 0


CUT = """[...document.querySelectorAll("main *")]
  .filter((each) => getComputedStyle(each).textOverflow === "ellipsis" && each.scrollWidth > each.clientWidth)
  .map((each) => each.textContent)"""
SMALL = """[...document.querySelectorAll("#answer svg text, #q1 .dots text")]
  .map((each) => parseFloat(getComputedStyle(each).fontSize) * each.getScreenCTM().a)"""


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_no_name_is_cut_and_the_words_of_small_drawings_can_be_read(opened, written, viewport):
    with opened(written("of the lab's size"), viewport=viewport) as it:
        unfold(it, "#q1")
        assert it.page.evaluate(CUT) == []
        sizes = it.page.evaluate(SMALL)
        assert len(sizes) > 5
        assert min(sizes) >= 10


def test_names_that_mean_harm_run_nothing_wherever_one_clicks(opened, written):
    with opened(written("hostile")) as it:
        scroll_through(it)
        for head in it.page.locator("th button").all():
            head.click()
        for summary in it.page.locator("summary").all()[:40]:
            summary.dispatch_event("click")
        scroll_through(it)
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
        unfold(it, FIRST)
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
        unfold(it, FIRST)
        it.live()
        it.page.locator(f"{FIRST} .plot").focus()
        it.page.keyboard.press("Home")
        it.page.keyboard.press("ArrowRight")
        values = [100 * material.records["l2", seed].history[1]["val_accuracy"] for seed in range(3)]
        said = it.page.locator("#live").inner_text()
        assert said.startswith("epoch 2: ")
        assert f"L2 0.01 {sum(values) / 3:.2f}" in said


def test_dragging_and_keys_zoom_and_a_button_shows_the_whole_again(opened, ordinary):
    with opened(ordinary[1]) as it:
        unfold(it, FIRST)
        figure = it.page.locator(FIRST)
        it.live()
        reset = figure.get_by_role("button", name="full range")
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
        unfold(it, "figure.chart[data-chart=v2-2]")
        figure = it.page.locator("figure.chart[data-chart=v2-2]")
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
        unfold(it, FIRST)
        figure = it.page.locator(FIRST)
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
            assert it.page.locator("table.results tbody th").all_inner_texts()[-1].startswith("later")


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
        unfold(it, "#v1-keras")
        with it.page.expect_download() as download:
            it.page.click("[data-save=v1-keras]")
        assert Path(download.value.path()).read_text(encoding="utf-8") == shown


def test_without_scripts_everything_but_saving_is_there(opened, ordinary):
    with opened(ordinary[1], script=False) as it:
        it.page.locator("#questions summary").first.click()
        assert it.page.locator(".plot > svg").first.is_visible()
        assert not it.page.locator("button").first.is_visible()
        assert it.page.locator("table.results tbody tr").count() == 3
        it.page.locator("#data summary").first.click()
        assert (
            it.page.locator("noscript").is_visible() or "script" in it.page.locator("noscript").inner_text()
        )


def test_on_paper_curves_are_drawings_and_the_questions_are_open(opened, ordinary):
    with opened(ordinary[1]) as it:
        folds = it.page.locator("details:not([open])").count()
        unfold(it, FIRST)
        it.live()
        it.page.emulate_media(media="print")
        it.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert it.page.locator(f"{FIRST} .plot > svg").is_visible()
        assert not it.page.locator(f"{FIRST} canvas").is_visible()
        assert not it.page.locator("nav").is_visible()
        assert it.page.locator("#questions > details:not([open])").count() == 0
        assert it.page.locator(".conclusions dl").is_visible()
        assert not it.page.locator("#review").locator("h2").is_visible()
        assert it.page.locator(".printed").is_visible()
        assert 0 < it.page.locator("details:not([open])").count() < folds
        it.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert it.page.locator("#questions > details:not([open])").count() > 0
        assert it.page.pdf().startswith(b"%PDF")


def test_with_an_appendix_everything_is_printed(opened, ordinary, tmp_path):
    material, file = ordinary
    whole = write(material, tmp_path / "report.html", appendix=True)

    def pages_of(path):
        with opened(path) as it:
            return it.page.pdf().count(b"/Type /Page\n")

    assert pages_of(whole) > pages_of(file)


def test_a_link_unfolds_what_it_leads_to(opened, ordinary):
    with opened(ordinary[1]) as it:
        row = it.page.locator("#q1")
        assert not row.is_visible()
        it.page.locator(".forest .title a").first.click()
        assert row.is_visible()
        assert not it.page.locator("#review > details").evaluate("(each) => each.open")
        it.page.locator("nav a[href='#review']").click()
        it.page.locator("#review > details[open]").wait_for()


def test_what_was_found_and_every_question_is_on_the_first_screen(opened, written):
    with opened(written("of the lab's size"), viewport={"width": 1280, "height": 720}) as it:
        foot = it.page.locator(".forest .ticks").bounding_box()
        assert foot["y"] + foot["height"] < 640
        tile = it.page.locator(".tiles li").first.bounding_box()
        assert tile["y"] + tile["height"] < 720


@pytest.mark.parametrize(("width", "most"), [(1280, 9000), (390, 15000)])
def test_a_report_of_the_lab_s_size_is_short_while_it_is_folded(opened, written, width, most):
    with opened(written("of the lab's size"), viewport={"width": width, "height": 800}) as it:
        assert it.page.evaluate("document.documentElement.scrollHeight") <= most
        assert it.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_report_of_the_lab_s_size_prints_on_fifteen_pages(opened, written):
    with opened(written("of the lab's size")) as it:
        assert it.page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") <= 15


def test_ticked_variants_are_laid_over_one_another(opened, ordinary):
    with opened(ordinary[1]) as it:
        assert not it.page.locator("#overlay").is_visible()
        for key in ("v1", "v2"):
            it.page.check(f"[data-overlay={key}]")
        it.page.wait_for_selector("#overlay canvas")
        assert it.page.locator("#overlay figure").count() == 2
        keys = it.page.locator("#overlay figure").first.locator(".key").all_inner_texts()
        assert [key.split(" · ")[0].strip() for key in keys] == ["plain", "l2"]
        it.page.uncheck("[data-overlay=v1]")
        assert it.page.locator("#overlay figure").first.locator(".key").count() == 1
        it.page.uncheck("[data-overlay=v2]")
        assert not it.page.locator("#overlay").is_visible()


def test_the_values_of_overlaid_curves_move_together(opened, ordinary):
    with opened(ordinary[1]) as it:
        for key in ("v1", "v2"):
            it.page.check(f"[data-overlay={key}]")
        it.page.wait_for_selector("#overlay canvas")
        box = it.page.locator("#overlay .u-over").first.bounding_box()
        it.page.mouse.move(box["x"] + 1, box["y"] + 20)
        it.page.mouse.move(box["x"] + 2, box["y"] + 20)
        assert it.page.locator("#overlay .at").all_inner_texts() == ["epoch 1", "epoch 1"]


@pytest.mark.parametrize("script", [True, False])
def test_the_language_is_switched_on_the_page(opened, both, script):
    with opened(both, script=script) as it:
        assert it.page.get_by_text("Next steps").is_visible()
        it.page.check("[value=vi]")
        assert it.page.get_by_text("Bước tiếp theo").is_visible()
        assert not it.page.get_by_text("Next steps").is_visible()
        if script:
            assert it.page.evaluate("document.documentElement.lang") == "vi"
            assert it.page.evaluate("document.documentElement.scrollWidth") <= DESKTOP["width"]


def test_each_language_overlays_variants_in_its_own_words(opened, both):
    with opened(both) as it:
        it.page.check("[value=vi]")
        it.page.check("[data-overlay=v1-vi]")
        it.page.wait_for_selector("#overlay-vi canvas")
        assert "cơ sở" in it.page.locator("#overlay-vi .key").first.inner_text()


def test_axe_has_nothing_to_say_of_two_languages(opened, both):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    with opened(both) as it:
        found = axe.Axe().run(it.page)
        assert found.response["violations"] == [], found.generate_report()


def test_colours_follow_when_the_screen_turns_dark(opened, ordinary):
    with opened(ordinary[1]) as it:
        unfold(it, FIRST)
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
