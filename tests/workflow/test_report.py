"""Which format a report is written in, and which options each has."""

from __future__ import annotations

import pytest
from tests.report.page import pages

from paribus.errors import UsageError
from paribus.workflow.report import write_report


@pytest.fixture
def material(made, tmp_path):
    return lambda: pages.ordinary(made, tmp_path / "runs", seeds=1, epochs=2)


@pytest.mark.parametrize(
    ("name", "options"), [("r.md", "both"), ("r.pdf", "both"), ("r.ipynb", "appendix"), ("r.md", "appendix")]
)
def test_an_option_that_a_format_does_not_have_is_an_error(material, tmp_path, name, options):
    chosen = {"both": False, "appendix": False, options: True}
    with pytest.raises(UsageError, match=options):
        write_report(material, tmp_path / name, tmp_path, **chosen)
    assert not (tmp_path / name).exists()


def test_both_languages_are_written_into_one_file(material, tmp_path):
    file = write_report(material, tmp_path / "r.html", tmp_path, both=True, appendix=False)
    written = file.read_text(encoding="utf-8")
    assert '<div class="tongue" lang="en">' in written
    assert '<div class="tongue" lang="vi">' in written


def test_an_unknown_ending_is_an_error_that_names_the_known_ones(material, tmp_path):
    with pytest.raises(UsageError, match=r"\.ipynb"):
        write_report(material, tmp_path / "r.docx", tmp_path, both=False, appendix=False)
