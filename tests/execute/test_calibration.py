"""The machine's rates: kept where they can be, measured anew where they are not whole."""

import json
import os
import sys

import pytest

from paribus.execute import calibration
from paribus.execute.cost import Rates

FOUND = Rates((1e-10, 2e-10, 3e-10), 4.0, 5.0)


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """An empty cache, and a measurement that counts how often it is made."""
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    times = []
    monkeypatch.setattr(calibration, "measure_rates", lambda: times.append(1) or FOUND)
    return times


def test_a_machine_is_measured_once(measured):
    assert calibration.rates(measure=False) is None
    assert calibration.rates() == calibration.rates() == calibration.rates(measure=False) == FOUND
    assert len(measured) == 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"seconds": [1]}',
        '{"seconds": "a", "start": 1, "setup": 1}',
        '{"seconds": [1, 1, 1e999], "start": 1, "setup": 1}',
        '{"seconds": [1, 1, -1], "start": 1, "setup": 1}',
        '{"seconds": [1, 1], "start": 1, "setup": 1}',
    ],
)
def test_a_damaged_calibration_is_made_anew(measured, tmp_path, content):
    calibration.rates()
    (kept,) = (tmp_path / "cache" / "calibration").iterdir()
    kept.write_text(content)
    assert calibration.rates() == FOUND
    assert json.loads(kept.read_text())["setup"] == 5.0
    assert len(measured) == 2


def test_a_pipe_in_place_of_a_calibration_does_not_hang(measured, tmp_path):
    calibration.rates()
    (kept,) = (tmp_path / "cache" / "calibration").iterdir()
    kept.unlink()
    os.mkfifo(kept)
    assert calibration.rates() == FOUND


def test_a_cache_that_cannot_be_written_does_no_harm(measured, tmp_path):
    (tmp_path / "cache").write_text("a file in the folder's place")
    assert calibration.rates() == FOUND


def test_a_measurement_that_fails_tells_nothing(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert calibration.measure_rates() is None


@pytest.mark.slow
def test_this_machine_has_rates_of_a_processor():
    """Between 10⁸ and 10¹² multiply-adds a second."""
    found = calibration.measure_rates()
    assert 1e-12 < found.seconds[0] < 1e-8
    assert found.start > 0.1
    assert found.setup > 0.01
