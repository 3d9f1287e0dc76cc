"""Measure every contender on every cell, in turns."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.cells import (
    ALL_CORES,
    FAMILIES,
    ONE_THREAD,
    PARIBUS,
    SIDE_BY_SIDE,
    WHOLE_EPOCH,
    Cell,
    Contender,
)
from benchmarks.networks import NetworkCell
from benchmarks.processes import ContenderError, Place, Process, together
from benchmarks.raw import Raw
from benchmarks.study import steps_at_once
from benchmarks.threads import threads, variables

SGEMM = Contender("sgemm", "sgemm")
_LOSS, _DATA_LOSS = 0.10, 1.0


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Args:
        rounds: Timed epochs of each contender, cell and arrangement.
        seconds: About how long one takes.
        contenders: Who is there.
        only: Words; a cell or contender whose name has none of them is left out. Empty takes all.
        quick: Only batches of 8 and 128, in short epochs.
    """

    rounds: int
    seconds: float
    contenders: tuple[Contender, ...]
    only: tuple[str, ...] = ()
    quick: bool = False

    def takes(self, contender: Contender, cell: Cell | NetworkCell) -> bool:
        """Return whether these are to be measured."""
        if self.quick and cell.batch_size not in (8, 128):
            return False
        names = (contender.name.lower(), cell.name)
        chosen = not self.only or any(word.lower() in name for word in self.only for name in names)
        return chosen and contender.trains(cell)


@dataclass
class _Team:
    """A contender's one or two processes."""

    contender: Contender
    processes: Sequence[Process]
    arrangements: tuple[str, ...]
    alive: bool = True


def measure(
    plan: Plan, place: Place, raw: Raw, families: Sequence[Sequence[Cell | NetworkCell]] = FAMILIES
) -> None:
    """Measure what is missing, by family of cells, first on one thread, then on all cores."""
    for family in families:
        for arrangements in ((ONE_THREAD, SIDE_BY_SIDE), (ALL_CORES,)):
            with ExitStack() as stack:
                _family(family, arrangements, plan, place, raw, stack)


def _family(
    family: Sequence[Cell | NetworkCell],
    arrangements: tuple[str, ...],
    plan: Plan,
    place: Place,
    raw: Raw,
    stack: ExitStack,
) -> None:
    one_thread = ONE_THREAD in arrangements
    teams: dict[object, _Team] = {}

    def team(contender: Contender) -> _Team | None:
        """Return its processes, started when first needed; None once they ended."""
        settings = variables(contender, cell, arrangements[0])
        key = contender.name, settings
        if key not in teams:
            processes = [
                Process(contender, place, one_thread=one_thread, variables=settings)
                for _ in range(2 if SIDE_BY_SIDE in arrangements and contender is not SGEMM else 1)
            ]
            for process in processes:
                stack.callback(process.close)
            teams[key] = _Team(contender, processes, arrangements)
        return teams[key] if teams[key].alive else None

    for cell in family:
        missing = [
            contender
            for contender in plan.contenders
            if plan.takes(contender, cell)
            and any(
                _open(raw, cell, contender, each, round_)
                for each in arrangements
                for round_ in range(plan.rounds)
            )
        ]
        prepared = _prepared([each for contender in missing if (each := team(contender))], cell, raw)
        ready = [(each, images) for each in prepared if (images := _ready(each, cell, plan, raw))]
        yardstick = None
        if one_thread and not cell.convolution and any(each.contender is PARIBUS for each, _ in ready):
            yardstick = team(SGEMM)
            if yardstick:
                together(yardstick.processes, yardstick.processes[0].prepare(cell))
        for round_ in range(plan.rounds):
            for each, images in ready:
                for arrangement in arrangements:
                    if each.alive and _open(raw, cell, each.contender, arrangement, round_):
                        _time(each, cell, arrangement, round_, images, raw)
                        if yardstick and each.contender is PARIBUS and arrangement == ONE_THREAD:
                            said = together(yardstick.processes, {"do": "epoch"})[0]
                            raw.append(
                                {"kind": "sgemm", "cell": cell.name, "round": round_, "rate": said["rate"]}
                            )
        compare(raw, cell)


def _open(raw: Raw, cell: Cell | NetworkCell, contender: Contender, arrangement: str, round_: int) -> bool:
    return not raw.has(
        kind="epoch", cell=cell.name, contender=contender.name, arrangement=arrangement, round=round_
    )


