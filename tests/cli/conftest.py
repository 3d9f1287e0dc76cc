"""The command line, called in this process as a shell would."""

import os
import sys
from dataclasses import dataclass

import pytest

from paribus.cli import main
from paribus.execute import calibration
from paribus.execute.cost import Rates


@dataclass
class Answer:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str


@pytest.fixture
def paribus(monkeypatch, capsys, tmp_path):
    """Call a command from an empty folder, with an empty cache, on a machine of known speed:
    ``paribus("plan", "lab2")``.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    monkeypatch.setenv("PARIBUS_LANG", "en")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(calibration, "measure_rates", lambda: Rates((1e-10, 1e-10, 1e-9), 4.0, 2.0))

    def call(*arguments):
        language = os.environ["PARIBUS_LANG"]
        monkeypatch.setattr(sys, "argv", ["paribus", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        monkeypatch.setenv("PARIBUS_LANG", language)  # a process of its own would have kept it from us
        status = ended.value.code
        captured = capsys.readouterr()
        return Answer(0 if status is None else status, captured.out, captured.err)

    return call
