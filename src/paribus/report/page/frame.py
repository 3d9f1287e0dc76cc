"""The frame of every page, the report's and the live ones: styles, scripts and what they may do."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from paribus.analysis.causes.confirmation import grouped, more_seeds, together
from paribus.analysis.design.review import by_code
from paribus.report import early_end, shared_notes, tables, tuning
from paribus.report.curves import run_notes
from paribus.report.doses import dose_charts
from paribus.report.page import glance, ranks, svg
from paribus.report.page.data import script_texts
from paribus.report.page.levels import levels
from paribus.report.page.scatter import scatter
from paribus.report.page.tuned import tune_chart
from paribus.report.png import data_uri
from paribus.report.published import difference_table, figure_table, published_notes
from paribus.report.terms import TERMS, linked
from paribus.report.variants import Estimate
from paribus.study.metrics import title_of
from paribus.texts import current_language, number, text, translated
from paribus.texts.inert import escaped_hidden, inert
from paribus.texts.quantities import NOTHING, Difference, FigureRange, Unit, epoch_range, figure

HERE = Path(__file__).parent
STYLES = (HERE / "vendor/uplot/uPlot.min.css", HERE / "assets/page.css")
CHARTS = (HERE / "vendor/uplot/uPlot.iife.min.js", HERE / "assets/charts.js")


def assemble(
    template: str,
    *,
    data: Mapping[str, object],
    styles: Sequence[Path] = (),
    scripts: Sequence[Path] = (),
    templates: Sequence[Path] = (),
    **values: object,
) -> tuple[str, str]:
    """Return a page, and the content security policy that allows its own styles and scripts only.

    Args:
        template: Its name; it extends ``frame.html``.
        data: What the scripts read, besides the language and their own words.
        styles: Style sheets after those of every page.
        scripts: Scripts after the one that draws charts.
        templates: Folders with templates that come before the report's own.
        values: What the template names.
    """
    style_texts, script_sources = (
        [path.read_text(encoding="utf-8").strip() for path in paths]
        for paths in ((*STYLES, *styles), (*CHARTS, *scripts))
    )
    allowed = policy(style_texts, script_sources)
    page = (
        _environment(templates)
        .get_template(template)
        .render(
            language=current_language(),
            policy=allowed,
            styles=[Markup(each) for each in style_texts],  # noqa: S704 - ours, and what stands in vendor/
            scripts=[Markup(each) for each in script_sources],  # noqa: S704 - likewise
            data=embedded({"language": current_language(), "texts": script_texts(), **data}),
            **values,
        )
    )
    return page, allowed


def policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """Return what a page may do: run and apply just these, show images that it contains, and nothing else.

    Example:
        >>> policy([], [])[:58]
        "default-src 'none'; script-src 'none'; style-src 'none'; i"
    """
    allowed = {"script-src": _hashes(scripts), "style-src": _hashes(styles), "img-src": "data:"}
    rules = {"default-src": "'none'", **allowed, "base-uri": "'none'", "form-action": "'none'"}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def embedded(tree: object) -> Markup:
    """Return a tree as JSON that cannot end the element it stands in, nor begin another.

    Example:
        >>> embedded({"name": "</script><!--"})
        Markup('{"name":"\\\\u003c/script\\\\u003e\\\\u003c!--"}')
    """
    written = escaped_hidden(json.dumps(tree, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
    for letter in "<>&":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(written)  # noqa: S704 - has none of HTML's letters any more


def _hashes(parts: Sequence[str]) -> str:
    digests = (b64encode(sha256(part.encode(errors="replace")).digest()).decode() for part in parts)
    return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"


def _environment(templates: Sequence[Path]) -> Environment:
    environment: Any = Environment(
        loader=FileSystemLoader([*templates, HERE / "templates"]),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "Difference": Difference,
        "NOTHING": NOTHING,
        "by_code": by_code,
        "difference_table": difference_table,
        "epoch_range": epoch_range,
        "written": figure,
        "figure_table": figure_table,
        "glance": glance,
        "grouped": grouped,
        "more_seeds": more_seeds,
        "levels": levels,
        "number": number,
        "title_of": title_of,
        "published_notes": published_notes,
        "run_notes": run_notes,
        "ranks": ranks,
        "scatter": scatter,
        "shared_notes": shared_notes,
        "svg": svg,
        "tables": tables,
        "terms": TERMS,
        "text": text,
        "together": together,
        "tune_chart": tune_chart,
        "tuning": tuning,
        "early_end": early_end,
        "dose_charts": dose_charts,
        "translated": translated,
    }
    environment.filters.update(data_uri=data_uri, interval=_interval, shade=_shade, terms=linked)
    return environment


def _finalize(value: object) -> object:
    """Return what is shown of a value, before it is escaped: our markup, or words that are inert."""
    return inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _interval(estimate: Estimate, unit: Unit) -> str:
    if estimate.interval is None:
        return ""
    low, high = estimate.interval
    if unit == "percent":
        return f"{figure(max(0.0, low), unit)}–{figure(min(1.0, high), unit)}"
    return str(FigureRange(low, high, unit))


def _shade(share: float) -> int:
    """Return how dark a cell is: 0 for nothing, 9 for all."""
    return 0 if share <= 0 else min(9, 1 + int(9 * share))
