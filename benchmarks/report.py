"""Write the tables and the figure of docs/performance.md from measured.json.

The page is written by hand but for what stands between ``<!-- measured: name -->`` and ``<!-- end -->``:
there the table of that name is put, and nothing else is touched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks import network_tables
from benchmarks.cells import (
    ADAM,
    ALL_CORES,
    ARRANGEMENTS,
    CIFAR,
    CONTENDERS,
    CONVOLUTION,
    DENSE,
    KERAS_TENSORFLOW,
    KNOWN_CONTENDERS,
    MNIST,
    PARIBUS,
    RMSPROP,
    SIDE_BY_SIDE,
    Cell,
)
from benchmarks.ratios import CIFAR_8, MNIST_8, Ratio, lab_seconds, over, rate, ratios, title
from benchmarks.raw import matching
from benchmarks.summary import Summary

ROOT = Path(__file__).parent.parent
MEASURED = ROOT / "benchmarks" / "measured.json"
KNOWN = ROOT / "benchmarks" / "known"
"""What was measured of the networks that people know: a file for each kind of processor."""
PAGE = ROOT / "docs" / "performance.md"
FIGURE = ROOT / "docs" / "images" / "performance.png"

_BETWEEN = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_SHORT = {arrangement: number for number, arrangement in enumerate(ARRANGEMENTS)}
_SIZES = (1, 8, 32, 128, 512)


def read() -> Summary | None:
    """Read the measurements; return None before there are any."""
    if not MEASURED.exists():
        return None
    measured: Summary = json.loads(MEASURED.read_text(encoding="utf-8"))
    measured["networks"] = [
        json.loads(file.read_text(encoding="utf-8")) for file in sorted(KNOWN.glob("*.json"))
    ]
    return measured


def filled(page: str, measured: Summary | None) -> str:
    """Return the page with new tables; without measurements each says that there are none."""

    def put(match: re.Match[str]) -> str:
        begin, name, end = match.groups()
        tables = TABLES[name](measured) if measured else "Not measured yet.\n"
        return f"{begin}\n{tables}\n{end}"

    return _BETWEEN.sub(put, page)


def write() -> None:
    """Update the page and the figure from the measurements."""
    measured = read()
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), measured), encoding="utf-8")
    if measured:
        from benchmarks.chart import draw

        draw(measured, FIGURE)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format a Markdown table with figures aligned to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, rule, *rows))


def number(value: float | None) -> str:
    """Format a number with three digits and separated thousands."""
    if value is None:
        return "–"
    rounded = float(f"{value:.3g}")
    if abs(rounded) >= 100:
        return f"{rounded:,.0f}"
    digits = 1 if abs(rounded) >= 10 else 2 if abs(rounded) >= 1 else 3
    return f"{rounded:.{digits}f}"


def _machine(measured: Summary) -> str:
    here, settings = measured["environment"], measured["settings"]
    versions = ", ".join(
        f"{name} {version}" for name, version in {**here["peers"], **here["versions"]}.items()
    )
    machine = (here["processor"], f"{here['cores']} cores", f"{here['memory_gib']} GiB", here["system"])
    load = f", {here['load']}" if "load" in here else ""
    sources = {name: each["images"] for name, each in settings["images"].items()}
    lines = [
        f"- On {here['date']}, {', '.join(machine)}, Python {here['python']}{load}.",
        f"- {versions}.",
        f"- MNIST: {sources['mnist']}. CIFAR-10: {sources['cifar10']}.",
        f"- Rounds: {settings['rounds']}, of epochs of about {settings['seconds']:g} s; medians.",
    ]
    for each in measured["absent"]:
        place = f" on {each['cell']}" if each.get("cell") else ""
        lines.append(f"- Missing: {each['contender']}{place}: {each['why']}.")
    if settings.get("quick"):
        lines.insert(0, "- **A quick look, not a measurement**: made with `--quick`.")
    return "\n".join(lines) + "\n"


def _targets(measured: Summary) -> str:
    return table(["", "target", "reached", ""], map(_target_row, ratios(measured)))


def _target_row(each: Ratio) -> list[str]:
    verdict = {True: "reached", False: "**short**", None: ""}[each.holds]
    reached = number(each.reached) + (each.unit if each.reached is not None else "")
    bound = "≤ " if each.smaller else "≥ "
    target = "" if each.target is None else f"{bound}{each.target:g}{each.unit}"
    return [each.what, target, reached, verdict]


def _throughput(measured: Summary, shape: Cell) -> str:
    tables = []
    for arrangement in ARRANGEMENTS:
        rows = []
        for contender in CONTENDERS:
            rates = [
                rate(measured, cell, contender.name, arrangement)
                for size in _SIZES
                for cell in DENSE
                if cell.data == shape.data and cell.batch_size == size
            ]
            if any(rates):
                rows.append([contender.name, *map(number, rates)])
        tables.append(
            f"{arrangement.capitalize()}:\n\n" + table(["images a second at batch", *map(str, _SIZES)], rows)
        )
    return "\n".join(tables)


def _epochs(measured: Summary) -> str:
    """Tabulate the whole lab at the measured rates, in each contender's best arrangement."""
    cells = (MNIST, MNIST_8, CIFAR, CIFAR_8)
    rows = []
    for contender in CONTENDERS:
        row = [contender.name]
        for cell in cells:
            here = matching(measured["epochs"], cell=cell.name, contender=contender.name)
            best = min(here, key=lambda each: each["epoch_seconds"], default=None)
            mark = f" ({'abc'[_SHORT[best['arrangement']]]})" if best else ""
            row.append(number(best["epoch_seconds"] if best else None) + mark)
        rows.append(row)
    return table(["seconds for a whole epoch, extrapolated", *map(title, cells)], rows)


