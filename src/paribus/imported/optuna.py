"""An Optuna study: from a database or a journal, by Optuna's own storage."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from paribus.errors import SourceError
from paribus.imported.extras import needed
from paribus.imported.metric_names import GivenMetric, metric_name
from paribus.imported.mlflow import several
from paribus.imported.runs import ForeignRun, Level, Numbers, Reading, level, number, whole

_OBJECTIVE = "objective"


def read_optuna(place: str, study: str) -> Reading:
    """Return the trials of a study, each a run whose settings are its parameters.

    Args:
        place: A database's address, such as ``sqlite:///trials.db``, or the file of a journal.
        study: Its name; may be empty where the storage has one.

    Raises:
        SourceError: Optuna is missing, the storage cannot be read, or it has several studies.
    """
    needed("optuna", "optuna", place)
    optuna: Any = import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        storage = _storage(place)
        names: list[str] = [each.study_name for each in optuna.get_all_study_summaries(storage)]
        if not names:
            raise SourceError("imported.no-runs", file=place)
        if study not in names and (study or len(names) > 1):
            raise several("study", study, tuple(names), place)
        loaded: Any = optuna.load_study(study_name=study or names[0], storage=storage)
    except SourceError:
        raise
    except Exception as error:  # of the database's driver as well
        raise SourceError("imported.unreadable", file=place, reason=str(error).splitlines()[0]) from error
    objectives = loaded.metric_names or _objectives(len(loaded.directions))
    rises = [each.name == "MAXIMIZE" for each in loaded.directions]
    metrics = {
        name: GivenMetric(_on_validation(name), up) for name, up in zip(objectives, rises, strict=True)
    }
    runs = [_run(trial, objectives) for trial in loaded.trials]
    return Reading("optuna", loaded.study_name, runs, metrics=metrics)


def _storage(place: str) -> Any:
    if "://" in place:
        return place
    from optuna.storages import JournalStorage  # pyright: ignore[reportMissingImports]
    from optuna.storages.journal import JournalFileBackend  # pyright: ignore[reportMissingImports]

    return JournalStorage(JournalFileBackend(str(Path(place))))


def _objectives(count: int) -> list[str]:
    return [_OBJECTIVE] if count == 1 else [f"{_OBJECTIVE}_{place}" for place in range(count)]


def _on_validation(name: str) -> str:
    """Return an objective's name with the examples that a search looks at, unless it says others."""
    found = metric_name(name)
    return name if found and found.part else f"val_{name}"


def _run(trial: Any, objectives: list[str]) -> ForeignRun:
    settings: dict[str, Level] = {name: level(value) for name, value in trial.params.items()}
    final = dict(_measured(trial.user_attrs))
    settings |= {name: level(value) for name, value in trial.user_attrs.items() if name not in final}
    seed = next((whole(value) for name, value in settings.items() if name.lower().endswith("seed")), None)
    curves: dict[str, Numbers] = {}
    steps = sorted(trial.intermediate_values)
    if len(steps) > 1 and len(objectives) == 1:
        curves = {objectives[0]: np.array([trial.intermediate_values[step] for step in steps], np.float64)}
    has_ended = trial.state.name == "COMPLETE"
    if has_ended and not curves:
        final |= dict(zip(objectives, map(float, trial.values), strict=True))
    return ForeignRun(
        f"trial {trial.number}",
        settings,
        seed=seed,
        epochs=np.array(steps if curves else [], np.int64),
        curves=curves,
        final=final,
        failed="" if has_ended else f"its source says: {trial.state.name.lower()}",
    )


def _measured(attributes: Mapping[str, object]) -> list[tuple[str, float]]:
    """Return the user's attributes that are metrics by their names, such as ``test_accuracy``."""
    found = ((name, number(value)) for name, value in attributes.items() if metric_name(name) is not None)
    return [(name, value) for name, value in found if value is not None]
