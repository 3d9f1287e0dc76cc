"""The live page in a real browser, beside a real training."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from tests.browser.conftest import DESKTOP, PHONE
from tests.live.made_training import Training

from paribus.live import serving
from paribus.record.run import Status
from paribus.record.store import Store

pytestmark = pytest.mark.browser

STUDY = """\
name: growing
title: "<script>window.hacked = 1</script>"
seeds: 1
data: mnist
base:
  validation: 0.2
  scale: unit
  model: {hidden: [512], activation: relu, output: softmax}
  loss: categorical_crossentropy
  optimizer: {name: sgd, learning_rate: 0.1}
  batch_size: 4
  epochs: 40
variants:
  plain: {}
  l2: {kernel_regularizer: {l2: 0.001}}
questions:
  - {treatment: l2, reference: plain}
"""
EPOCHS = "paribus.data.charts['v1-0'].x.length"
LONG = 300_000  # milliseconds: a busy machine is no fault


@contextmanager
def training(folder):
    """`paribus run` of the study, in a process of its own."""
    (folder / "growing.yaml").write_text(STUDY)
    command = "import sys; from paribus.cli import main; sys.argv[0] = 'paribus'; main()"
    arguments = ["run", "growing.yaml", "--embedded", "--workers", "1", "--out", "out"]
    process = subprocess.Popen(
        [sys.executable, "-c", command, *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def looking(chromium, address, **context):
    """A page on the server; afterwards it must have complained of nothing and asked nobody else."""
    tab = chromium.new_context(**context)
    page = tab.new_page()
    page.set_default_timeout(LONG)
    complaints, asked = [], []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page
    assert complaints == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    tab.close()


@pytest.fixture
def address(tmp_path):
    (tmp_path / "out").mkdir()
    ready = serving.prepare(tmp_path, host="127.0.0.1", port=0)
    with serving.in_background(ready):
        yield ready.address


def test_curves_grow_through_a_kill_and_lead_to_the_report(chromium, address, tmp_path):
    with looking(chromium, address, viewport=DESKTOP) as page:
        assert "There is no study here yet." in page.inner_text("main")
        with training(tmp_path) as first:
            page.wait_for_selector("[data-study=out]")
            page.click("[data-study=out] a")
            page.wait_for_function(f"() => typeof paribus !== 'undefined' && {EPOCHS} >= 2")
            page.click("#v1 > summary")
            page.wait_for_selector("figure.chart[data-chart=v1-0] canvas")
            seen = page.evaluate(EPOCHS)
            picture = "(canvas) => canvas.toDataURL()"
            drawn = page.eval_on_selector("figure.chart[data-chart=v1-0] canvas", picture)
            page.wait_for_function(f"() => typeof paribus !== 'undefined' && {EPOCHS} > {seen}")
            assert page.eval_on_selector("figure.chart[data-chart=v1-0] canvas", picture) != drawn
            assert page.inner_text("#head [data-field=word]") == "training"
            assert page.evaluate("document.documentElement.scrollWidth") <= DESKTOP["width"]
            first.send_signal(signal.SIGKILL)
            page.wait_for_selector("#head .chip.stopped")
        with training(tmp_path) as second:
            page.wait_for_selector("#head .chip.training")
            page.wait_for_selector("#head .chip.complete")
            page.click("text=Open the report")
            page.wait_for_url("**/study/out/report")
            page.wait_for_selector("#results")
            second.wait()
        assert page.evaluate("window.hacked") is None
        store = Store(tmp_path / "out")
        records = store.records(*store.study())
        assert [record.status.value for record in records.values()] == ["finished", "finished"]


def test_a_page_that_is_hidden_asks_for_nothing(chromium, address, made, tmp_path):
    Training(made, tmp_path / "mine")
    with looking(chromium, f"{address}study/mine/") as page:
        page.wait_for_function(
            "() => document.querySelector('#head [data-field=memory]').textContent !== '–'"
        )
        page.evaluate(
            """() => {
              Object.defineProperty(document, "hidden", { value: true, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
              document.querySelector("#head [data-field=memory]").textContent = "–";
            }"""
        )
        page.wait_for_timeout(2500)
        assert page.inner_text("#head [data-field=memory]") == "–"
        page.evaluate(
            """() => {
              Object.defineProperty(document, "hidden", { value: false, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
            }"""
        )
        page.wait_for_function(
            "() => document.querySelector('#head [data-field=memory]').textContent !== '–'"
        )


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_it_fits_the_screen_and_axe_has_nothing_to_say(chromium, address, made, tmp_path, viewport, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    study = Training(made, tmp_path / "mine", ("plain", "l2", "a-name-without-an-end" * 4))
    study.whole("plain", 0)
    study.start("plain", 1, epochs=2)
    study.start("l2", 0, epochs=1)
    study.start("l2", 1, epochs=1)
    study.finish("l2", 1, status=Status.DIVERGED)
    with looking(chromium, f"{address}study/mine/", viewport=viewport, color_scheme=scheme) as page:
        page.wait_for_selector(".overlay canvas")
        page.wait_for_selector(".swatch-of")
        page.click("#v1 > summary")
        page.wait_for_selector("figure.chart[data-chart=v1-0] canvas")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        found = axe.Axe().run(page)
        assert found.response["violations"] == [], found.generate_report()


@pytest.fixture
def two(made, tmp_path):
    """Two variants: the base with two seeds, one running, and another that diverged."""
    study = Training(made, tmp_path / "mine")
    with study.store.writing():
        study.whole("plain", 0)
        study.start("plain", 1, epochs=3)
        study.start("l2", 0, epochs=2)
        study.finish("l2", 0, status=Status.DIVERGED)
        yield study


class TestPicture:
    """The picture of all runs: every line named, under the pointer, by the keyboard, in the table."""

    def test_the_keyboard_names_variant_seed_epoch_and_value(self, chromium, address, two):
        with looking(chromium, f"{address}study/mine/", viewport=DESKTOP) as page:
            page.wait_for_selector(".overlay canvas")
            page.wait_for_function("() => paribus.overlay.overlays[0].lines.length === 3")
            page.focus(".overlay .plot")
            page.keyboard.press("ArrowUp")
            said = page.inner_text("#live")
            assert said == page.inner_text(".overlay .tip")
            value = f"{100 * two.rows[4]['val_accuracy']:.2f}%"
            assert said == f"plain · base, seed 0, epoch 5: {value}"
            page.keyboard.press("ArrowLeft")
            assert "epoch 4" in page.inner_text("#live")
            page.keyboard.press("Escape")
            assert page.is_hidden(".overlay .tip")

    def test_the_pointer_names_the_nearest_line(self, chromium, address, two):
        with looking(chromium, f"{address}study/mine/", viewport=DESKTOP) as page:
            page.wait_for_selector(".overlay canvas")
            page.wait_for_function("() => paribus.overlay.overlays[0].lines.length === 3")
            page.evaluate("document.querySelector('.overlay').scrollIntoView({ behavior: 'instant' })")
            page.wait_for_timeout(500)
            spot = page.evaluate(
                """() => {
                  const { u, lines } = paribus.overlay.overlays[0];
                  const line = lines.find((each) => each.main && each.base);
                  const box = u.over.getBoundingClientRect();
                  return [box.left + u.valToPos(5, "x"), box.top + u.valToPos(line.values[4], "y")];
                }"""
            )
            page.mouse.move(*spot)
            assert "plain · base, seed 0, epoch 5" in page.inner_text(".overlay .tip")
            name = page.evaluate(
                """() => {
                  const { u, named } = paribus.overlay.overlays[0];
                  const box = u.over.getBoundingClientRect();
                  return [box.right + 40, box.top + named.find(({ line }) => !line.base).y];
                }"""
            )
            page.mouse.move(*name)
            assert "l2 · L2 0.01, seed 0, epoch 2" in page.inner_text(".overlay .tip")

    def test_a_line_is_hidden_by_its_swatch_and_the_loss_is_a_press_away(self, chromium, address, two):
        lines = "paribus.overlay.overlays[0].lines"
        with looking(chromium, f"{address}study/mine/", viewport=DESKTOP) as page:
            page.wait_for_selector(".overlay canvas")
            page.wait_for_function(f"() => {lines}.length === 3")
            page.click("[data-row=v2] .swatch-of")
            assert page.evaluate(f"{lines}.length") == 2
            assert page.get_attribute("[data-row=v2] .swatch-of", "aria-pressed") == "true"
            page.click("[data-metric=loss]")
            assert page.inner_text(".overlay .chart-title") == "Validation loss on mnist, without the penalty"
            loss = page.evaluate(f"{lines}.find((line) => line.main).values[4]")
            assert loss == pytest.approx(two.rows[4]["val_data_loss"], rel=1e-4)

    def test_the_base_is_grey_and_the_others_have_a_colour_each(self, chromium, address, two):
        with looking(chromium, f"{address}study/mine/", viewport=DESKTOP) as page:
            page.wait_for_selector(".swatch-of")
            inks = page.eval_on_selector_all(".swatch-of", "(all) => all.map((each) => each.style.color)")
        assert len(set(inks)) == 2
        assert sum(ink.startswith("oklch") for ink in inks) == 1

    def test_a_name_in_the_table_opens_the_variant(self, chromium, address, two):
        with looking(chromium, f"{address}study/mine/", viewport=DESKTOP) as page:
            page.wait_for_selector(".swatch-of")
            page.click("[data-row=v2] a")
            page.wait_for_selector("#v2[open] table")


def test_an_alerts_command_is_copied(chromium, address, two):
    with looking(
        chromium, f"{address}study/mine/", permissions=["clipboard-read", "clipboard-write"]
    ) as page:
        page.click("#alerts button")
        page.wait_for_function("() => document.querySelector('#alerts button').textContent === 'Copied'")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == page.inner_text("#alerts code")
        assert copied.startswith("paribus diagnose ")


def test_the_list_of_studies_shows_result_date_and_failures(chromium, address, made, tmp_path):
    study = Training(made, tmp_path / "mine", ("plain",))
    study.whole("plain", 0)
    study.start("plain", 1, epochs=1)
    study.finish("plain", 1, status=Status.FAILED)
    with looking(chromium, address) as page:
        page.wait_for_selector("[data-study=mine] .chip.troubled")
        assert page.inner_text("[data-study=mine] [data-field=word]") == "complete"
        assert page.inner_text("[data-study=mine] [data-field=trouble]") == "1 failed"
        assert "plain · base" in page.inner_text("[data-study=mine] [data-field=result]")
        changed = page.inner_text("[data-study=mine] [data-field=changed]")
        assert re.fullmatch(r"\d\d? [A-Z][a-z]+ \d{4}, \d\d:\d\d", changed)
        assert page.query_selector(".chip.complete") is None
