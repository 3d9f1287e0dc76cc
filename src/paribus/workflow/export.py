"""Take results elsewhere: tables, a model card, or a tracker that is sent the runs afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from paribus.errors import RunError, UsageError
from paribus.record.run import RunRecord
from paribus.report.output import writing
from paribus.trackers.watching import Outcome, Watching, require
from paribus.workflow import tidy

if TYPE_CHECKING:
    from paribus.workflow.results import Results


def written(
    results: Results, format_: str, *, runs: bool = False, variant: str | None, seed: int | None
) -> str:
    """Return results as text in a format: ``csv``, ``json`` or ``card``.

    Args:
        results: Of a study.
        format_: Its name.
        runs: Of CSV the table of runs in place of that of epochs.
        variant: Of a card.
        seed: Of a card.

    Raises:
        UsageError: The format is no text, or no card can be made of this run.
    """
    if format_ == "card":
        return card(results, variant, seed)
    if format_ == "parquet":
        raise UsageError("export.parquet-out")
    tables = tidy.tidy(results.records)
    if format_ == "json":
        return tidy.as_json(results.study.name, tables)
    return tidy.as_csv(tables.runs if runs else tables.epochs)


def write(
    results: Results, output: Path, format_: str = "", *, variant: str | None = None, seed: int | None = None
) -> tuple[Path, ...]:
    """Write results to a file and return the files that were written.

    Args:
        results: Of a study.
        output: The file; without a format its ending says which: ``.csv``, ``.parquet``, ``.json``, ``.md``.
        format_: The format's name; empty for the ending's.
        variant: Of a card.
        seed: Of a card.

    Raises:
        UsageError: There is no such format, the file cannot be written, or what the format needs is missing.
    """
    if format_ == "card" or (not format_ and output.suffix == ".md"):
        words = card(results, variant, seed)
        with writing(output):
            output.write_text(words, encoding="utf-8")
        return (output,)
    if format_ and output.suffix != f".{format_}":
        raise UsageError("export.other-ending", output=output, ending=f".{format_}")
    if output.suffix == ".parquet":
        require("parquet")
    return tidy.write(results.study.name, tidy.tidy(results.records), output)


def card(results: Results, variant: str | None, seed: int | None) -> str:
    """Return the model card of a run's kept weights.

    Args:
        results: Of a study.
        variant: The run's; None where the study has one alone.
        seed: The run's; None for the first that was trained to its end.

    Raises:
        UsageError: Several variants could be meant, or no such run was trained to its end.
    """
    from paribus.report.card import write_card

    name = results.only_variant(variant)
    runs = results[name].records
    record = _ended(runs, name, seed)
    return write_card(
        results.study,
        name,
        record,
        list(runs.values()),
        results.diagnose().by_variant().get(name, ()),
        str(results.folder),
    )


def send(folder: Path, tracker: str, place: Path | None = None) -> Outcome:
    """Send a folder's runs to a tracker, and wait for it; what it has already is not sent again.

    Args:
        folder: The study's.
        tracker: The tracker's name.
        place: Where event files are written, in place of the study's folder.

    Raises:
        UsageError: The tracker's package is not installed.
        RunError: The tracker is down, or refuses what it is sent.
    """
    require(tracker)
    watcher = Watching(folder, tracker, place=place)
    try:
        watcher.end()
        outcome = watcher.wait()
    finally:
        watcher.kill()
    if outcome.error:
        raise RunError("trackers.not-sent", tracker=tracker, cause=outcome.error)
    return outcome


def _ended(runs: Mapping[int, RunRecord], variant: str, seed: int | None) -> RunRecord:
    for number, record in runs.items():
        if record.has_ended and seed in (None, number):
            return record
    known = ", ".join(str(number) for number, record in runs.items() if record.has_ended) or "–"
    raise UsageError("kept.no-card", variant=variant, known=known)
