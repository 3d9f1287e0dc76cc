"""What each argument and setting may be: numbers and their bounds, switches, choices, pairs, techniques."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from paribus.study.configuration import Argument, Scalar
from paribus.study.faults import Faults, Sentence
from paribus.study.techniques import Kind
from paribus.study.written import Written


@dataclass(frozen=True)
class Number:
    """A finite number; whole ones are int, the others float, whichever way they are written.

    Args:
        low: The smallest, or what it must lie above.
        high: The largest, or what it must lie below.
        above: Whether `low` itself is left out.
        below: Whether `high` itself is left out.
        whole: Whether it counts something.
    """

    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    whole: bool = False

    def __str__(self) -> str:
        kind = "whole" if self.whole else "number"
        low, high = (None if bound is None else f"{bound:g}" for bound in (self.low, self.high))
        if low is None and high is None:
            return str(Sentence(f"study.a-{kind}"))
        if low is None:
            bounds = "up-to"
        elif high is None:
            bounds = "above" if self.above else "from"
        else:
            bounds = "between" if self.above else "below" if self.below else "to"
        return str(Sentence(f"study.a-{kind}-{bounds}", (("low", low), ("high", high))))

    def accept(self, written: Written, faults: Faults) -> int | float:
        """The number, or 1 in its place once a fault is noted."""
        value = written.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not self._holds(value):
            faults.wrong(written, self)
            return 1
        return int(value) if self.whole else float(value)

    def _holds(self, value: float) -> bool:
        if not math.isfinite(value) or abs(value) > 1e300 or (self.whole and value != int(value)):
            return False
        if self.low is not None and (value < self.low or (self.above and value == self.low)):
            return False
        return self.high is None or value < self.high or (value == self.high and not self.below)


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def __str__(self) -> str:
        return str(Sentence("study.a-flag"))

    def accept(self, written: Written, faults: Faults) -> bool:
        """The switch."""
        if not isinstance(written.value, bool):
            faults.wrong(written, self)
        return bool(written.value)


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return str(Sentence("study.a-choice", (("names", ", ".join(self.words)),)))

    def accept(self, written: Written, faults: Faults) -> str:
        """The word."""
        word = written.text
        if word not in self.words:
            if word is None:
                faults.wrong(written, self)
            else:
                faults.unknown("choice", written, word, self.words)
            return self.words[0]
        return word


@dataclass(frozen=True)
class Pair:
    """Height and width; one number stands for both."""

    low: int = 1

    def __str__(self) -> str:
        return str(Sentence("study.a-pair", (("low", self.low),)))

    def accept(self, written: Written, faults: Faults) -> list[Scalar]:
        """Height and width."""
        pieces = written.value if isinstance(written.value, list) else [written, written]
        inner = Faults()
        pair: list[Scalar] = [Number(self.low, whole=True).accept(piece, inner) for piece in pieces]
        if len(inner) or len(pair) != 2:
            faults.wrong(written, self)
            return [1, 1]
        return pair


@dataclass(frozen=True)
class Numbers:
    """A list of numbers."""

    each: Number

    def __str__(self) -> str:
        return str(Sentence("study.a-list", (("each", self.each),)))

    def accept(self, written: Written, faults: Faults) -> list[Scalar]:
        """The numbers, in their order."""
        if not isinstance(written.value, list) or not written.value:
            faults.wrong(written, self)
            return []
        return [self.each.accept(piece, faults) for piece in written.value]


@dataclass(frozen=True)
class Maybe:
    """Something, or null for none of it."""

    inner: Number | Pair

    def __str__(self) -> str:
        return str(Sentence("study.or-null", (("inner", self.inner),)))

    def accept(self, written: Written, faults: Faults) -> Argument:
        """The value, or None."""
        if written.value is None:
            return None
        return self.inner.accept(written, faults)


@dataclass(frozen=True)
class Made:
    """A technique, read by `paribus.study.reading`.

    Args:
        kind: What it may be.
        number: Also allowed in its place.
    """

    kind: Kind
    number: Number | None = None


Domain: TypeAlias = Number | Flag | Choice | Pair | Numbers | Maybe | Made

ANY = Number()
POSITIVE = Number(0, above=True)
FROM_ZERO = Number(0)
SHARE = Number(0, 1, below=True)
UNIT = Number(0, 1)
COUNT = Number(1, whole=True)
WHOLE = Number(0, whole=True)
FLAG = Flag()

_BY_NAME: dict[str, Domain] = {
    "adam_lr_ratio": POSITIVE,
    "alpha": FROM_ZERO,
    "beta_2_decay": ANY,
    "bias_regularizer": Made(Kind.REGULARIZER),
    "boundaries": Numbers(COUNT),
    "clip_threshold": POSITIVE,
    "clipnorm": Maybe(POSITIVE),
    "clipvalue": Maybe(POSITIVE),
    "decay_rate": POSITIVE,
    "decay_steps": COUNT,
    "depth_multiplier": COUNT,
    "dilation_rate": Pair(),
    "distribution": Choice(("normal", "truncated_normal", "uniform", "untruncated_normal")),
    "ema_momentum": UNIT,
    "ema_overwrite_frequency": Maybe(COUNT),
    "filters": COUNT,
    "first_decay_steps": COUNT,
    "gain": ANY,
    "global_clipnorm": Maybe(POSITIVE),
    "gradient_accumulation_steps": Maybe(Number(2, whole=True)),
    "groups": COUNT,
    "kernel_size": Pair(),
    "learning_rate": Made(Kind.SCHEDULE, POSITIVE),
    "learning_rate_power": Number(high=0),
    "m_mul": POSITIVE,
    "maxval": ANY,
    "mean": ANY,
    "minval": ANY,
    "momentum": UNIT,
    "ns_steps": COUNT,
    "offset": ANY,
    "pool_size": Pair(),
    "power": POSITIVE,
    "rate": SHARE,
    "rho": UNIT,
    "strides": Pair(),
    "t_mul": POSITIVE,
    "units": COUNT,
    "value": ANY,
    "values": Numbers(FROM_ZERO),
    "warmup_steps": WHOLE,
    "warmup_target": Maybe(FROM_ZERO),
    "weight_decay": Maybe(FROM_ZERO),
}
_BY_KIND: dict[tuple[str, str], Domain] = {
    ("variance_scaling", "mode"): Choice(("fan_in", "fan_out", "fan_avg")),
    ("variance_scaling", "scale"): POSITIVE,
    ("orthogonal_regularizer", "mode"): Choice(("rows", "columns")),
    ("rescaling", "scale"): ANY,
    ("zero_padding2d", "padding"): Pair(0),
    ("max_pooling2d", "strides"): Maybe(Pair()),
    ("average_pooling2d", "strides"): Maybe(Pair()),
}
_FLAGS = {
    "amsgrad",
    "center",
    "centered",
    "cycle",
    "epsilon_outside",
    "nesterov",
    "relative_step",
    "scale",
    "staircase",
    "use_bias",
    "use_ema",
}
_FROM_ZERO = {
    "end_learning_rate",
    "factor",
    "initial_accumulator_value",
    "initial_learning_rate",
    "l1",
    "l1_regularization_strength",
    "l2",
    "l2_regularization_strength",
    "l2_shrinkage_regularization_strength",
    "negative_slope",
    "rms_rate",
    "stddev",
    "beta",
    "adam_weight_decay",
}


def domain(technique: str, argument: str) -> Domain:
    """What an argument of a technique may be.

    Raises:
        KeyError: Nothing is known of it; a test asks for every argument of the catalogue.

    Example:
        >>> str(domain("sgd", "momentum"))
        'a number from 0 to 1'
    """
    if (technique, argument) in _BY_KIND:
        return _BY_KIND[technique, argument]
    if argument in _BY_NAME:
        return _BY_NAME[argument]
    if argument in _FLAGS:
        return FLAG
    if argument in _FROM_ZERO or argument.startswith("epsilon"):
        return FROM_ZERO
    if argument.startswith(("beta_1", "beta_2", "adam_beta")):
        return SHARE
    if argument.startswith("muon_"):
        return ANY
    if argument.endswith("initializer"):
        return Made(Kind.INITIALIZER)
    if argument.endswith("regularizer"):
        return Made(Kind.REGULARIZER)
    if argument == "activation":
        return Made(Kind.ACTIVATION)
    if argument == "padding":
        return Choice(("same", "valid"))
    raise KeyError(technique, argument)
