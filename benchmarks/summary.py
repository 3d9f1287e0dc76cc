"""Summarise raw measurements in `measured.json`, the source of every figure in docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.cells import CELLS, CONTENDERS, ONE_THREAD, PARIBUS, WHOLE_EPOCH, Cell
from benchmarks.networks import NetworkCell
from benchmarks.raw import Record, matching

Summary = dict[str, Any]


def summarise(records: list[Record], cells: Sequence[Cell | NetworkCell] = CELLS) -> Summary:
    """Compute medians over the rounds.

    Args:
        records: As `raw.read` gives them, the settings first.
        cells: Those to summarise.
    """
    settings = {name: value for name, value in records[0].items() if name not in ("kind", "environment")}
    lost = [
        {name: each[name] for name in ("cell", "contender", "why")} for each in matching(records, kind="lost")
    ]
    return {
        "environment": records[0]["environment"],
        "settings": settings,
        "epochs": _epochs(records, cells),
        "sgemm": _sgemm(records),
        "checks": _checks(records),
        "starts": _starts(records),
        "growth": _growth(records),
        "whole": _whole(records),
        "absent": lost + [dict(each) for each in settings.get("absent", [])],
    }


def throughput(record: Record) -> float:
    """Return the images a second of a timed epoch, of both processes together where there are two."""
    return sum(record["images"] / seconds for seconds in record["seconds"])


def _epochs(records: list[Record], cells: Sequence[Cell | NetworkCell]) -> list[Record]:
    rows = []
    for cell in cells:
        for contender in CONTENDERS:
            timed = matching(records, kind="epoch", cell=cell.name, contender=contender.name)
            for arrangement in dict.fromkeys(each["arrangement"] for each in timed):
                here = matching(timed, arrangement=arrangement)
                rates = [throughput(each) for each in here]
                peaks = [each["memory"] for each in here if each["memory"]]
                busy = [sum(each["processor"]) for each in here if "processor" in each]
                steps = here[0]["images"] * len(here[0]["seconds"]) / cell.batch_size
                own = (
                    {}
                    if not busy
                    else {"processor_ms_a_step": [_short(1000 * f(busy) / steps) for f in (median, min)]}
                )
                rows.append(
                    {
                        "cell": cell.name,
                        "contender": contender.name,
                        "arrangement": arrangement,
                        "rounds": len(here),
                        "images": here[0]["images"],
                        "images_per_second": _short(median(rates)),
                        "lowest": _short(min(rates)),
                        "highest": _short(max(rates)),
                        "epoch_seconds": _short(WHOLE_EPOCH[cell.data] / median(rates)),
                        "memory_mib": round(max(peaks) / 2**20) if peaks else None,
                        **(own if isinstance(cell, NetworkCell) else {}),
                    }
                )
    return rows


def _sgemm(records: list[Record]) -> list[Record]:
    """Return the machine's rate at each of Paribus's epochs, and the share of it that the epoch reached."""
    rows = []
    for cell in CELLS:
        rates = {each["round"]: each["rate"] for each in matching(records, kind="sgemm", cell=cell.name)}
        if not rates:
            continue
        ours = matching(records, kind="epoch", cell=cell.name, contender=PARIBUS.name, arrangement=ONE_THREAD)
        shares = [
            share(cell, throughput(each), rates[each["round"]]) for each in ours if each["round"] in rates
        ]
        rows.append(
            {
                "cell": cell.name,
                "gflops": _short(median(rates.values()) / 1e9),
                "share": _short(median(shares)),
            }
        )
    return rows


def share(cell: Cell, images_per_second: float, rate: float) -> float:
    """Return the share of the machine's rate that an epoch reaches by its matrix products.

    Args:
        cell: Says how many operations an image takes, see `Cell.flops_per_image`.
        images_per_second: Of one process on one thread.
        rate: Operations a second of NumPy's float32 matrix product on one thread.
    """
    return cell.flops_per_image() * images_per_second / rate


def _checks(records: list[Record]) -> list[Record]:
    names = ("cell", "contender", "data_loss", "penalty")
    return [
        {name: each[name] if isinstance(each[name], str) else _short(each[name]) for name in names}
        for each in matching(records, kind="check")
        if each["data_loss"] is not None
    ]


def _starts(records: list[Record]) -> Record:
    rounds = matching(records, kind="start")
    names = ("help", "show", "first_epoch", "keras") if rounds else ()
    return {name: _short(median(each[name] for each in rounds)) for name in names}


def _growth(records: list[Record]) -> list[Record]:
    grown = [*matching(records, kind="growth"), *matching(records, kind="study")]
    return [
        {"what": each["what"], "value": each["value"], "seconds": _short(median(each["seconds"]))}
        for each in grown
    ]


def _whole(records: list[Record]) -> list[Record]:
    """Return the median seconds of each whole study, by contender and by what was compiled before."""
    timed = matching(records, kind="whole")
    found = []
    for study, contender, how in dict.fromkeys(
        (each["study"], each["contender"], each["how"]) for each in timed
    ):
        seconds = [each["seconds"] for each in matching(timed, study=study, contender=contender, how=how)]
        found.append(
            {
                "study": study,
                "contender": contender,
                "how": how,
                "rounds": len(seconds),
                "seconds": _short(median(seconds)),
            }
        )
    return found


def _short(value: float) -> float:
    """Round to four digits, more than such a measurement can justify."""
    return float(f"{value:.4g}")
