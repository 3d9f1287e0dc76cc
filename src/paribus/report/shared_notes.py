"""What holds for several parts of a report, so that it is said once and not in each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from paribus.analysis.questions.comparison import Comparison
from paribus.report.curves import band_notes, kept_epochs, run_notes
from paribus.report.material import Material
from paribus.texts import text
from paribus.texts.quantities import Difference


def shared_cautions(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """Return the cautions that all questions with an answer have word for word, where there are several."""
    answered = [each for each in comparisons if each.is_answered]
    counts = Counter(str(caution) for each in answered for caution in each.cautions)
    return tuple(caution for caution, count in counts.items() if 1 < count == len(answered))


def question_notes(material: Material) -> tuple[str, ...]:
    """Return what is said once below all questions."""
    margins = {
        str(Difference(each.margin, each.unit, signed=False))
        for each in material.comparisons
        if each.margin is not None
    }
    dots = [text("page.dots-margin", margin=margin) for margin in sorted(margins)] or [
        text("page.dots-plain")
    ]
    has_dots = any(each.dots for each in material.shown_questions)
    return (*shared_cautions(material.comparisons), *(dots if has_dots else ()))


def variant_notes(material: Material) -> tuple[str, ...]:
    """Return what is said once below all variants: how their curves were measured and what bands show."""
    infos = material.curves
    if not infos:
        return ()
    penalised = any(info.penalised for info in infos)
    own = set(run_notes(infos))
    bands = [note for note in band_notes(infos) if note not in own]
    inside = [text("page.about-inside")] if any(v.internals for v in material.shown) else []
    kept = [text("page.note-kept")] if any(map(kept_epochs, infos)) else []
    scale = [text("page.note-scale")] if len(infos) > 1 else []
    is_own = all(each.configuration.train is not None for each in material.study.variants.values())
    if material.study.imported is not None:
        return (text("imported.caption"), *bands, *kept, *scale)
    training = text(f"report.caption-{'own' if is_own else 'penalty' if penalised else 'training'}")
    return (training, *bands, *kept, *scale, *inside)
