"""L2 that is not the weight decay it is taken for: under adaptive optimizers, and before a normalization."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.design.rule import ConfigurationRule, QuestionRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration
from paribus.study.l2_dose import strength
from paribus.study.layer_kinds import NORMALIZATIONS
from paribus.study.step_size import optimizer_class

_KEEP_SCALE = ("linear", "relu", "leaky_relu")
_DECOUPLED = "Loshchilov and Hutter 2019, arXiv:1711.05101"


class L2Rescaled(ConfigurationRule):
    """L2 under an optimizer that rescales the penalty's gradient together with the data's."""

    code = "l2-rescaled"
    severities = (Severity.INFO,)
    reference = _DECOUPLED
    factors = ("regularization", "optimizer")

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        if strength(configuration) and configuration.optimizer.name != "sgd":
            yield Fact(Severity.INFO, {}, {"optimizer": optimizer_class(configuration)})


class L2AcrossOptimizers(QuestionRule):
    """SGD and another optimizer are compared at one λ, which regularizes them differently."""

    code = "l2-across-optimizers"
    severities = (Severity.WARNING,)
    reference = _DECOUPLED
    factors = ("optimizer", "regularization")

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        before, after = question.before, question.after
        if question.has_two_optimizers and "l2_dose" in question.implied:
            other = before if after.optimizer.name == "sgd" else after
            yield Fact(Severity.WARNING, {"strength": strength(after)}, {"optimizer": optimizer_class(other)})


class L2BeforeNormalization(ConfigurationRule):
    """L2 on weights whose size a normalization right after them takes out again."""

    code = "l2-before-normalization"
    severities = (Severity.INFO,)
    reference = "van Laarhoven 2017, arXiv:1706.05350"
    factors = ("regularization", "normalization")
    is_shared = False

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        labels = [
            layer.label
            for layer, following in zip(configuration.layers, configuration.layers[1:], strict=False)
            if following.branch == layer.branch
            and following.kind in NORMALIZATIONS
            and layer.arguments.get("activation") in _KEEP_SCALE
            and strength(configuration.model_copy(update={"layers": (layer,)}))
        ]
        if labels:
            yield Fact(Severity.INFO, {}, {"layers": ", ".join(labels)})
