"""The picture in docs/design.md is the code's own: its rooms, its arrows, and what they are named after."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "paribus"
PICTURE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]

Arrows = set[tuple[str, str]]


def imported(path: Path) -> set[str]:
    """The modules of the project that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("paribus.")}


def real_arrows(root: Path, prefix: str) -> Arrows:
    """Which part of a package imports which other part of it."""
    arrows: Arrows = set()
    for path in root.rglob("*.py"):
        part = path.relative_to(root).parts[0].removesuffix(".py")
        for name in imported(path):
            if part != "__init__" and name.startswith(f"{prefix}."):
                other = name.removeprefix(f"{prefix}.").partition(".")[0]
                if other != part and ((root / other).is_dir() or (root / f"{other}.py").is_file()):
                    arrows.add((part, other))
    return arrows


def drawn_arrows(title: str) -> Arrows:
    """The arrows of the Mermaid picture below a heading."""
    below = PICTURE.split(f"## {title}\n", 1)[1]
    picture = re.search(r"```mermaid\n(.*?)```", below, re.DOTALL)
    assert picture
    return set(re.findall(r"^\s*(\w+)(?:\[.*?\])? --> (\w+)", picture.group(1), re.MULTILINE))


def reachable(arrows: Arrows, start: str) -> set[str]:
    """Every part that arrows lead to from one."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for tail, head in arrows:
            if tail == here and head not in found:
                found.add(head)
                waiting.append(head)
    return found


PICTURES = [("Rooms", SOURCE, "paribus"), ("Inside the analysis", SOURCE / "analysis", "paribus.analysis")]


@pytest.mark.parametrize(("title", "root", "prefix"), PICTURES, ids=["rooms", "analysis"])
def test_every_arrow_that_is_drawn_is_an_import(title, root, prefix):
    drawn = drawn_arrows(title)
    assert len(drawn) > 5
    assert drawn <= real_arrows(root, prefix)


@pytest.mark.parametrize(("title", "root", "prefix"), PICTURES, ids=["rooms", "analysis"])
def test_every_import_follows_arrows_that_are_drawn(title, root, prefix):
    drawn = drawn_arrows(title)
    missing = {(a, b) for a, b in real_arrows(root, prefix) if b not in reachable(drawn, a)}
    assert not missing


@pytest.mark.parametrize(("title", "root", "prefix"), PICTURES, ids=["rooms", "analysis"])
def test_the_picture_has_the_layers_of_the_import_contract(title, root, prefix):
    layers = next(
        each["layers"]
        for each in CONTRACTS["contracts"]
        if each["type"] == "layers" and each["containers"] == [prefix]
    )
    floor = {part.strip(): place for place, layer in enumerate(layers) for part in layer.split("|")}
    parts = {part for arrow in drawn_arrows(title) for part in arrow}
    assert parts == set(floor)
    assert all(floor[a] < floor[b] for a, b in drawn_arrows(title))


def test_every_place_that_is_named_for_a_change_is_there():
    table = PICTURE.split("## Where would I put ...", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (?!---|change )(.+?) \| (.+) \|$", table, re.MULTILINE)
    assert len(rows) >= 10
    for change, places in rows:
        named = re.findall(r"`((?:src|tests|docs|examples)/[\w./{},*-]+)`", places)
        assert named, change
        for place in named:
            assert list(ROOT.glob(place)), f"{change}: {place}"
