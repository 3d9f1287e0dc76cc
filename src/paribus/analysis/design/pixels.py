"""Training images whose pixels are not like those of the test images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import DatasetRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration

SHIFT, STRETCH = 0.25, 1.25
"""Of the standard deviation of all pixels: how far the mean may shift; and times as much spread: conventions.
MNIST's two parts differ by 0.006 and 1.008, those of CIFAR-10 by 0.01 and 1.002."""


class OtherPixels(DatasetRule):
    """Pixels of the training images are brighter, darker, or spread otherwise than those of the test images.

    Noise, another scale and inverted images show like this.
    """

    code = "pixels-differ"
    severities = (Severity.WARNING,)
    values = ("pixels",)
    reference = "Breck et al. 2019, Data Validation for Machine Learning, MLSys"
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        census = design.images[data].census
        if census is None or census.trained_pixels is None or census.tested_pixels is None:
            return
        (mean, spread), (other_mean, other_spread) = census.trained_pixels, census.tested_pixels
        shift = abs(mean - other_mean) / max(other_spread, 1e-9)
        least, most = sorted((spread, other_spread))
        if shift <= SHIFT and most <= STRETCH * least:
            return
        evidence = {
            "mean": mean,
            "spread": spread,
            "other_mean": other_mean,
            "other_spread": other_spread,
            "shift": shift,
            "stretch": most / max(least, 1e-9),
            "shift_limit": SHIFT,
            "stretch_limit": STRETCH,
        }
        yield Fact(Severity.WARNING, evidence, {"data": data})
