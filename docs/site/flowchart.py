"""Mermaid's flowcharts drawn as SVG when the pages are made, so that they need no script and no network."""

from __future__ import annotations

import re
from html import escape

_ARROW = re.compile(r"(\w+) --> (\w+)")
_LETTER = 8.6  # the width of a letter
_BOX = 34  # the height of a box
_DOWN, _BETWEEN = 68, 32  # from layer to layer, from box to box
_THROUGH = "-"  # begins the name of a place where an arrow goes through a layer


def flowchart(source: str) -> str:
    """Return a flowchart as an element of a page.

    Args:
        source: ``flowchart TD``, then an arrow a line, such as ``cli --> live``: from a layer to the next, or
            to a layer further down, which an arrow before it has placed.

    Raises:
        ValueError: There is anything else in it.
    """
    first, *lines = (line.strip() for line in source.strip().splitlines())
    found = [_ARROW.fullmatch(line) for line in lines]
    if first != "flowchart TD" or not all(found):
        raise ValueError(f"only arrows after 'flowchart TD' can be drawn, not:\n{source}")
    arrows = [(match[1], match[2]) for match in found if match]
    layers = _layers(arrows)
    steps = [step for arrow in arrows for step in _steps(*arrow, layers)]
    places = _places(layers, steps)
    boxes = [_box(name, *place) for name, place in places.items() if not name.startswith(_THROUGH)]
    curves = [_curve(places[tail], places[head], ends=not head.startswith(_THROUGH)) for tail, head in steps]
    curves += [_line(*place) for name, place in places.items() if name.startswith(_THROUGH)]
    left = min(x - _width(name) / 2 for name, (x, _) in places.items()) - 2
    right = max(x + _width(name) / 2 for name, (x, _) in places.items()) + 2
    height = max(y for _, y in places.values()) + _BOX + 2
    width = right - left
    said = escape(", ".join(f"{tail} → {head}" for tail, head in arrows))
    return (
        f'<div><svg role="img" aria-label="{said}" width="{width:g}" height="{height:g}" '
        f'viewBox="{left:g} -1 {width:g} {height:g}" style="max-width: 100%" fill="none" '
        'stroke="currentColor" font-family="var(--md-code-font-family, monospace)" font-size="14" '
        f'text-anchor="middle">{"".join(curves + boxes)}</svg></div>'
    )


def _layers(arrows: list[tuple[str, str]]) -> dict[str, int]:
    """Return the layer of each box, from the top."""
    layers: dict[str, int] = {}
    reached = {arrows[0][0], *(head for _, head in arrows)}
    beside = [arrow for arrow in arrows if arrow[0] not in reached]  # drawn just above what they lead to
    for tail, head in [*(arrow for arrow in arrows if arrow not in beside), *beside]:
        below = layers.setdefault(tail, layers[head] - 1 if (tail, head) in beside else 0) + 1
        if layers.setdefault(head, below) < below:
            raise ValueError(f"{tail} --> {head} does not lead to a layer below")
    return layers


def _steps(tail: str, head: str, layers: dict[str, int]) -> list[tuple[str, str]]:
    """Return an arrow as steps from a layer to the next, between the boxes of those that it goes through."""
    between = [f"{_THROUGH}{tail}-{layer}" for layer in range(layers[tail] + 1, layers[head])]
    layers |= {name: layers[tail] + 1 + place for place, name in enumerate(between)}
    return list(zip([tail, *between], [*between, head], strict=True))


def _places(layers: dict[str, int], arrows: list[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Return the middle of each box's upper edge, each box about below those that point to it."""
    places: dict[str, tuple[float, float]] = {}
    for layer in range(max(layers.values()) + 1):
        names = [name for name in layers if layers[name] == layer]
        above = {name: [places[tail][0] for tail, head in arrows if head == name] for name in names}
        names.sort(key=lambda name: sum(above[name]) / max(1, len(above[name])))
        right = -(sum(map(_width, names)) + _BETWEEN * (len(names) - 1)) / 2
        for name in names:
            places[name] = (right + _width(name) / 2, layer * _DOWN)
            right += _width(name) + _BETWEEN
    return places


def _width(name: str) -> float:
    if name.startswith(_THROUGH):
        return 0
    return _LETTER * len(name) + 28


def _box(name: str, x: float, y: float) -> str:
    left, width = x - _width(name) / 2, _width(name)
    return (
        f'<rect x="{left:g}" y="{y:g}" width="{width:g}" height="{_BOX}" rx="5" stroke-opacity=".5"/>'
        f'<text x="{x:g}" y="{y + 22:g}" fill="currentColor" stroke="none">{escape(name)}</text>'
    )


def _curve(tail: tuple[float, float], head: tuple[float, float], *, ends: bool) -> str:
    (x, y), (to, down) = (tail[0], tail[1] + _BOX), head
    middle = (y + down) / 2
    curve = f'<path d="M{x:g},{y:g}C{x:g},{middle:g} {to:g},{middle:g} {to:g},{down - 6 * ends:g}"/>'
    tip = f'<path d="M{to:g},{down:g}l-4.5,-8h9z" fill="currentColor" stroke="none"/>'
    return curve + tip * ends


def _line(x: float, y: float) -> str:
    """Return how an arrow goes on through a layer."""
    return f'<path d="M{x:g},{y:g}v{_BOX}"/>'
