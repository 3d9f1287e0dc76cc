"""Which language is spoken, and how it writes its numbers."""

from threading import Thread

import pytest

import paribus as pb
from paribus.analysis.finding import Finding, Severity
from paribus.errors import UsageError
from paribus.report.tables import changes
from paribus.study.reader import load
from paribus.texts import VARIABLE, current_language, language, number, set_language, text
from paribus.texts.message import Listed
from paribus.texts.quantities import Difference, DifferenceInterval, PValue, duration, percent


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv(VARIABLE, "en")


def heard_in_a_thread():
    heard = []
    thread = Thread(target=lambda: heard.append(current_language()))
    thread.start()
    thread.join()
    return heard[0]


def test_english_is_spoken_unless_something_else_is_said(monkeypatch):
    assert current_language() == "en"
    monkeypatch.delenv(VARIABLE)
    assert current_language() == "en"
    monkeypatch.setenv(VARIABLE, "")
    assert current_language() == "en"


def test_a_context_speaks_its_language_and_no_longer():
    with pb.language("vi"):
        assert text("report.column-variant") == "biến thể"
        with language("en"):
            assert text("report.column-variant") == "variant"
        assert text("report.column-variant") == "biến thể"
    assert text("report.column-variant") == "variant"


def test_a_context_ends_with_an_error_too():
    with pytest.raises(KeyError), language("vi"):
        text("report.nothing")
    assert current_language() == "en"


def test_the_environment_names_the_language_and_a_context_goes_before_it(monkeypatch):
    monkeypatch.setenv(VARIABLE, "vi")
    assert current_language() == "vi"
    with language("en"):
        assert current_language() == "en"


def test_a_process_speaks_in_all_its_threads_and_a_context_in_its_own():
    with language("vi"):
        assert heard_in_a_thread() == "en"
    set_language("vi")
    assert heard_in_a_thread() == "vi"


@pytest.mark.parametrize("named", ["vn", "", "VI", "English"])
def test_an_unknown_language_is_refused_with_those_that_are_known(named):
    with pytest.raises(ValueError, match="Known: en"), language(named):
        pass
    with pytest.raises(ValueError, match="Known: en"):
        set_language(named)
    assert current_language() == "en"


def test_an_unknown_language_of_the_environment_is_refused(monkeypatch):
    monkeypatch.setenv(VARIABLE, "vn")
    with pytest.raises(ValueError, match=r"PARIBUS_LANG: 'vn'"):
        text("report.column-variant")


def test_an_error_is_told_in_the_language_of_whoever_reads_it():
    error = UsageError("run.not-positive", option="seeds", value=0)
    assert "too small" in str(error)
    with language("vi"):
        assert "quá nhỏ" in str(error)


def test_a_finding_is_told_in_the_language_of_whoever_reads_it():
    found = Finding("nothing-differs", Severity.SERIOUS, ("a", "b"))
    english = str(found.why)
    with language("vi"):
        assert str(found.why) != english
        assert "a và b" in str(found.why)


@pytest.mark.parametrize(
    ("value", "spec", "english", "vietnamese"),
    [
        (0.5, ".2f", "0.50", "0,50"),
        (1234567, ",", "1,234,567", "1.234.567"),
        (-1234.5, "+,.1f", "−1,234.5", "−1.234,5"),
        (1.5e-9, ".2g", "1.5×10⁻⁹", "1,5·10⁻⁹"),
        (30, "", "30", "30"),
        (0.001, "", "0.001", "0,001"),
        (float("nan"), ".2f", "nan", "nan"),
    ],
)
def test_numbers_are_written_as_the_language_writes_them(value, spec, english, vietnamese):
    assert number(value, spec) == english
    with language("vi"):
        assert number(value, spec) == vietnamese


def test_numbers_in_a_sentence_too():
    evidence = {"images": 10_000, "accuracy": 96.18, "half": 0.376, "margin": 0.5}
    found = Finding("few-validation-images", Severity.INFO, evidence=evidence, placeholders={"data": "mnist"})
    assert "10,000 validation images" in str(found.why)
    assert "±0.38 percentage points" in str(found.why)
    with language("vi"):
        assert "10.000 ảnh validation" in str(found.why)
        assert "±0,38 điểm" in str(found.why)


def test_whatever_tables_show_is_written_so():
    def shown():
        return (
            percent(0.9641),
            duration(1234.5),
            duration(9.87),
            str(PValue(1e-9)),
            str(PValue(0.0312)),
            str(Difference(0.018, "test_accuracy")),
            str(Difference(-0.01234, "test_loss")),
            str(DifferenceInterval((-0.001, 0.02), "test_accuracy")),
            changes(load("lab2"), "4a"),
        )

    assert shown()[:3] == ("96.41", "1,234", "9.9")
    with language("vi"):
        assert shown() == (
            "96,41",
            "1.234",
            "9,9",
            "< 0,0001",
            "0,031",
            "+1,80 điểm phần trăm",
            "−0,0123",
            "−0,10 đến +2,00",
            "từ 2: momentum 0,9",
        )


def test_words_are_listed_as_the_language_lists_them():
    with language("vi"):
        assert str(Listed(("1", "2", "3a"))) == "1, 2 và 3a"


def test_a_count_chooses_the_form():
    assert text("study.faults", file="f", count=1) == "f has one fault."
    with language("vi"):
        assert text("study.faults", file="f", count=1) == "f có 1 lỗi."
        assert text("study.faults", file="f", count=7) == "f có 7 lỗi."
