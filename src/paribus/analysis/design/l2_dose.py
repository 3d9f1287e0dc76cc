"""How much L2 can do in a run, before it is trained: what it alone would leave of a weight."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.finding import Finding, Severity
from paribus.study.configuration import Configuration, Technique
from paribus.study.step_size import effective_learning_rate, optimizer_class

NOTHING = 0.9
"""L2 that leaves more than this of a weight has hardly begun to act."""
TOTAL = 1e-6
"""L2 that leaves less than this of a weight has erased where it started."""
_OTHER_DOSE = 2.0
_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
_NORMALIZED = ("batch_normalization", "group_normalization", "layer_normalization")
_KEEP_SCALE = ("linear", "relu", "leaky_relu")
_OF_VECTORS = ("bias", "beta", "gamma")


@dataclass(frozen=True)
class Dose:
    """L2 over a whole run of SGD.

    Args:
        strength: λ, the largest of the layers' weights.
        step: The learning rate in the long run, η / (1 − μ) with momentum μ.
        updates: How many updates the run makes, if early stopping does not end it.
    """

    strength: float
    step: float
    updates: int

    @property
    def left(self) -> float:
        """What L2 alone leaves of a weight: (1 − 2λη)^updates, 0 where one update takes all.

        The penalty is λ·Σw², its gradient 2λw.

        Example:
            >>> round(Dose(0.01, 0.01, 30 * 422).left, 4)
            0.0795
        """
        return max(0.0, 1 - 2 * self.strength * self.step) ** self.updates

    @property
    def exponent(self) -> float:
        """2λη · updates: about −ln of what is left, and in proportion to λ."""
        return 2 * self.strength * self.step * self.updates

    def strength_leaving(self, left: float) -> float:
        """The λ that would leave a given share.

        Args:
            left: In (0, 1).
        """
        return -math.log(left) / (2 * self.step * self.updates)


def strength(configuration: Configuration) -> float:
    """The largest λ of an L2 penalty on a layer's weights; 0 where there is none.

    Args:
        configuration: A variant, resolved.
    """
    techniques = [
        technique
        for layer in configuration.layers
        for name, technique in layer.arguments.items()
        if name.endswith("_regularizer") and not name.startswith(_OF_VECTORS)
    ]
    found = (each.arguments.get("l2") for each in techniques if isinstance(each, Technique))
    return max((each for each in found if isinstance(each, float)), default=0.0)


def dose(design: Design, configuration: Configuration) -> Dose | None:
    """The dose of L2; None without L2, and where it cannot be computed before training.

    That is so under every optimizer but SGD, which rescale the penalty's gradient with the data's; under a
    schedule, and where gradients are clipped.

    Args:
        design: What is reviewed.
        configuration: A variant of it, resolved.
    """
    arguments = configuration.optimizer.arguments
    step = effective_learning_rate(configuration)
    clipped = any(arguments.get(clip) is not None for clip in _CLIPS)
    updates = configuration.epochs * design.updates(configuration)
    if configuration.optimizer.name != "sgd" or step is None or clipped or not updates:
        return None
    found = strength(configuration)
    return Dose(found, step, updates) if found else None


def doses(design: Design) -> Iterator[Finding]:
    """The findings about L2: too little, or another dose than its reference's, or not what it is taken for.

    Args:
        design: What is reviewed.
    """
    for name, configuration in design.configurations:
        found = dose(design, configuration)
        if found is not None:
            yield _alone(design, name, configuration.epochs, found)
    yield from _rescaled(design)
    yield from _normalized(design)
    for asked in design.asked:
        yield from _compared(design, asked)


def _alone(design: Design, variant: str, epochs: int, found: Dose) -> Finding:
    code, severity = "dose", Severity.INFO
    if found.left > NOTHING:
        code, severity = "dose-nothing", Severity.WARNING
    elif found.left < TOTAL:
        code = "dose-total"
    evidence = {
        "strength": found.strength,
        "step": found.step,
        "updates": found.updates,
        "epochs": epochs,
        "left": found.left,
        "half": found.strength_leaving(0.5),
        "tenth": found.strength_leaving(0.1),
    }
    return design.finding(code, severity, [variant], evidence, about=["regularization"])


def _compared(design: Design, asked: QuestionDesign) -> Iterator[Finding]:
    """Where both have one λ: whether it comes to the same."""
    both = strength(asked.before), strength(asked.after)
    if both[0] != both[1] or not both[0]:
        return
    names = {asked.before.optimizer.name, asked.after.optimizer.name}
    if len(names) == 2 and "sgd" in names:
        other = asked.after if asked.after.optimizer.name != "sgd" else asked.before
        yield asked.finding(
            "l2-across-optimizers",
            Severity.WARNING,
            {"strength": both[0]},
            placeholders={"optimizer": optimizer_class(other)},
            about=["optimizer", "regularization"],
        )
    before, after = (dose(design, each) for each in (asked.before, asked.after))
    if before is None or after is None or asked.factors == ("stopping",):
        return
    ratio = after.exponent / before.exponent
    if min(before.left, after.left) <= NOTHING and not 1 / _OTHER_DOSE <= ratio <= _OTHER_DOSE:
        evidence = {
            "strength": both[0],
            "left": after.left,
            "other_left": before.left,
            "matching": both[0] / ratio,
        }
        about = [factor for factor in asked.factors if factor != "regularization"]
        yield asked.finding("dose-changed", Severity.WARNING, evidence, about=about)


def _rescaled(design: Design) -> Iterator[Finding]:
    having = [
        (name, each)
        for name, each in design.configurations
        if strength(each) and each.optimizer.name != "sgd"
    ]
    for kind in dict.fromkeys(optimizer_class(each) for _, each in having):
        variants = [name for name, each in having if optimizer_class(each) == kind]
        about = ["regularization", "optimizer"]
        yield design.finding(
            "l2-rescaled", Severity.INFO, variants, placeholders={"optimizer": kind}, about=about
        )


def _normalized(design: Design) -> Iterator[Finding]:
    """Layers whose weights' size a normalization right after them takes out again."""
    for name, configuration in design.configurations:
        labels = [
            layer.label
            for layer, after in zip(configuration.layers, configuration.layers[1:], strict=False)
            if after.kind in _NORMALIZED
            and layer.arguments.get("activation") in _KEEP_SCALE
            and strength(configuration.model_copy(update={"layers": (layer,)}))
        ]
        if labels:
            names = {"layers": ", ".join(labels)}
            about = ["regularization", "normalization"]
            yield design.finding(
                "l2-before-normalization", Severity.INFO, [name], placeholders=names, about=about
            )
