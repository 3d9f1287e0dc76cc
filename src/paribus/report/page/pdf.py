"""The page as PDF, printed by a browser of this machine in the page's own print style."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from paribus.errors import UsageError
from paribus.record import files
from paribus.report.material import Material
from paribus.report.output import writing
from paribus.report.page import render

VARIABLE = "PARIBUS_BROWSER"
"""The environment variable that names the browser to print with."""

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "chrome",
    "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_TIMEOUT = 120  # seconds


def write(material: Material, output: Path, *, appendix: bool = False) -> Path:
    """Print the page and return its file.

    Raises:
        UsageError: No browser is found that prints, it fails, or the file cannot be written.
    """
    return print_page(render.page(material, appendix=appendix), output)


def print_page(page: str, output: Path) -> Path:
    """Print a page and return its file.

    Args:
        page: As HTML.
        output: The file.

    Raises:
        UsageError: No browser is found that prints, it fails, or the file cannot be written.
    """
    browser = find_browser()
    with TemporaryDirectory(prefix="paribus-") as folder:
        written = Path(folder) / "report.html"
        written.write_bytes(page.encode("utf-8", errors="replace"))
        printed = _printed(browser, written, Path(folder))
    with writing(output):
        files.write(output, printed, durable=False)
    return output


def find_browser() -> str:
    """Return the browser to print with: that of `VARIABLE`, else the first of `BROWSERS` that is there.

    Raises:
        UsageError: There is none.
    """
    named = os.environ.get(VARIABLE)
    for browser in [named] if named else BROWSERS:
        if path := shutil.which(browser):
            return path
    raise UsageError("report.no-browser", given=named or ", ".join(BROWSERS[:4]), variable=VARIABLE)


def _printed(browser: str, page: Path, folder: Path) -> bytes:
    pdf = folder / "report.pdf"
    try:
        done = subprocess.run(  # noqa: S603 -- the browser that the machine has, or its user names
            [browser, *_options(folder), f"--print-to-pdf={pdf}", page.as_uri()],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
        )
        said = done.stderr.strip().splitlines()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError("report.not-printed", browser=browser, reason=error) from error
    if not pdf.exists():
        raise UsageError("report.not-printed", browser=browser, reason=said[-1] if said else done.returncode)
    return pdf.read_bytes()


def _options(folder: Path) -> Iterator[str]:
    yield from ("--headless", "--disable-gpu", "--no-pdf-header-footer")
    yield f"--user-data-dir={folder / 'profile'}"
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        yield "--no-sandbox"  # which Chromium cannot have as root; the page runs no script but its own
