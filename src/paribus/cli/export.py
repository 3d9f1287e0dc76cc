"""Results for other programs, on standard output or in files."""

from __future__ import annotations

import sys
from functools import partial
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
    card = partial(results.card, variant, seed)
    if format_ in TRACKERS:
        outcome = export.send(folder, format_, out)
        sys.stdout.write(f"{outcome.sentence(folder)}\n")
    elif out is None:
        is_card, name = format_ == "card", results.study.name
        sys.stdout.write(card() if is_card else export.written(name, results.records, format_, runs=runs))
    else:
        for file in export.write(results.study.name, results.records, out, format_, card=card):
            sys.stdout.write(f"{text('cli.report.written', file=file)}\n")
