"""What the pages need beyond the repository's Markdown: links out of docs/, public names, flowcharts."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))
from flowchart import flowchart

ROOT = Path(__file__).parent.parent.parent
_OUTSIDE = re.compile(r"(?<!!)\[([^\]]+)\]\((\.\./[^)#\s]+)(#[^)]*)?\)")
_FLOWCHART = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PUBLIC = re.compile(r"^from \.(\S+) import (\w+) as \2$", re.MULTILINE)


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Name files of the repository instead of linking to them, draw flowcharts, list the public names."""
    folder = ROOT / "docs" / Path(page.file.src_uri).parent

    def named(link: re.Match[str]) -> str:
        words, target = link.group(1), (folder / link.group(2)).resolve()
        if not target.exists():
            raise PluginError(f"{page.file.src_uri}: {link.group(2)} is not there")
        path = target.relative_to(ROOT).as_posix()
        return words if words.strip("`") == path else f"{words} (`{path}`)"

    def drawn(block: re.Match[str]) -> str:
        try:
            return flowchart(block.group(1))
        except ValueError as error:
            raise PluginError(f"{page.file.src_uri}: {error}") from None

    markdown = _FLOWCHART.sub(drawn, _OUTSIDE.sub(named, markdown))
    return markdown.replace("<!-- public names -->", _public_names())


def _public_names() -> str:
    stub = (ROOT / "src" / "paribus" / "__init__.pyi").read_text(encoding="utf-8")
    found = sorted(_PUBLIC.findall(stub), key=lambda each: (each[1][0].isupper(), each[1]))
    return "\n\n".join(f"::: paribus.{module}.{name}" for module, name in found)
