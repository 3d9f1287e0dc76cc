"""Measure Paribus and other frameworks in one run, and write the figures to docs/performance.md.

    make benchmarks ARGS="--data-dir DIR"

A killed run goes on where it stopped. Each measurement is a line in build/benchmarks/whole/raw.jsonl; the
medians go to benchmarks/measured.json, and from there to the page.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import growth, images, machine, measure, report, whole
from benchmarks.cells import CELLS, CONTENDERS, KNOWN_CONTENDERS, Cell
from benchmarks.networks import NETWORK_CELLS, NETWORK_FAMILIES, NetworkCell
from benchmarks.processes import ROOT, Place
from benchmarks.raw import OtherSettingsError, Raw
from benchmarks.summary import summarise

PARTS = ("cells", "growth", "studies", "starts")
NETWORKS = "networks"


def main() -> int:
    """Measure what is missing, then write the figures."""
    chosen = arguments()
    networks = chosen.parts == [NETWORKS]
    folder = (
        ROOT / "build" / "benchmarks" / ("quick" if chosen.quick else "networks" if networks else "whole")
    )
    place = Place(sys.executable, str(chosen.peers) if chosen.peers.exists() else None, folder)
    path = folder / "raw.jsonl"
    if chosen.fresh:
        path.unlink(missing_ok=True)
    rounds, seconds = (1, 0.3) if chosen.quick else (chosen.rounds, chosen.seconds)
    wanted = KNOWN_CONTENDERS if networks else CONTENDERS
    contenders = [each for each in wanted if place.interpreter(each)]
    settings: dict[str, Any] = {
        "rounds": rounds,
        "seconds": seconds,
        "quick": chosen.quick,
        "images": images.write(folder / "images", chosen.data_dir),
        "absent": [
            {"contender": each.name, "why": "its environment was not there"}
            for each in wanted
            if each not in contenders
        ],
    }
    compiled = any(dict(each.options).get("compile") for each in contenders)
    if compiled and not any(map(shutil.which, ("g++", "clang++", "c++"))):
        print("PyTorch, compiled, is left out: there is no C++ compiler.")
        contenders = [each for each in contenders if not dict(each.options).get("compile")]
        settings["absent"].append({"contender": "PyTorch, compiled", "why": "there is no C++ compiler"})
    try:
        raw = Raw(path, {**settings, "environment": machine.environment(place.python, place.peers)})
    except OtherSettingsError as error:
        print(error, file=sys.stderr)
        return 2
    plan = measure.Plan(rounds, seconds, tuple(contenders), tuple(chosen.only or ()), chosen.quick)
    if networks:
        measure.measure(plan, place, raw, NETWORK_FAMILIES)
        if not chosen.only or "whole" in chosen.only:
            whole.measure(
                rounds, place, raw, [each for each in whole.loops() if each in contenders], chosen.data_dir
            )
        return _written(
            raw,
            (folder if chosen.quick else report.KNOWN) / f"{_file_name(machine.kind())}.json",
            NETWORK_CELLS,
            chosen,
        )
    parts = chosen.parts or PARTS
    if "cells" in parts:
        measure.measure(plan, place, raw)
    if "growth" in parts and not chosen.only:
        growth.epochs(rounds, place, raw, quick=chosen.quick)
    if "studies" in parts and not chosen.only:
        growth.studies(place, raw, quick=chosen.quick)
    if "starts" in parts and not chosen.only:
        growth.starts(rounds, place, raw)
    measured = report.MEASURED if not chosen.quick else folder / "measured.json"
    return _written(raw, measured, CELLS, chosen)


def _file_name(kind: str) -> str:
    return re.sub(r"\W+", "-", kind).lower()


def _written(raw: Raw, path: Path, cells: Sequence[Cell | NetworkCell], chosen: argparse.Namespace) -> int:
    """Write the summary and, where it is no quick look, the page."""
    path.write_text(
        json.dumps(summarise(raw.records, cells), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    print(f"Written to {path.relative_to(ROOT)}.")
    if not chosen.quick:
        report.write()
    return 0


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data-dir", type=Path, help="holds MNIST and CIFAR-10; without it, the stand-ins repeated")
    add(
        "--peers",
        type=Path,
        default=ROOT / ".venv-peers" / "bin" / "python",
        help="has TensorFlow and PyTorch",
    )
    add("--rounds", type=int, default=3, help="timed epochs of each contender, cell and arrangement")
    add("--seconds", type=float, default=0.6, help="about how long a timed epoch takes")
    add("--only", action="append", help="cells or contenders with this word in their name; may be repeated")
    add("--parts", nargs="+", choices=(*PARTS, NETWORKS), help="what to measure, by default all but networks")
    add("--quick", action="store_true", help="a look at whether all works: few cells, short, kept apart")
    add("--fresh", action="store_true", help="forget what was measured before")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
