"""Results for other programs, on standard output or in files."""

from __future__ import annotations

import sys
from pathlib import Path

from paribus.texts import text
from paribus.trackers import TRACKERS
from paribus.workflow import export
from paribus.workflow.results import load_results


def export_results(
    folder: Path, format_: str, out: Path | None, *, runs: bool, variant: str | None, seed: int | None
) -> None:
    """Write a study's results in a format, or send its runs to a tracker.

    Args:
        folder: The study's.
        format_: The format's or the tracker's name.
        out: The file, or the folder of event files; None for standard output, or the study's folder.
        runs: Whether CSV on standard output is the table of runs.
        variant: Of a card.
        seed: Of a card.
    """
    results = load_results(folder)
    if format_ in TRACKERS:
        outcome = export.send(folder, format_, out)
        sys.stdout.write(f"{outcome.sentence(folder)}\n")
    elif out is None:
        sys.stdout.write(export.written(results, format_, runs=runs, variant=variant, seed=seed))
    else:
        for file in export.write(results, out, format_, variant=variant, seed=seed):
            sys.stdout.write(f"{text('cli.report.written', file=file)}\n")
