"""A large study's report is made again whenever anything differs that it follows from, and not before."""

import pytest
from tests.workflow.test_many_variants import folder_of

from paribus.live import reports
from paribus.record import index
from paribus.report.page import render
from paribus.study.cache import cache_folder
from paribus.texts import language
from paribus.workflow.results import load_results


@pytest.fixture
def study(tmp_path, monkeypatch):
    """The folder of a study that counts as large."""
    monkeypatch.setattr(index, "LEAST_RUNS", 1)
    monkeypatch.setattr(index, "SETTLED_SECONDS", 0.0)
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    return folder_of(tmp_path / "study", 3)


@pytest.fixture
def report(study, tmp_path, monkeypatch):
    """Write the report, and return its bytes and whether it was made anew."""
    made = []
    page = render.page
    monkeypatch.setattr(render, "page", lambda *given, **named: made.append(1) or page(*given, **named))

    def report(**options):
        made.clear()
        file = load_results(study).report(tmp_path / "report.html", **options)
        return file.read_bytes(), bool(made)

    return report


def test_the_second_one_is_the_same_and_not_made_again(report):
    first, was_made = report()
    assert was_made
    assert report() == (first, False)


def test_the_live_page_s_is_the_same(report, study):
    first, _ = report()
    assert reports.report(study).encode() == first


def test_any_file_that_changes_has_it_made_again(report, study):
    report()
    run = next((study / "runs").iterdir())
    for path, content in (
        (run / "timing.jsonl", '{"epoch": 1, "training": 2.5, "validation": 0.5}\n'),
        (run / "environment.json", '{"processor": "another"}'),
        (study / "aa.json", "{}"),
    ):
        path.write_text(content)
        assert report()[1], path.name
        assert not report()[1], path.name


def test_another_language_and_author_have_another_one(report):
    first, _ = report()
    assert report(author="Lê Minh")[1]
    with language("vi"):
        assert report()[1]
    assert report() == (first, False)


@pytest.mark.parametrize("content", [b"", b"<html>", b"0" * 64 + b"\n<html>"])
def test_one_that_is_damaged_is_made_again(report, content):
    first, _ = report()
    (file,) = (cache_folder() / "reports").iterdir()
    file.write_bytes(content)
    assert report() == (first, True)


def test_that_of_a_small_study_is_not_kept(report, monkeypatch):
    monkeypatch.setattr(index, "LEAST_RUNS", 10**9)
    report()
    assert report()[1]
    assert not (cache_folder() / "reports").exists()


def test_other_code_makes_it_again(report, monkeypatch):
    from paribus.workflow import kept_report

    report()
    monkeypatch.setattr(kept_report, "_code", lambda: "another")
    assert report()[1]