def _prepared(teams: Sequence[_Team], cell: Cell | NetworkCell, raw: Raw) -> list[_Team]:
    """Build the networks of all teams at once, since loading a framework takes seconds, and return them."""
    built: list[_Team] = []
    for team in teams:
        for process in team.processes:
            process.ask(process.prepare(cell, threads(team.contender, cell, team.arrangements[0])))
    for team in teams:
        try:
            for process in team.processes:
                process.answer()
        except ContenderError as error:
            _lost(team, cell, error, raw)
        else:
            built.append(team)
    return built


def _ready(team: _Team, cell: Cell | NetworkCell, plan: Plan, raw: Raw) -> int | None:
    """Warm up a team's network and return the number of images of its epochs."""
    first = team.processes[0]
    known = {"cell": cell.name, "contender": team.contender.name}
    timed = raw.find(kind="epoch", **known)  # the same images in every arrangement
    try:
        if timed:
            images = int(timed[0]["images"])
        else:
            together([first], {"do": "load", "images": cell.checked_images})
            seconds = together([first], {"do": "epoch"})[0]["seconds"]
            if not raw.has(kind="check", **known):
                raw.append({"kind": "check", **known, **together([first], {"do": "weigh"})[0]})
            images = epoch_images(cell, team.contender, cell.checked_images / seconds * plan.seconds)
        together(team.processes, {"do": "load", "images": images})
    except ContenderError as error:
        _lost(team, cell, error, raw)
        return None
    return images


def epoch_images(cell: Cell | NetworkCell, contender: Contender, wanted: float) -> int:
    """Return the number of images of a timed epoch: about as many as wanted, at most an epoch's.

    They are whole batches or, where a contender trains several batches in a call or a block, whole blocks.
    """
    unit = cell.batch_size
    call = unit * (
        steps_at_once(cell.to_json())
        if contender is PARIBUS
        else dict(contender.options).get("steps_per_execution", 1)
    )
    whole = WHOLE_EPOCH[cell.data]
    least = cell.least_images if isinstance(cell, NetworkCell) else 2 * unit
    images = min(max(wanted, least), whole)
    if images >= call:
        unit = call
    return int(images // unit) * unit


def _time(
    team: _Team, cell: Cell | NetworkCell, arrangement: str, round_: int, images: int, raw: Raw
) -> None:
    """Time one epoch, of both processes at the same moment where there are two."""
    processes = team.processes if arrangement == SIDE_BY_SIDE else team.processes[:1]
    try:
        said = together(processes, {"do": "epoch"})
    except ContenderError as error:
        _lost(team, cell, error, raw)
        return
    seconds = [each["seconds"] for each in said]
    raw.append(
        {
            "kind": "epoch",
            "cell": cell.name,
            "contender": team.contender.name,
            "arrangement": arrangement,
            "round": round_,
            "images": images,
            "seconds": seconds,
            "processor": [each["processor"] for each in said],
            "memory": said[0]["memory"],
        }
    )
    rate = sum(images / each for each in seconds)
    print(f"{cell.name:24} {team.contender.name:36} {arrangement:32} {rate:11,.0f} images/s", flush=True)


def _lost(team: _Team, cell: Cell | NetworkCell, error: ContenderError, raw: Raw) -> None:
    team.alive = False
    print(f"{cell.name:24} {team.contender.name:36} ended: {error}", flush=True)
    raw.append({"kind": "lost", "cell": cell.name, "contender": team.contender.name, "why": str(error)})


def compare(raw: Raw, cell: Cell | NetworkCell) -> list[str]:
    """Warn of contenders whose network differs from Paribus's after as many images.

    The loss with its penalty may differ by a tenth. Its part that is the data's depends on the order of the
    images: it may be twice or half as large; at batch 1 there are too few images to say even that.
    """
    checks = {each["contender"]: each for each in raw.find(kind="check", cell=cell.name)}
    ours = checks.pop(PARIBUS.name, None)
    warnings = []
    for name, theirs in checks.items() if ours and cell.batch_size > 1 else ():
        assert ours is not None
        figures = [("data's loss", ours["data_loss"], theirs["data_loss"], _DATA_LOSS)]
        if cell.l2:
            mine, other = (each["data_loss"] + each["penalty"] for each in (ours, theirs))
            figures.append(("loss", mine, other, _LOSS))
        for what, mine, other, allowed in figures:
            if max(mine, other) / min(mine, other) - 1 > allowed:
                warnings.append(f"{cell.name}: {name}'s {what} is {other:.4g}, Paribus's {mine:.4g}")
    for warning in warnings:
        print(f"warning: {warning}", flush=True)
    return warnings
