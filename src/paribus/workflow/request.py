"""What a user asks of a study: the options that functions and commands share, checked in one place."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from operator import index
from os import PathLike
from pathlib import Path
from typing import cast, get_args

from paribus.errors import UnknownVariantError, UsageError
from paribus.execute.executor import LOCAL, RAY, check_executor
from paribus.execute.shards import MAX_SHARDS, Shard
from paribus.execute.threads import Threads
from paribus.study.device import Devices
from paribus.study.model import MAX_SEEDS
from paribus.study.study import Study
from paribus.study.together import Together
from paribus.study.update_mode import Updates
from paribus.texts import suggestion
from paribus.texts.message import Message
from paribus.trackers import TRACKERS

StudySource = Study | str | Path | Mapping[str, object]

_MAX_COUNT = 1_000_000


@dataclass(frozen=True)
class Request:
    """What a user asks of a study.

    Args:
        only: Names of the variants; None for all.
        seeds: Number of seeds, 0 to ``seeds - 1``; None for the study's own number.
        workers: Processes side by side; None for as many as the cores have threads for. Never changes a
            result.
        data_dir: Folder with the images in their official layout; None to look in the cache.
        embedded: Whether small stand-ins play the image sets' roles.
        out: The study's folder; None for ``paribus-out/<study>``.
        updates: ``stepwise`` moves all weights at every step, ``delayed`` the first layer's once a block
            of steps, to the same result but for rounding; ``auto`` takes whichever is faster. A run goes
            on as it began, and a finished one is not trained again, whatever this says.
        threads: Threads of a run; ``auto`` chooses them and the workers for the shortest time. Results of
            different numbers agree but for rounding. A run goes on as it began.
        device: Where runs are trained whose variant names no device; ``auto`` is a GPU where JAX finds one.
        together: How many seeds of a variant are trained in one computation, to the same results but for
            rounding; ``auto`` as many as a GPU's memory holds; None for that on a GPU, and one on a CPU.
        until_decided: Whether to add seeds until every question is settled, or `max_seeds` are spent.
        max_seeds: With `until_decided`: seeds a variant gets at most; None for 30, or as many as there are.
        aa: Whether to run an A/A test instead: `seeds` seeds of the variant that changes nothing against
            as many others; None for the study's number, five at least.
        log: Trackers that are sent the runs while they are trained: ``tensorboard``, ``mlflow``, ``wandb``.
        on: What trains: ``local`` for this machine, ``ray`` for a cluster of Ray, or what another package
            registers. Never changes a result.
        ray_address: With ``on="ray"``: the cluster that is joined, ``host:6379`` or ``auto``; None for
            ``RAY_ADDRESS``, else a cluster that runs on this machine, else a new one on it.
        shard: Which part of the runs is meant, and of how many: ``"3/10"`` or ``(3, 10)``; None for all. The
            parts are divided by expected time, alike on every machine.

    Raises:
        UsageError: A value is of the wrong kind or too small, or two options contradict each other.
    """

    only: Sequence[str] | None = None
    seeds: int | None = None
    workers: int | None = None
    data_dir: Path | None = None
    embedded: bool = False
    out: Path | None = None
    updates: Updates = "auto"
    threads: Threads = 1
    device: Devices = "cpu"
    together: Together | None = None
    until_decided: bool = False
    max_seeds: int | None = None
    aa: bool = False
    log: Sequence[str] | None = None
    on: str = LOCAL
    ray_address: str | None = None
    shard: Shard | None = None

    def __post_init__(self) -> None:
        faults: list[UsageError] = []
        for name, check in _CHECKS.items():
            try:
                object.__setattr__(self, name, check(name, getattr(self, name)))
            except UsageError as fault:
                faults.append(fault)
        faults = faults or self._contradictions()
        if faults:
            raise reduce(lambda one, two: UsageError("run.wrong-arguments", one=one, two=two), faults)

    def _contradictions(self) -> list[UsageError]:
        found: list[UsageError] = []
        if self.device == "gpu" and self.updates == "delayed":
            found.append(UsageError("run.delayed-on-gpu"))
        if self.embedded and self.data_dir is not None:
            found.append(UsageError("run.embedded-and-folder", folder=self.data_dir))
        if self.until_decided and self.aa:
            found.append(UsageError("sequential.until-decided-and-aa"))
        if self.until_decided and self.seeds is not None:
            found.append(UsageError("sequential.until-decided-and-seeds"))
        if self.until_decided and self.shard is not None:
            found.append(UsageError("shards.until-decided"))
        if self.max_seeds is not None and not self.until_decided:
            found.append(UsageError("sequential.max-seeds-alone"))
        if self.aa and self.only is not None:
            found.append(UsageError("aa.with-only"))
        if self.ray_address is not None and self.on != RAY:
            found.append(UsageError("executor.address-alone", address=self.ray_address))
        if self.aa and self.seeds is not None and self.seeds < 3:
            found.append(UsageError("aa.too-few", given=self.seeds))
        return found


def as_path(given: str | Path | None) -> Path | None:
    """Return a folder that a Python call names as a path.

    Args:
        given: What was given; what is no path is left for `Request` to refuse.
    """
    return Path(given) if isinstance(given, str | PathLike) else given


def chosen_variants(study: Study, only: Sequence[str] | None) -> tuple[str, ...]:
    """Return the variants that a user chose, in the study's order.

    Raises:
        UsageError: A name is not one of the study's, or there is none.
    """
    if only is None:
        return tuple(study.variants)
    if not only:
        raise UsageError("run.only-nothing", known=", ".join(study.variants))
    for name in only:
        if name not in study.variants:
            raise unknown_variant(study, name)
    return tuple(name for name in study.variants if name in set(only))


def check_trainable(study: Study) -> None:
    """Refuse a study whose results were made elsewhere: nothing of it can be trained or planned here.

    Raises:
        UsageError: The study was imported.
    """
    if study.imported is not None:
        raise UsageError("imported.not-trainable", study=study.name)


def unknown_variant(study: Study, given: object) -> UnknownVariantError:
    """Return the error that a name which is none of a study's variants raises."""
    name = given if isinstance(given, str) else _shown(given)
    near = suggestion(name, study.variants)
    return UnknownVariantError(
        "run.unknown-variant", name=name, study=study.name, known=", ".join(study.variants), suggestion=near
    )