def _others(measured: Summary) -> str:
    names = {RMSPROP: "RMSprop", ADAM: "Adam", CONVOLUTION: "convolution"}
    rows = []
    for contender in CONTENDERS:
        for arrangement in ARRANGEMENTS:
            rates = [rate(measured, cell, contender.name, arrangement) for cell in names]
            if any(rates):
                rows.append([f"{contender.name}, {arrangement}", *map(number, rates)])
    return table(["images a second at batch 128", *names.values()], rows)


def _sgemm(measured: Summary) -> str:
    rows = [
        [each["cell"], number(each["gflops"]), f"{100 * each['share']:.0f} %"] for each in measured["sgemm"]
    ]
    return table(["cell", "matrix product, GFlop/s", "Paribus's share"], rows)


def _memory(measured: Summary) -> str:
    cells = (MNIST, CIFAR)
    rows = []
    for contender in CONTENDERS:
        peaks = []
        for cell in cells:
            here = matching(measured["epochs"], cell=cell.name, contender=contender.name)
            peaks.append(max((each["memory_mib"] for each in here if each["memory_mib"]), default=None))
        if any(peaks):
            rows.append([contender.name, *map(number, peaks)])
    return table(["peak memory of a process, MiB", *map(title, cells)], rows)


def _lab(measured: Summary) -> str:
    theirs = lab_seconds(measured, KERAS_TENSORFLOW.name, ALL_CORES, lambda theirs, _: theirs)
    ours = lab_seconds(measured, PARIBUS.name, SIDE_BY_SIDE, lambda _, ours: ours)

    def row(who: str, seconds: float | None) -> list[str]:
        return [who, number(None if seconds is None else seconds / 60), number(over(seconds, ours))]

    rows = [
        row(f"{KERAS_TENSORFLOW.name}, {ALL_CORES}", theirs),
        row(f"{PARIBUS.name}, {SIDE_BY_SIDE}", ours),
    ]
    return table(["all epochs of `lab2`, estimated", "minutes", "× Paribus"], rows)


def _growth(measured: Summary) -> str:
    tables = []
    for what in dict.fromkeys(each["what"] for each in measured["growth"]):
        here = sorted(matching(measured["growth"], what=what), key=lambda each: each["value"])
        head = [what, *(f"{each['value']:,}" for each in here)]
        tables.append(table(head, [["seconds", *(number(each["seconds"]) for each in here)]]))
    return "\n".join(tables)


def _checks(measured: Summary) -> str:
    rows = []
    cells = (MNIST, MNIST_8, CIFAR, CIFAR_8)
    for contender in CONTENDERS:
        row = [contender.name]
        for cell in cells:
            here = matching(measured["checks"], cell=cell.name, contender=contender.name)
            row.append(f"{number(here[0]['data_loss'])} + {number(here[0]['penalty'])}" if here else "–")
        if len(set(row[1:])) > 1:
            rows.append(row)
    return table(["loss of the data + penalty", *map(title, cells)], rows)


def _networks(measured: Summary) -> str:
    """Tabulate the ratios of all processors side by side, then the figures of each."""
    everywhere = measured["networks"]
    if not everywhere:
        return "Not measured yet.\n"
    processors = [each["environment"]["processor"] for each in everywhere]
    found = [{each.what: each for each in network_tables.ratios(networks)} for networks in everywhere]
    rows = [
        [_target_row(each)[0], _target_row(each)[1], *(_reached(ratios.get(each.what)) for ratios in found)]
        for each in {what: each for ratios in found for what, each in ratios.items()}.values()
    ]
    held = table(["a target that was reached is **bold**", "target", *processors], rows)
    return "\n".join([held, *map(_one_processor, everywhere)])


def _reached(each: Ratio | None) -> str:
    if each is None or each.reached is None:
        return "–"
    told = number(each.reached) + each.unit
    return f"**{told}**" if each.holds else told


def _one_processor(networks: Summary) -> str:
    names = [each.name for each in KNOWN_CONTENDERS]
    fastest = table(
        ["examples a second, best arrangement", *names],
        ([title, *map(number, row)] for title, *row in network_tables.rates(networks)),
    )
    busy = table(
        ["processor ms a step, one thread: median, smallest", *names],
        (
            [title, *(", ".join(map(number, each)) if each else "–" for each in row)]
            for title, *row in network_tables.processor(networks)
        ),
    )
    studies = list(network_tables.studies(networks))
    whole = table(
        ["seconds for a whole study", "Paribus, first time", "Paribus, compiled before", *names[1:]],
        ([title, *map(number, row)] for title, *row in studies),
    )
    head = f"#### {networks['environment']['processor']}\n"
    return "\n".join([head, _machine(networks), fastest, busy, *([whole] if studies else [])])


TABLES: dict[str, Callable[[Summary], str]] = {
    "machine": _machine,
    "targets": _targets,
    "mnist": lambda measured: _throughput(measured, MNIST),
    "cifar": lambda measured: _throughput(measured, CIFAR),
    "epochs": _epochs,
    "others": _others,
    "sgemm": _sgemm,
    "memory": _memory,
    "lab": _lab,
    "growth": _growth,
    "checks": _checks,
    "networks": _networks,
}

if __name__ == "__main__":
    write()
