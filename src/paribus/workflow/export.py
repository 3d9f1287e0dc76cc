"""Take results elsewhere: tables, a model card, or a tracker that is sent the runs afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from paribus.errors import RunError, UsageError
from paribus.record.records import Records
from paribus.record.store import Store
from paribus.report.output import writing
from paribus.trackers.watching import Outcome, Watching, require
from paribus.workflow import tidy


def written(study: str, records: Records, format_: str, *, runs: bool = False) -> str:
    """Return results as text in a format: ``csv`` or ``json``.

    Args:
        study: Its name.
        records: Its runs.
        format_: The format's name.
        runs: Of CSV the table of runs in place of that of epochs.

    Raises:
        UsageError: The format is no text.
    """
    if format_ == "parquet":
        raise UsageError("export.parquet-out")
    tables = tidy.tidy(records)
    if format_ == "json":
        return tidy.as_json(study, tables)
    return tidy.as_csv(tables.runs if runs else tables.epochs)


def write(
    study: str, records: Records, output: Path, format_: str = "", *, card: Callable[[], str]
) -> tuple[Path, ...]:
    """Write results to a file and return the files that were written.

    Args:
        study: Its name.
        records: Its runs.
        output: The file; without a format its ending says which: ``.csv``, ``.parquet``, ``.json``, ``.md``.
        format_: The format's name; empty for the ending's.
        card: Makes the model card.

    Raises:
        UsageError: There is no such format, the file cannot be written, or what the format needs is missing.
    """
    if format_ == "card" or (not format_ and output.suffix == ".md"):
        words = card()
        with writing(output):
            output.write_text(words, encoding="utf-8")
        return (output,)
    if format_ and output.suffix != f".{format_}":
        raise UsageError("export.other-ending", output=output, ending=f".{format_}")
    if output.suffix == ".parquet":
        require("parquet")
    return tidy.write(study, tidy.tidy(records), output)


def send(folder: Path, tracker: str, place: Path | None = None) -> Outcome:
    """Send a folder's runs to a tracker, and wait for it; what it has already is not sent again.

    Args:
        folder: The study's.
        tracker: The tracker's name.
        place: Where event files are written, in place of the study's folder.

    Raises:
        StoreError: The folder is the copy of an archive.
        UsageError: The tracker's package is not installed.
        RunError: The tracker is down, or refuses what it is sent.
    """
    Store(folder).check_writable()
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
