"""Logs of single runs in a folder: Keras, Lightning, Hydra; and what lies at a place is found out."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest

import paribus as pb
from paribus.imported.plan import ImportPlan
from paribus.imported.source import read_source

VARIANTS = {"baseline": 0.8, "dropout": 0.9}


def history(variant: str, seed: int) -> dict[str, list[float]]:
    top = VARIANTS[variant] + 0.001 * seed
    return {"loss": [1.0, 0.5], "accuracy": [0.5, 0.6], "val_loss": [1.1, 0.7], "val_accuracy": [0.4, top]}


def expect(results: pb.Results, epochs: int = 2) -> None:
    assert set(results) == set(VARIANTS)
    for name, top in VARIANTS.items():
        assert sorted(results[name].records) == [0, 1, 2]
        assert results[name].records[2].validation_score == pytest.approx(top + 0.002)
        assert len(results[name].records[2].history) == epochs


def test_histories_of_keras_as_json_are_runs_named_by_their_files(tmp_path):
    for variant in VARIANTS:
        for seed in range(3):
            (tmp_path / f"{variant}_seed{seed}.json").write_text(json.dumps(history(variant, seed)))
    expect(pb.import_results(tmp_path, out=tmp_path / "out"))


def test_csvloggers_files_are_runs_named_by_their_folders(tmp_path):
    for variant in VARIANTS:
        for seed in range(3):
            folder = tmp_path / "logs" / variant / f"seed_{seed}"
            folder.mkdir(parents=True)
            found = history(variant, seed)
            rows = [",".join([str(place), *(str(found[name][place]) for name in found)]) for place in (0, 1)]
            (folder / "training.csv").write_text("\n".join([",".join(["epoch", *found]), *rows]) + "\n")
    expect(pb.import_results(tmp_path / "logs", out=tmp_path / "out"))


def lightning(folder: Path, variant: str, seed: int) -> None:
    """As Lightning 2.5 writes it: training, validation and test on lines of their own."""
    folder.mkdir(parents=True)
    found = history(variant, seed)
    lines = ["epoch,step,test_acc,train_loss_epoch,train_loss_step,val_acc,val_loss"]
    for epoch in (0, 1):
        step = 10 * epoch + 9
        lines.append(f"{epoch},{step},,,{found['loss'][epoch]},,")
        lines.append(f"{epoch},{step},,,,{found['val_accuracy'][epoch]},{found['val_loss'][epoch]}")
        lines.append(f"{epoch},{step},,{found['loss'][epoch]},,,")
    lines.append(f"2,20,{0.7 + 0.001 * seed},,,,")
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    (folder / "hparams.yaml").write_text(f"model: {variant}\nseed: {seed}\nbatch_size: 64\n")


def test_lightnings_csvlogger_is_read_with_its_hparams(tmp_path):
    number = 0
    for variant in VARIANTS:
        for seed in range(3):
            lightning(tmp_path / "lightning_logs" / f"version_{number}", variant, seed)
            number += 1
    results = pb.import_results(tmp_path / "lightning_logs", out=tmp_path / "out")
    expect(results)
    assert results["dropout"].records[1].test_score == pytest.approx(0.701)
    assert results.study.variants["dropout"].configuration.batch_size == 64


def test_hydras_overrides_name_variants_and_seeds(tmp_path):
    number = 0
    for variant in VARIANTS:
        for seed in range(3):
            job = tmp_path / "multirun" / "2025-01-01" / "12-00-00" / str(number)
            (job / ".hydra").mkdir(parents=True)
            (job / ".hydra" / "overrides.yaml").write_text(f"- model={variant}\n- ++trainer.seed={seed}\n")
            (job / "history.json").write_text(json.dumps(history(variant, seed)))
            number += 1
    expect(pb.import_results(tmp_path / "multirun", out=tmp_path / "out"))


def test_a_list_of_rows_in_json_is_a_table(tmp_path):
    rows = [
        {"model": name, "seed": seed, "val_accuracy": top + 0.001 * seed}
        for name, top in VARIANTS.items()
        for seed in range(3)
    ]
    (tmp_path / "runs.json").write_text(json.dumps(rows))
    expect(pb.import_results(tmp_path / "runs.json", out=tmp_path / "out"), epochs=0)


class Trap:
    """Writes a file where it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("trap",))


@pytest.mark.parametrize("name", ["history.pkl", "weights.pt", "history.npy", "history.joblib"])
def test_a_pickle_is_never_opened(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(pickle.dumps(Trap()))
    for place in (name, "."):
        with pytest.raises(pb.SourceError, match="pickle"):
            read_source(place, ImportPlan())
    assert not Path("trap").exists()


def test_links_in_a_folder_are_not_followed(tmp_path):
    (tmp_path / "secret.json").write_text(json.dumps(history("dropout", 0)))
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "baseline.json").write_text(json.dumps(history("baseline", 0)))
    (tmp_path / "logs" / "dropout.json").symlink_to(tmp_path / "secret.json")
    assert [run.name for run in read_source(str(tmp_path / "logs"), ImportPlan()).runs] == ["baseline"]


def test_a_place_that_is_not_there_is_said_with_what_is(tmp_path):
    (tmp_path / "runs.csv").write_text("model,seed,test_acc\n")
    with pytest.raises(pb.SourceError, match=r"does not exist.*Did you mean 'runs.csv'"):
        read_source(str(tmp_path / "rums.csv"), ImportPlan())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", '{"loss": [1, "high"]}', "'high' at epoch 2 is no number"),
        ("a.json", "{not json", "is no JSON"),
        ("a.json", '{"loss": 1}', "neither Keras's history"),
        ("a.xlsx", "x", "nothing is known of such files"),
        ("a.db", "not a database, but long enough to have a header of some kind" * 3, "cannot be read"),
        ("a.csv", "a\0b,c\n1,2\n", "is no text file"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path, name, content, said):
    (tmp_path / name).write_text(content)
    with pytest.raises(pb.SourceError, match=said):
        pb.import_results(tmp_path / name, out=tmp_path / "out")


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    import importlib.util

    from paribus.imported import extras

    there = importlib.util.find_spec
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "tensorboard" else there(name))
    (tmp_path / "events.out.tfevents.1").write_bytes(b"")
    with pytest.raises(pb.SourceError, match=r'pip install "paribus\[tensorboard\]"'):
        read_source(str(tmp_path), ImportPlan())
