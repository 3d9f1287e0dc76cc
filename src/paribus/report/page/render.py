"""The page as HTML: one file that asks for nothing but itself."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from paribus.analysis import result_table as table
from paribus.analysis.design.review import by_code
from paribus.analysis.questions import comparison as answer
from paribus.analysis.questions import published as verification
from paribus.errors import UsageError
from paribus.record import files
from paribus.report.material import Material
from paribus.report.page import svg
from paribus.report.page.content import Content, Measured, content
from paribus.report.page.data import raw
from paribus.texts import current_language, number, text, translated

HERE = Path(__file__).parent
STYLES = ("vendor/uplot/uPlot.min.css", "assets/page.css")
SCRIPTS = ("vendor/uplot/uPlot.iife.min.js", "assets/charts.js", "assets/page.js")
SECTIONS = (
    "results",
    "questions",
    "variants",
    "confirmed",
    "advice",
    "review",
    "published",
    "method",
    "data",
)


def write(material: Material, output: Path) -> Path:
    """Write the page.

    Args:
        material: What it is made from.
        output: The file; its folder is made.

    Raises:
        UsageError: The file cannot be written.

    Returns:
        The file.
    """
    drawn = page(material)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        files.write(output, drawn.encode("utf-8", errors="replace"), durable=False)
    except OSError as error:
        raise UsageError("report.not-written", file=output, reason=error.strerror or error) from error
    return output


def page(material: Material) -> str:
    """The whole page.

    Args:
        material: What it is made from.
    """
    told = content(material)
    styles, scripts = ([asset(HERE / name) for name in names] for names in (STYLES, SCRIPTS))
    return (
        environment()
        .get_template("page.html")
        .render(
            told=told,
            study=material.study,
            title=translated(material.study.title) or material.study.name,
            language=current_language(),
            policy=policy(styles, scripts),
            styles=[Markup(each) for each in styles],  # noqa: S704 - ours, and what stands in vendor/
            scripts=[Markup(each) for each in scripts],  # noqa: S704
            data=embedded(raw(told)),
            sections=[name for name in SECTIONS if _has(told, name)],
        )
    )


def policy(styles: list[str], scripts: list[str]) -> str:
    """What the page may do: run and apply just these, show images that it contains, and nothing else.

    Args:
        styles: The style sheets' text.
        scripts: The scripts' text.

    Example:
        >>> policy([], [])[:58]
        "default-src 'none'; script-src 'none'; style-src 'none'; i"
    """
    allowed = {"script-src": _hashes(scripts), "style-src": _hashes(styles), "img-src": "data:"}
    rules = {"default-src": "'none'", **allowed, "base-uri": "'none'", "form-action": "'none'"}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def embedded(tree: object) -> Markup:
    """A tree as JSON that cannot end the element it stands in, nor begin another.

    Args:
        tree: Plain values.

    Example:
        >>> embedded({"name": "</script><!--"})
        Markup('{"name":"\\\\u003c/script\\\\u003e\\\\u003c!--"}')
    """
    written = json.dumps(tree, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(written)  # noqa: S704 - has none of HTML's letters any more


def _hashes(parts: list[str]) -> str:
    digests = (b64encode(sha256(part.encode()).digest()).decode() for part in parts)
    return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"


def asset(path: Path) -> str:
    """A style sheet or a script, as it stands in the page.

    Args:
        path: Its file.
    """
    return path.read_text(encoding="utf-8").strip()


def environment(*before: Path) -> Environment:
    """The page's templates, with what they call.

    Args:
        before: Folders with templates that come before the page's own.
    """
    environment: Any = Environment(
        loader=FileSystemLoader([*before, HERE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "answer": answer,
        "by_code": by_code,
        "number": number,
        "svg": svg,
        "table": table,
        "text": text,
        "translated": translated,
        "verification": verification,
    }
    environment.filters.update(interval=_interval, leaves=leaves, published_cell=_published, shade=_shade)
    return environment


def _has(told: Content, section: str) -> bool:
    """Whether a section has anything to say."""
    empty = {
        "questions": not told.questions,
        "confirmed": not told.material.confirmed,
        "advice": not told.material.advice,
        "review": not told.material.review,
        "published": not told.material.published,
    }
    return not empty.get(section, False)


def _interval(measured: Measured) -> str:
    """An interval of accuracies as percentages; empty where there is none."""
    if measured.interval is None:
        return ""
    low, high = measured.interval
    return f"{table.percent(max(0.0, low))}–{table.percent(min(1.0, high))}"


def _published(row: table.Row) -> str:
    """What the result table says was published."""
    return table.cells(row)[table.COLUMNS.index("published")]


def _shade(share: float) -> int:
    """How dark a cell is: 0 for nothing, 9 for all."""
    return 0 if share <= 0 else min(9, 1 + int(9 * share))


def leaves(tree: dict[str, object], before: str = "") -> list[tuple[str, object]]:
    """A tree of plain values as its leaves with their names.

    Example:
        >>> leaves({"versions": {"jax": "0.10.1"}, "python": "3.11"})
        [('versions.jax', '0.10.1'), ('python', '3.11')]
    """
    found: list[tuple[str, object]] = []
    for key, value in tree.items():
        found += leaves(value, f"{before}{key}.") if isinstance(value, dict) else [(f"{before}{key}", value)]
    return found
