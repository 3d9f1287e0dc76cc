"""One study trained in five ways, as docs/five-ways.md has it; with PyTorch in tests/torch."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.workflow.five_ways import STILL_WIDER, WIDER, without_torch, write_files

import paribus as pb
from paribus.study.reader import load


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("five"))


def test_the_files_of_the_page_are_a_study_of_five_ways_and_keras_is_the_built_in_network(
    study: Path,
) -> None:
    variants = load(study).variants
    ways = {name.rpartition("-")[0] for name in variants}
    assert ways == {"built-in", "keras", "torch", "program", "table"}
    for width in (4, 32, 64):
        keras, built_in = (variants[f"{way}-{width}"].configuration for way in ("keras", "built-in"))
        assert keras == built_in


def test_the_table_and_the_same_table_imported_give_the_verdicts_of_the_page(study: Path) -> None:
    imported = pb.import_results(
        study.with_name("results.csv"), mapping=study.with_name("map.yaml"), out=study.parent / "i"
    )
    assert [each.verdict for each in imported.comparisons()] == [WIDER, STILL_WIDER]
    results = pb.run(study, only=["table-4", "table-32", "table-64"], out=study.parent / "table", workers=1)
    assert results.compare("table-32", "table-4").verdict == WIDER
    assert results.compare("table-64", "table-32").verdict == STILL_WIDER
    assert (
        results.compare("table-32", "table-4").difference
        == imported.compare("width=32", "width=4").difference
    )


@pytest.mark.slow
def test_every_way_without_pytorch_has_the_same_verdicts_in_one_report(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    results = pb.run(without_torch(study), out=study.parent / "out", workers=2)
    for way in ("built-in", "keras", "program", "table"):
        assert results.compare(f"{way}-32", f"{way}-4").verdict == WIDER
        assert results.compare(f"{way}-64", f"{way}-32").verdict == STILL_WIDER
    report = results.report(study.parent / "r.html").read_text(encoding="utf-8")
    for words in ("program.py --width {width}", "table.py", "Not known for a training of your own"):
        assert words in report
