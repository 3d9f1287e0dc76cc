"""Fractions of crossed factors: which effects they cannot tell apart, and what would."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import StudyRule
from paribus.analysis.finding import Severity
from paribus.analysis.questions.design_words import fraction_sentence
from paribus.analysis.rule import Fact
from paribus.study.fractions import MIN_RESOLUTION, fraction_size
from paribus.texts.message import Message


class AliasedEffects(StudyRule):
    """A fraction gives one number for several effects."""

    code = "aliased-effects"
    severities = (Severity.SERIOUS, Severity.WARNING, Severity.INFO)
    reference = "Box, Hunter and Hunter 2005"
    key = "fraction"

    def facts(self, design: Design) -> Iterator[Fact]:
        for each in design.study.designs:
            if (least := each.resolution) is None:
                continue
            names = each.names
            better = fraction_size(len(names), least + 1)
            evidence = {"resolution": least, "cells": len(each.cells), "whole": each.whole}
            way = Message("finding.aliased-whole", {"whole": each.whole})
            if better is not None:
                way = Message("finding.aliased-finer", {"wanted": least + 1, "count": better})
            severity = (
                Severity.SERIOUS
                if least < MIN_RESOLUTION
                else Severity.WARNING
                if least == MIN_RESOLUTION
                else Severity.INFO
            )
            yield Fact(severity, evidence, {"fraction": fraction_sentence(each), "way": way})
