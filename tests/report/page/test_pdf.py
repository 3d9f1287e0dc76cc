"""The page as PDF: which browser prints it, and what happens where none does."""

import shutil
import stat

import pytest
from tests.report.page import pages

from paribus.errors import UsageError
from paribus.report.page import pdf as printing
from paribus.report.page import render as drawing


@pytest.fixture
def material(made, tmp_path):
    (tmp_path / "study").mkdir()
    return pages.ordinary(made, tmp_path / "study", seeds=1, epochs=3)


@pytest.fixture
def only(tmp_path, monkeypatch):
    """A machine with one browser, which is a script; none where nothing is given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(printing.VARIABLE, raising=False)
    monkeypatch.setattr(printing, "BROWSERS", printing.BROWSERS[:7])

    def make(name, script):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


PRINTS = 'for word; do case $word in --print-to-pdf=*) echo "%PDF of $word" > "${word#*=}";; esac; done'


def test_what_the_browser_prints_is_the_file(only, material, tmp_path):
    only("google-chrome", PRINTS)
    (tmp_path / "new").mkdir()
    written = printing.write(material, tmp_path / "new" / "report.pdf")
    assert written.read_text().startswith("%PDF of --print-to-pdf=")


def test_the_browser_that_is_named_goes_first(only, monkeypatch):
    only("chromium", "exit 1")
    mine = only("mine", "exit 1")
    monkeypatch.setenv(printing.VARIABLE, str(mine))
    assert printing.find_browser() == str(mine)


def test_without_a_browser_it_says_what_would_do(only, material, tmp_path):
    with pytest.raises(UsageError) as told:
        printing.write(material, tmp_path / "report.pdf")
    assert "chromium" in str(told.value)
    assert "PARIBUS_BROWSER" in str(told.value)
    assert not (tmp_path / "report.pdf").exists()


def test_a_named_browser_that_is_not_there_is_not_replaced_by_another(only, monkeypatch):
    only("chromium", PRINTS)
    monkeypatch.setenv(printing.VARIABLE, "netscape")
    with pytest.raises(UsageError, match="netscape"):
        printing.find_browser()


def test_a_browser_that_fails_says_why(only, material, tmp_path):
    only("chromium", "echo no display >&2; exit 3")
    with pytest.raises(UsageError, match="no display"):
        printing.write(material, tmp_path / "report.pdf")


def test_a_file_that_cannot_be_written_is_told(only, material, tmp_path):
    only("chromium", PRINTS)
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UsageError, match="taken"):
        printing.write(material, tmp_path / "taken" / "report.pdf")


@pytest.mark.browser
@pytest.mark.skipif(not any(map(shutil.which, printing.BROWSERS)), reason="no browser is installed")
def test_a_real_browser_prints_pages_whose_curves_are_no_pictures(material, tmp_path):
    printed = printing.write(material, tmp_path / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF-")
    assert printed.count(b"/Type /Page\n") >= 2
    drawn = [line for line in printed.split(b"\n") if b"/Subtype /Image" in line]
    assert len(drawn) <= drawing.page(material).count("<img")  # the test images
