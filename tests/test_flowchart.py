"""The flowcharts of the documentation, drawn when its pages are made."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).parent.parent / "docs"
flowchart = runpy.run_path(str(DOCS / "site" / "flowchart.py"))["flowchart"]


def boxes(drawing):
    """The corners of each box, by its name: left, top, right, bottom."""
    (svg,) = ElementTree.fromstring(drawing)
    names = [each.text for each in svg.iter("text")]
    sides = [[float(each.get(side)) for side in ("x", "y", "width", "height")] for each in svg.iter("rect")]
    return {name: (x, y, x + w, y + h) for name, (x, y, w, h) in zip(names, sides, strict=True)}


def pictures():
    for page in DOCS.glob("*.md"):
        yield from re.findall(r"```mermaid\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("source", list(pictures()))
def test_every_picture_of_the_documentation_is_drawn_without_boxes_over_one_another(source):
    drawn = flowchart(source)
    places = boxes(drawn)
    assert set(places) == set(re.findall(r"\w+", source.split("\n", 1)[1]))
    for tail, head in re.findall(r"(\w+) --> (\w+)", source):
        assert places[tail][3] < places[head][1]
        assert f"{tail} → {head}" in drawn
    corners = list(places.values())
    for place, one in enumerate(corners):
        for other in corners[place + 1 :]:
            assert one[3] < other[1] or other[3] < one[1] or one[2] < other[0] or other[2] < one[0]


@pytest.mark.parametrize(
    "source", ["sequenceDiagram\n a->>b: x", "flowchart TD\n a --> b\n b --> c\n c --> b"]
)
def test_what_cannot_be_drawn_well_is_refused(source):
    with pytest.raises(ValueError, match=r"flowchart TD|to a layer below"):
        flowchart(source)
