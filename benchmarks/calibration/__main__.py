"""Simulate how often verdicts are wrong and what they cost, and write it to the pages.

    python -m benchmarks.calibration

It takes a few minutes, needs no images and no training, and gives the same numbers each time. The figures go
to benchmarks/calibration.json, and from there to docs/statistics.md and docs/sequential.md; ``--tables``
writes the pages from the figures that are there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from benchmarks.calibration import FIGURE, MEASURED, PAGES, crossed, fixed, price, ranking, sequential
from benchmarks.calibration.figure import draw_power
from benchmarks.calibration.tables import filled


def main() -> int:
    """Simulate, then update the pages."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration")
    parser.add_argument("--tables", action="store_true", help="write the pages, simulate nothing")
    parser.add_argument("--only", help="simulate this part alone, such as ranking")
    chosen = parser.parse_args()
    if not chosen.tables:
        measured = json.loads(MEASURED.read_text(encoding="utf-8")) if chosen.only else {}
        parts = (fixed, sequential, crossed, price, ranking)
        for part in (each for each in parts if chosen.only in (None, each.__name__.rpartition(".")[2])):
            began = time.process_time()
            name = part.__name__.rpartition(".")[2]
            measured[name] = part.measure()
            print(f"{name}: {time.process_time() - began:.0f} s")
        MEASURED.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
        if not chosen.only:
            draw_power(FIGURE)
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    for page in PAGES:
        page.write_text(filled(page.read_text(encoding="utf-8"), measured), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
