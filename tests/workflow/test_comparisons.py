"""Comparisons kept in a study's folder: believed only where they follow from what is there now."""

import subprocess
import sys

import pytest

from paribus.record import sealed
from paribus.record.run import Result, Status
from paribus.record.store import Store, specs
from paribus.workflow import comparisons
from paribus.workflow.results import load_results


@pytest.fixture
def folder(made, tmp_path):
    """A study of one question, answered by three seeds."""
    study = made.study(questions=[{"treatment": "l2", "reference": "plain"}])
    store = Store(tmp_path / "out")
    store.folder.mkdir()
    store.write_study(study, {"mnist": made.MNIST})
    for variant, spec in specs(study, {"mnist": made.MNIST}, study.variants, range(3)):
        run = store.run(spec)
        run.start(spec, {})
        gain = 0.01 + 0.001 * spec.seed if variant == "l2" else 0.0
        run.finish(Result(Status.FINISHED, 30, 30, {"accuracy": 0.95 + gain, "loss": 0.1, "data_loss": 0.1}))
    return store.folder


def test_kept_comparisons_are_those_computed(folder):
    results = load_results(folder)
    computed = results.comparisons()
    results.save_comparisons()
    assert (folder / comparisons.COMPARISONS).exists()
    assert load_results(folder).comparisons() == computed


def test_they_are_printed_as_a_table_and_a_sentence_each(folder):
    found = load_results(folder).comparisons()
    heading, row, sentence = str(found).splitlines()
    assert heading.split()[:2] == ["question", "variants"]
    assert row.startswith("L2 0.01 vs none  l2 − plain")
    assert sentence == f"- {found[0].sentence}"
    assert repr(found) == "Comparisons(1 comparisons, 1 with runs)"


def test_they_are_read_without_any_statistical_library(folder):
    load_results(folder).save_comparisons()
    code = (
        "import sys; from pathlib import Path; from paribus.workflow.results import load_results;"
        "print(len(load_results(Path(sys.argv[1])).comparisons()));"
        "print({'scipy.stats', 'statsmodels', 'pandas'} & set(sys.modules) or 'none')"
    )
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "none"]


@pytest.mark.parametrize("damage", ["half", "garbage", "another basis", "older form"])
def test_what_is_damaged_or_of_another_basis_is_computed_again(folder, damage):
    results = load_results(folder)
    computed = results.comparisons()
    results.save_comparisons()
    path = folder / comparisons.COMPARISONS
    if damage == "half":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "garbage":
        path.write_bytes(b"\0" * 50)
    else:
        tree = sealed.read(path)
        changed = {"basis": "0" * 64} if damage == "another basis" else {"comparisons": [{"seeds": [1]}]}
        sealed.write(path, {**tree, **changed})
    assert load_results(folder).comparisons() == computed


def test_other_code_gives_another_basis(folder, monkeypatch, tmp_path):
    results = load_results(folder)
    before = comparisons.basis_of(results.study, results.records.values(), results.looks)
    (tmp_path / "statistics.py").write_text("LEVEL = 0.01")
    monkeypatch.setattr(comparisons.statistics, "__file__", str(tmp_path / "statistics.py"))
    assert comparisons.basis_of(results.study, results.records.values(), results.looks) != before


def test_a_folder_that_cannot_be_written_is_no_fault(folder, monkeypatch):
    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(sealed, "write", full)
    results = load_results(folder)
    results.save_comparisons()
    assert len(results.comparisons()) == 1
