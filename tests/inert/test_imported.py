"""Results that were made elsewhere, under names that mean harm."""

from __future__ import annotations

import csv
import sys

import pytest
from tests.inert.corpus import NAMES, hidden

import paribus as pb
from paribus.cli import main
from paribus.texts.inert import on_one_line


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "runs\x1b[31m.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["model", "seed", "epoch", "loss", "val_acc"])
        for place, name in enumerate(NAMES):
            for seed in range(3):
                rows.writerow([on_one_line(name), seed, 1, 0.5, 0.8 + place / 100 + seed / 1000])
    return path


def test_they_are_read_and_shown_and_nothing_is_carried_out(table, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = pb.import_results(table, out="out")
    assert len(results) == len(NAMES)
    assert not hidden(str(results))
    monkeypatch.setattr(sys, "argv", ["paribus", "import", str(table), "--out", "again"])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr()
    assert said.out
    assert not hidden(said.out + said.err)
    assert not (tmp_path / "hacked").exists()
