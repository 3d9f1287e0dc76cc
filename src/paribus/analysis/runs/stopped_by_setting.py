"""Early stopping that one unusual setting kept from seeing an improvement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.configured import is_no_better
from paribus.analysis.runs.early_stopping import stops
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.stopping_changes import as_written, back_to_default, unusual_settings
from paribus.record.run import Status
from paribus.study.configuration import Configuration
from paribus.texts.message import Message


class StoppedBySetting(RunRule):
    """Early stopping that ended a run by its `mode`, `baseline` or `min_delta`.

    With the default of that one setting, the same epochs would not have ended the run.
    """

    code = "stopped-by-setting"
    severities = (Severity.WARNING,)
    any_training = True
    reference = "Keras, callbacks/early_stopping.py"
    remark = Place.CURVES
    explains = frozenset(
        {
            "neglected-class",
            "not-converged",
            "nothing-learned",
            "stopped-on-noise",
            "stopped-too-soon",
            "vanishing",
        }
    )

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended, and early stopping could have ended it."""
        return run.has_ended and run.configuration.early_stopping is not None

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the first setting whose default would have let the run go on."""
        settings, rows = run.configuration.early_stopping, run.record.history
        if settings is None or run.record.status is not Status.EARLY_STOPPED:
            return None
        for key, now, default in unusual_settings(settings):
            usual = settings.model_copy(update={key: default})
            epoch, _ = stops(usual, rows, settings.patience)
            if epoch is None:
                evidence = {"epoch": float(run.epochs), "patience": float(settings.patience)}
                named = {
                    "key": key,
                    "value": as_written(now),
                    "default": as_written(default),
                    "monitor": settings.monitor,
                }
                fault = Message("diagnosis.stopping-setting", {**evidence, **named})
                to_try = Message(f"diagnosis.usual-{key.replace('_', '-')}", {**evidence, **named})
                return Fact(Severity.WARNING, evidence, {**named, "fault": fault, "to_try": to_try})
        return None

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise the default of the setting."""
        return _of_setting(configuration, finding, "usual")

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the setting."""
        return _of_setting(configuration, finding, "stopping")

    def remains(self, before: RunEvidence, after: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether the run with the default validates no better: there is no finding in any case."""
        return is_no_better(before, after)


def _of_setting(configuration: Configuration, finding: Finding, kind: str) -> Iterable[Change]:
    changes = back_to_default(configuration.early_stopping, kind)
    return (change for change in changes if change.values["key"] == finding.placeholders["key"])
