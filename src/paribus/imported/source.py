"""What lies at a place, and the runs in it: which reader is asked follows from names and first bytes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from paribus.errors import SourceError
from paribus.imported import wandb
from paribus.imported.context import name_of, settings_of
from paribus.imported.logs import history_of, of_history, of_records, read_json, read_log
from paribus.imported.plan import ImportPlan
from paribus.imported.roles import Role
from paribus.imported.runs import ForeignRun, Reading
from paribus.imported.table import read_table
from paribus.imported.tensorboard import EVENTS, read_tensorboard
from paribus.study import reading
from paribus.texts import suggestion

_PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".npy", ".npz", ".dill")
_DATABASES = (".db", ".sqlite", ".sqlite3")
_TABLES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
_JOURNALS = (".log", ".journal")
_MAX_FILES = 20_000
_KNOWN = "CSV, TSV, Parquet, JSON, TensorBoard, MLflow, W&B, Lightning, Optuna, Hydra"


def read_source(place: str, plan: ImportPlan, experiment: str = "") -> Reading:
    """Return the runs that lie at a place.

    Args:
        place: A file, a folder, or an address of MLflow or Optuna.
        plan: What the user says.
        experiment: MLflow's experiment or Optuna's study, where there are several.

    Raises:
        SourceError: There is nothing that can be read, or it is damaged.
    """
    if "://" in place:
        return _of_address(place, experiment)
    path = Path(place).expanduser()
    if not path.exists():
        near = sorted(each.name for each in path.parent.glob("*"))[:200] if path.parent.is_dir() else []
        raise SourceError("imported.no-file", file=path, suggestion=suggestion(path.name, near))
    path = path.resolve()
    return _of_folder(path, experiment) if path.is_dir() else _of_file(path, plan.columns, experiment)


def _of_address(place: str, experiment: str) -> Reading:
    from paribus.imported.mlflow import read_mlflow
    from paribus.imported.optuna import read_optuna

    if place.startswith("sqlite:///"):
        return _of_database(Path(place.removeprefix("sqlite:///")), experiment)
    if place.startswith(("http://", "https://", "file://", "databricks")):
        return read_mlflow(place, experiment)
    return read_optuna(place, experiment)


def _of_file(path: Path, columns: Mapping[str, Role], experiment: str) -> Reading:
    suffix = path.suffix.lower()
    if "tfevents" in path.name:
        return Reading("tensorboard", path.parent.name, read_tensorboard(path))
    if suffix in _DATABASES:
        return _of_database(path, experiment)
    if suffix in _JOURNALS:
        from paribus.imported.optuna import read_optuna

        return read_optuna(str(path), experiment)
    if suffix in (".json", ".jsonl"):
        tree = read_json(path)
        run = of_history(tree, path.stem, {}, path) if history_of(tree) is not None else None
        return of_records(tree, path) if run is None else Reading("keras", path.name, [run])
    if suffix in _TABLES:
        reading = read_table(path, columns)
        runs = (
            [replace(run, name=path.stem) for run in reading.runs] if len(reading.runs) == 1 else reading.runs
        )
        return replace(reading, runs=runs)
    code = "pickle" if suffix in _PICKLES else "unknown-kind"
    raise SourceError(f"imported.{code}", file=path, known=_KNOWN)


def _of_database(path: Path, experiment: str) -> Reading:
    """Return the runs of a SQLite file: MLflow's and Optuna's tables have names of their own."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
            tables = {str(row[0]) for row in base.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error as error:
        raise SourceError("imported.unreadable", file=path, reason=error) from error
    from paribus.imported.mlflow import read_mlflow
    from paribus.imported.optuna import read_optuna

    if "trials" in tables and "studies" in tables:
        return read_optuna(f"sqlite:///{path}", experiment)
    if "experiments" in tables and "runs" in tables:
        return read_mlflow(f"sqlite:///{path}", experiment)
    raise SourceError("imported.unknown-base", file=path, known=", ".join(sorted(tables)[:20]) or "–")


def _of_folder(root: Path, experiment: str) -> Reading:
    if _is_mlflow(root):
        from paribus.imported.mlflow import read_mlflow

        return read_mlflow(str(root), experiment)
    if _is_mlflow(root / "mlruns"):
        return _of_folder(root / "mlruns", experiment)
    if wandb.run_folders(root):
        return Reading("wandb", root.name, wandb.read_wandb(root))
    files = _files(root)
    is_hydra = any(each.name == "overrides.yaml" and each.parent.name == ".hydra" for each in files)
    if any(each.match(EVENTS) for each in files):
        return Reading("hydra" if is_hydra else "tensorboard", root.name, read_tensorboard(root))
    runs = [run for each in files if (run := _run(each, root)) is not None]
    if not runs:
        if any(each.suffix.lower() in _PICKLES for each in files):
            pickled = next(each for each in files if each.suffix.lower() in _PICKLES)
            raise SourceError("imported.pickle", file=pickled)
        raise SourceError("imported.nothing-in-folder", file=root, known=_KNOWN)
    is_lightning = any(each.name == "hparams.yaml" for each in files)
    kinds = "hydra" if is_hydra else "lightning" if is_lightning else "logs"
    return Reading(kinds, root.name, runs)


def _is_mlflow(root: Path) -> bool:
    """Return whether a folder is MLflow's store of files."""
    experiments = (each for each in root.glob("*/meta.yaml"))
    return any(b"experiment_id" in reading.read_bytes(each) for each in experiments if each.is_file())


def _files(root: Path) -> list[Path]:
    """Return the files below a folder, in order; links are not followed, for they may lead anywhere."""
    found: list[Path] = []
    for place, folders, names in os.walk(root):
        folders.sort()
        found += [each for name in sorted(names) if not (each := Path(place, name)).is_symlink()]
        if len(found) > _MAX_FILES:
            raise SourceError("imported.too-many-files", file=root, most=_MAX_FILES)
    return found


def _run(path: Path, root: Path) -> ForeignRun | None:
    """Return the run that a file logs; None where it is no log."""
    suffix, name = path.suffix.lower(), name_of(path, root)
    if path.parent.name == ".hydra" or path.name in (
        "hparams.json",
        "config.json",
        "params.json",
        "args.json",
    ):
        return None
    if suffix in (".csv", ".tsv"):
        return read_log(path, name, settings_of(path, root))
    if suffix == ".json":
        tree = read_json(path)
        return None if history_of(tree) is None else of_history(tree, name, settings_of(path, root), path)
    return None
