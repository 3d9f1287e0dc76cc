"""Fractions of factors with two levels: which generators give a resolution, and which resolution they give.

Source: Box, Hunter and Hunter, "Statistics for Experimenters" (2005), chapter 6.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

MIN_RESOLUTION = 3
"""Below it a fraction cannot tell two main effects apart."""
MAX_SEARCHED = 11
"""Factors whose generators are looked for, as many as the table of Box, Hunter and Hunter has."""

_Word = frozenset[str]


def resolution(generators: Mapping[str, Sequence[str]]) -> int | None:
    """Return the length of the shortest word of a fraction's defining relation; None for a full design.

    Args:
        generators: The factors whose levels follow from others: from the product of their signs.

    Example:
        >>> resolution({"d": ("a", "b"), "e": ("a", "c")})
        3
    """
    words = [_word(name, parts) for name, parts in generators.items()]
    return min(map(len, _products(words)), default=None)


def generators_for(names: Sequence[str], wanted: int) -> dict[str, tuple[str, ...]]:
    """Return the generators of the smallest fraction with a resolution, or a higher one.

    The last factors follow from the first ones. Among as many runs it is the highest resolution, and then the
    first in the order of the factors.

    Args:
        names: The factors, of two levels each, as many as `wanted` or more.
        wanted: The resolution, 3 or more.

    Example:
        >>> generators_for("abcde", 5)
        {'e': ('a', 'b', 'c', 'd')}
    """
    for basic in range(1, len(names)):
        found: dict[str, tuple[str, ...]] = {}
        for least in range(wanted, len(names) + 1):
            chosen = next(_chosen(names[:basic], names[basic:], least, []), None)
            if chosen is None:
                break
            found = dict(zip(names[basic:], chosen, strict=True))
        if found:
            return found
    return {}


def fraction_size(factors: int, wanted: int) -> int | None:
    """Return how many combinations the smallest fraction with a resolution has; None where it is not known.

    Args:
        factors: How many there are, of two levels each.
        wanted: The resolution.

    Example:
        >>> fraction_size(7, 4), fraction_size(3, 4)
        (16, None)
    """
    if not MIN_RESOLUTION <= wanted <= factors <= MAX_SEARCHED:
        return None
    names = [str(place) for place in range(factors)]
    return 2 ** (factors - len(generators_for(names, wanted)))


def _chosen(
    basic: Sequence[str], generated: Sequence[str], least: int, relation: list[_Word]
) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Yield the parts of each generated factor, so that no word of the relation is shorter than allowed.

    Args:
        basic: The factors whose levels are combined freely.
        generated: Those whose parts are still to be chosen.
        least: Of how many factors a word must be.
        relation: The words so far, with their products.
    """
    if not generated:
        yield ()
        return
    for size in range(least - 1, len(basic) + 1):
        for parts in itertools.combinations(basic, size):
            new = _word(generated[0], parts)
            words = [new, *(new ^ each for each in relation)]
            if all(len(each) >= least for each in words):
                for others in _chosen(basic, generated[1:], least, [*relation, *words]):
                    yield (parts, *others)


def _word(name: str, parts: Sequence[str]) -> _Word:
    return frozenset((name,)) ^ frozenset(parts)


def _products(words: Sequence[_Word]) -> list[_Word]:
    """Return words and all their products: the defining relation without the identity."""
    relation: list[_Word] = []
    for word in words:
        relation += [word, *(word ^ each for each in relation)]
    return relation