def wrong_argument(name: str, given: object, allowed: str, *, meant: object = None) -> UsageError:
    """Return the error that a value of the wrong kind raises.

    Args:
        name: The argument's.
        given: What was given.
        allowed: What would be allowed: the end of a code ``run.allowed-...``.
        meant: What was probably meant; None where that cannot be guessed.
    """
    return UsageError(
        "run.wrong-argument",
        name=name,
        given=_shown(given),
        allowed=Message(f"run.allowed-{allowed}", {"most": _MAX_COUNT}),
        suggestion="" if meant is None else Message("run.did-you-mean", {"word": f"{name}={meant!r}"}),
    )


def _shown(given: object) -> str:
    try:
        return reprlib.repr(given)
    except ValueError:  # an integer with more digits than Python writes
        return type(given).__name__


def _names(option: str, given: object) -> tuple[str, ...] | None:
    """Return names as a tuple; a text is not taken for its letters."""
    if given is None:
        return None
    if isinstance(given, Collection) and not isinstance(given, str | bytes | bytearray | Mapping):
        names = tuple(cast("Collection[object]", given))
        if all(isinstance(name, str) for name in names):
            return cast("tuple[str, ...]", names)
        numbers = all(isinstance(name, int) and 0 <= name <= _MAX_COUNT for name in names)
        raise wrong_argument(option, given, "names", meant=list(map(str, names)) if numbers else None)
    parts = [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else []
    raise wrong_argument(option, given, "names", meant=parts or None)


def count(option: str, given: object) -> int | None:
    """Return a whole number from 1 on as Python's own integer, and None as it is.

    Raises:
        UsageError: It is neither.
    """
    if given is None:
        return None
    try:
        if isinstance(given, bool):
            raise TypeError
        number = index(cast("int", given))
    except TypeError:
        raise wrong_argument(option, given, "count", meant=_meant_count(given)) from None
    if number > _MAX_COUNT or number < -_MAX_COUNT:
        raise wrong_argument(option, given, "count")
    if option.endswith(("seeds", "pairs")) and number > MAX_SEEDS:
        raise UsageError("run.too-many-seeds", option=option.replace("_", "-"), value=number, most=MAX_SEEDS)
    if number < 1:
        raise UsageError("run.not-positive", option=option.replace("_", "-"), value=number)
    return number


def _meant_count(given: object) -> int | None:
    if isinstance(given, str) and re.fullmatch(r"\s*[0-9]{1,9}\s*", given):
        return int(given)
    return int(given) if isinstance(given, float) and given.is_integer() else None


def _switch(option: str, given: object) -> bool:
    if isinstance(given, bool):
        return given
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    raise wrong_argument(option, given, "switch", meant=words.get(_shown(given).strip("'").lower()))


def _folder(option: str, given: object) -> Path | None:
    if given is None or (isinstance(given, Path) and "\0" not in str(given)):
        return given
    raise wrong_argument(option, given, "folder")


def _updates(_option: str, given: object) -> Updates:
    known = get_args(Updates)
    if isinstance(given, str) and given in known:
        return known[known.index(given)]
    word = given if isinstance(given, str) else _shown(given)
    near = suggestion(word, known)
    raise UsageError("run.unknown-updates", given=word, known=", ".join(known), suggestion=near)


def _device(option: str, given: object) -> Devices:
    known = get_args(Devices)
    if isinstance(given, str) and given in known:
        return known[known.index(given)]
    near = suggestion(given, known) if isinstance(given, str) else ""
    elsewhere = {"cuda": "gpu", "tpu": "gpu"}.get(given.lower(), "") if isinstance(given, str) else ""
    meant = elsewhere or next((name for name in known if name in near), None)
    raise wrong_argument(option, given, "device", meant=meant)


def _together(option: str, given: object) -> Together | None:
    return None if given is None else _threads(option, given)


def _trackers(option: str, given: object) -> tuple[str, ...] | None:
    names = _names(option, [given] if isinstance(given, str) and "," not in given else given)
    for name in names or ():
        if name not in TRACKERS:
            near = suggestion(name, TRACKERS)
            raise UsageError("trackers.unknown", given=name, known=", ".join(TRACKERS), suggestion=near)
    return names


def _executor(option: str, given: object) -> str:
    if not isinstance(given, str):
        raise wrong_argument(option, given, "executor")
    check_executor(given)
    return given


def _address(option: str, given: object) -> str | None:
    if given is None or (isinstance(given, str) and given.strip()):
        return given
    raise wrong_argument(option, given, "address")


def _threads(option: str, given: object) -> Threads:
    if given == "auto":
        return "auto"
    try:
        found = count(option, given)
    except UsageError as fault:
        if fault.code == "run.not-positive":
            raise
        near = "auto" if isinstance(given, str) and suggestion(given, ["auto"]) else None
        raise wrong_argument(option, given, "threads", meant=_meant_count(given) or near) from None
    if found is None:
        raise wrong_argument(option, given, "threads", meant=1)
    return found


def _shard(option: str, given: object) -> Shard | None:
    """Return the shard that a text such as ``3/10`` or two numbers name."""
    if given is None or (isinstance(given, Shard) and given.exists):
        return given
    found, meant = None, None
    if isinstance(given, str):
        found = Shard.of(given)
        numbers = re.findall(r"[0-9]{1,9}", given)
        meant = "/".join(numbers) if len(numbers) == 2 else None
    elif isinstance(given, tuple | list) and len(cast("Sequence[object]", given)) == 2:
        parts = cast("Sequence[object]", given)
        with suppress(UsageError):
            place, number = (count(option, part) for part in parts)
            found = Shard(place, number) if place and number else None
    if found is not None and found.exists:
        return found
    if found is not None and 1 <= found.count <= MAX_SHARDS:
        raise UsageError("shards.no-such", place=found.place, count=found.count)
    if found is not None:
        meant = None
    raise wrong_argument(option, given, "shard", meant=meant)


_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "only": _names,
    "seeds": count,
    "workers": count,
    "data_dir": _folder,
    "embedded": _switch,
    "out": _folder,
    "updates": _updates,
    "threads": _threads,
    "device": _device,
    "together": _together,
    "until_decided": _switch,
    "max_seeds": count,
    "aa": _switch,
    "log": _trackers,
    "on": _executor,
    "ray_address": _address,
    "shard": _shard,
}
"""What each option must be."""
