"""Pieces of Markdown that the report and the notebook are written with, every name escaped."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count, zip_longest

from paribus.analysis.design.review import by_code
from paribus.analysis.finding import Finding, Severity
from paribus.report.findings import cause_sentence
from paribus.report.tables import Table
from paribus.study.faults import is_device
from paribus.texts import text
from paribus.texts.inert import inert, on_one_line

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_MARKUP = re.compile(r"([\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_]))")


def escaped(words: str) -> str:
    """Return words as Markdown shows them, on one line: no markup, no HTML, no end of a table's cell.

    Example:
        >>> escaped("a|b <i> *c* kernel_size _d_")
        'a\\\\|b &lt;i&gt; \\\\*c\\\\* kernel_size \\\\_d\\\\_'
    """
    return _MARKUP.sub(r"\\\1", html.escape(on_one_line(words), quote=False))


def fenced(words: str, language: str = "text") -> str:
    """Return words as a block of code, whatever backticks they have."""
    words = inert(words, keep="\n\t").strip("\n")
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{words}\n{fence}"


def as_list(lines: Iterable[str]) -> str:
    """Return a list, an item a line."""
    return "\n".join(f"- {escaped(line)}" for line in lines)


def as_table(table: Table) -> str:
    """Return a table."""
    rows = [
        [_code(cell) if name in table.code else escaped(cell) for name, cell in row.items()]
        for row in table.rows
    ]
    lines = [table.headings.values(), ["---"] * len(table.headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(cell: str) -> str:
    """Return a table's cell as code, unless code could end in it."""
    return escaped(cell) if set(cell) & set("`|\n") or not cell.isprintable() else f"`{cell}`"


def table_and_notes(table: Table) -> Iterator[str]:
    """Return a table, and what must be known to read it as a list."""
    yield as_table(table)
    if table.notes:
        yield as_list(table.notes)


def run_findings(findings: Iterable[Finding]) -> str:
    """Return findings about runs, a line each; with the remedy where something is wrong."""
    lines: list[str] = []
    for each in findings:
        line = f"- **{escaped(str(each.title))}.** {escaped(f'{each.why} {cause_sentence(each)}')}"
        lines.append(line if each.severity is Severity.INFO else f"{line} *{escaped(str(each.remedy))}*")
    return "\n".join(lines)


def review_blocks(findings: Sequence[Finding]) -> list[str]:
    """Return findings about a design, the worst first: a heading and a list for each severity."""
    blocks: list[str] = []
    for severity in dict.fromkeys(each.severity for each in findings):
        groups = by_code([each for each in findings if each.severity is severity])
        blocks.append(f"### {text(f'report.review-{severity}')}")
        blocks.append("\n".join(line for group in groups.values() for line in _of_one_code(group)))
    return blocks


def _of_one_code(findings: Sequence[Finding]) -> list[str]:
    """Return the findings of one code: a title, and a line each; a remedy that they share stands once."""
    lines = [f"- **{escaped(str(findings[0].title))}**"]
    for finding, after in zip_longest(findings, findings[1:]):
        shared = after is not None and str(after.remedy) == str(finding.remedy)
        remedy = "" if shared else f" *{escaped(str(finding.remedy))}*"
        lines.append(f"  - {escaped(str(finding.why))}{remedy}")
    return lines


@dataclass
class FileNames:
    """Names for files, made from names that people chose; no two alike, also where case does not count."""

    taken: set[str] = field(default_factory=set[str])

    def of(self, name: str) -> str:
        """Return a new file name, without ending.

        Example:
            >>> FileNames().of("4b-l2")
            '4b-l2'
        """
        short = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:48] or "figure"
        digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
        usable = _PLAIN.fullmatch(name) and not name.endswith(".") and not is_device(name)
        first = [name] if usable else []
        candidates = chain(first, (f"{short}-{digest}{'' if n == 1 else f'-{n}'}" for n in count(1)))
        chosen = next(each for each in candidates if each.casefold() not in self.taken)
        self.taken.add(chosen.casefold())
        return chosen
