"""MLflow: an experiment a study, a run a run; its server, or a database in the study's folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from paribus.record.run import ENDED, Result
from paribus.trackers.tracker import Epoch, TrackedRun, Tracker, test_metrics

ADDRESS = "MLFLOW_TRACKING_URI"
"""MLflow's own variable of the environment, which says where runs are sent."""
_MOST_PARAMETERS, _MOST_METRICS = 100, 1000  # of one call
_MOST_LETTERS, _MOST_LETTERS_OF_A_NAME = 6000, 250
FILE = "mlflow.db"
"""The database in a study's folder, where the environment names no other place."""
_QUIET = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",  # of two minutes, in which nobody would know that it hangs
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


class MLflow(Tracker):
    """Runs of MLflow, made by its client.

    Args:
        folder: The study's; its database is there where the environment names no other place.
        experiment: The study's name.
    """

    def __init__(self, folder: Path, experiment: str) -> None:
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        file = (folder / FILE).resolve()
        # In an address these end the file's name: a database within this folder is named from here.
        own = f"sqlite:///{FILE if set('?#%') & {*str(file)} else file}"
        self.place = os.environ.get(ADDRESS) or own
        if self.place == own:
            os.chdir(folder)  # where MLflow makes a folder for artifacts
        from mlflow.tracking import MlflowClient  # pyright: ignore[reportMissingImports]

        self._client: Any = MlflowClient(tracking_uri=self.place)
        found = self._client.get_experiment_by_name(experiment)
        self._experiment = found.experiment_id if found else self._client.create_experiment(experiment)
        self._last: dict[str, dict[str, int]] = {}  # of each run the last step of each metric

    def begin(self, run: TrackedRun, identity: str) -> tuple[str, int]:  # noqa: D102
        if identity and self.has(identity):
            self._client.update_run(identity, status="RUNNING")
            self._last[identity] = last = self._last_steps(identity)
            return identity, min((last[name] for name in last if not name.startswith("test_")), default=0)
        made = self._client.create_run(
            self._experiment, start_time=_milliseconds(run.begun), tags=run.tags, run_name=run.name
        )
        identity = made.info.run_id
        for part in _parts(list(_parameters(run.settings)), _MOST_PARAMETERS):
            self._client.log_batch(identity, params=part)
        return identity, 0

    def log(self, identity: str, epochs: Sequence[Epoch]) -> None:  # noqa: D102
        self._log(
            identity,
            [each for every in epochs for each in _metrics(every.metrics, every.number, every.ended)],
        )

    def end(self, identity: str, result: Result, ended: float) -> None:  # noqa: D102
        self._log(identity, list(_metrics(test_metrics(result), result.kept_epoch, ended)))
        self._client.set_tag(identity, "status", result.status.value)
        self._client.set_tag(identity, "kept_epoch", str(result.kept_epoch))
        if result.cause:
            self._client.set_tag(identity, "cause", result.cause[:_MOST_LETTERS])
        status = "FINISHED" if result.status in ENDED else "FAILED"
        self._client.set_terminated(identity, status=status, end_time=_milliseconds(ended))

    def has(self, identity: str) -> bool:  # noqa: D102
        from mlflow.exceptions import MlflowException  # pyright: ignore[reportMissingImports]

        try:
            return self._client.get_run(identity).info.lifecycle_stage == "active"
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return False
            raise

    def close(self) -> None:
        """Do nothing: each call is sent when it is made."""

    def _log(self, identity: str, metrics: Sequence[Any]) -> None:
        """Send metrics but for those it has: what is sent in parts may have ended within an epoch."""
        last = self._last.get(identity, {})
        new = [each for each in metrics if each.step > last.get(each.key, 0)]
        for part in _parts(new, _MOST_METRICS):
            self._client.log_batch(identity, metrics=part)

    def _last_steps(self, identity: str) -> dict[str, int]:
        """Return the last step of each metric of a run, as the tracker itself says."""
        named = self._client.get_run(identity).data.metrics
        return {
            name: max(each.step for each in self._client.get_metric_history(identity, name)) for name in named
        }


def _parameters(settings: Mapping[str, object]) -> Iterator[Any]:
    from mlflow.entities import Param  # pyright: ignore[reportMissingImports]

    for name, value in settings.items():
        yield Param(_name(name), str(value)[:_MOST_LETTERS])


def _metrics(metrics: Mapping[str, float], step: int, moment: float) -> Iterator[Any]:
    from mlflow.entities import Metric  # pyright: ignore[reportMissingImports]

    for name, value in metrics.items():
        yield Metric(_name(name), value, _milliseconds(moment), step)


def _name(name: str) -> str:
    """Return a name that MLflow takes.

    Example:
        >>> _name("learning rate*")
        'learning rate_'
    """
    return re.sub(r"[^\w\-. :/]", "_", name)[:_MOST_LETTERS_OF_A_NAME]


def _parts(items: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]


def _milliseconds(moment: float) -> int:
    return int(moment * 1000)
