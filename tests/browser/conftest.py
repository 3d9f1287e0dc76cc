"""Pages opened in Chromium, with everything they say, ask for and get wrong written down."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.report.page import pages

from paribus.report.page.render import write
from paribus.texts import language

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@dataclass
class Opened:
    """A page, and what it did."""

    page: Any
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def live(self):
        """Wait until every chart that is on the screen can be asked."""
        self.page.wait_for_selector(".plot.live canvas")


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        # `make browser`, which CI runs, fails without one: only plain pytest leaves these tests out.
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium):
    """Open a file: ``with opened(path) as it``; afterwards it must have asked for nothing and gone well."""

    @contextmanager
    def opening(path, *, script=True, viewport=DESKTOP, scheme="light", **context):
        tab = chromium.new_context(
            viewport=viewport,
            color_scheme=scheme,
            java_script_enabled=script,
            accept_downloads=True,
            **context,
        )
        it = Opened(tab.new_page(), Path(path).as_uri())
        it.page.on("request", lambda request: it.requests.append(request.url))
        it.page.on("pageerror", lambda error: it.complaints.append(str(error)))
        it.page.on("dialog", lambda dialog: it.complaints.append(f"dialog: {dialog.message}"))
        it.page.on(
            "console",
            lambda said: it.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        it.page.goto(it.address)
        yield it
        asked = [url for url in it.requests if not url.startswith(("data:", "blob:"))]
        assert asked == [it.address]
        assert it.complaints == []
        tab.close()

    return opening


@pytest.fixture(scope="session")
def ordinary(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ordinary")
    material = pages.ordinary(made, folder)
    return material, write(material, folder / "report.html")


@pytest.fixture(scope="session")
def both(made, tmp_path_factory):
    """The file of a study in English and Vietnamese."""
    folder = tmp_path_factory.mktemp("both")
    english = pages.ordinary(made, folder / "en")
    with language("vi"):
        vietnamese = pages.ordinary(made, folder / "vi")
    return write(english, folder / "report.html", others={"vi": vietnamese})


@pytest.fixture(scope="session")
def written(made, tmp_path_factory):
    """The file of a study by its kind."""
    known = {
        "ordinary": lambda folder: pages.ordinary(made, folder),
        "troubled": lambda folder: pages.troubled(made),
        "hostile": lambda folder: pages.hostile(made, folder),
        "of the lab's size": lambda folder: pages.many(made, folder, variants=15, seeds=5, epochs=30),
        "of 200 runs": lambda folder: pages.many(made, folder),
        "of one run": lambda folder: pages.material(made.study(["plain"]), {("plain", 0): made.runs(1)[0]}),
        "of nothing": lambda folder: pages.material(made.study(), {}),
    }
    files = {}

    def file(kind):
        if kind not in files:
            folder = tmp_path_factory.mktemp("page")
            files[kind] = write(known[kind](folder), folder / "report.html")
        return files[kind]

    return file
