"""An MLflow experiment: from a folder of files, a database or a server, by MLflow's own client."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from paribus.errors import SourceError
from paribus.imported.extras import needed
from paribus.imported.runs import ForeignRun, Reading, level
from paribus.imported.tensorboard import aligned
from paribus.study.faults import KnownNames, format_value

_PAGE = 1000
_ENDED = ("FINISHED",)


def read_mlflow(uri: str, experiment: str) -> Reading:
    """Return the runs of an experiment.

    Args:
        uri: As MLflow's ``tracking_uri``: ``http://…``, ``sqlite:///…`` or a folder.
        experiment: Its name; may be empty where only one has runs.

    Raises:
        SourceError: MLflow is missing, the store cannot be read, or it has several experiments.
    """
    needed("mlflow", "mlflow", uri)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # which later versions read on demand alone
    from mlflow.exceptions import MlflowException  # pyright: ignore[reportMissingImports]
    from mlflow.tracking import MlflowClient  # pyright: ignore[reportMissingImports]

    try:
        client: Any = MlflowClient(tracking_uri=uri)
        with_runs = {each.name: each for each in client.search_experiments() if _has_runs(client, each)}
        if not with_runs:
            raise SourceError("imported.no-runs", file=uri)
        chosen = with_runs.get(experiment or next(iter(with_runs)))
        if chosen is None or (not experiment and len(with_runs) > 1):
            raise several("experiment", experiment, tuple(with_runs), uri)
        runs = list(_runs(client, chosen.experiment_id))
    except (MlflowException, OSError) as error:
        raise SourceError("imported.unreadable", file=uri, reason=str(error).splitlines()[0]) from error
    name = chosen.name if chosen.name != "Default" else Path(uri).name
    return Reading("mlflow", name, runs)


def several(what: str, given: str, names: tuple[str, ...], source: str) -> SourceError:
    """Return the error of a store with several experiments or studies, or of one that it does not have.

    Args:
        what: ``experiment`` or ``study``.
        given: The one that was asked for; empty where none was.
        names: Those that there are.
        source: The store.
    """
    known = KnownNames(given, names)
    code = "imported.no-such" if given else "imported.several"
    return SourceError(f"{code}-{what}", file=source, given=format_value(given), known=known)


def _has_runs(client: Any, experiment: Any) -> bool:
    return bool(client.search_runs([experiment.experiment_id], max_results=1))


def _runs(client: Any, experiment_id: str) -> Iterator[ForeignRun]:
    token: str | None = None
    while True:
        page = client.search_runs(
            [experiment_id], max_results=_PAGE, order_by=["attributes.start_time ASC"], page_token=token
        )
        for run in page:
            yield _run(client, run)
        token = page.token
        if not token:
            return


def _run(client: Any, run: Any) -> ForeignRun:
    tags, data, info = run.data.tags, run.data, run.info
    series: dict[str, tuple[list[int], list[float]]] = {}
    final: dict[str, float] = {}
    for name in sorted(data.metrics):
        if name.startswith("system/"):
            continue
        history = client.get_metric_history(info.run_id, name)
        by_step = {int(each.step): float(each.value) for each in history}
        if len(by_step) > 1:
            steps = sorted(by_step)
            series[name] = steps, [by_step[step] for step in steps]
        else:
            final[name] = float(data.metrics[name])
    epochs, curves, at_end = aligned(series) if series else (np.empty(0, np.int64), {}, {})
    return ForeignRun(
        tags.get("mlflow.runName") or info.run_id,
        {name: level(value) for name, value in sorted(data.params.items())},
        epochs=epochs,
        curves=curves,
        final={**final, **at_end},
        failed="" if info.status in _ENDED else f"its source says: {info.status.lower()}",
    )
