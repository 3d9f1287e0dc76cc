"""The parts of a study: its levels from parent to child, its questions, its published figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from paribus.study.domains import ACCURACY, COUNT, MARGIN, Choice
from paribus.study.faults import Faults, printable, shown
from paribus.study.model import METRICS, Published, Question, Study, Variant
from paribus.study.resolve import SETTINGS, alone, configuration, extend, missing
from paribus.study.yaml_node import YamlNode

KEYS = ("name", "title", "seeds", "data", "margin", "base", "variants", "questions", "published")
_QUESTION = ("treatment", "reference", "metric", "ask")
_PUBLISHED = ("test", "train", "dev", "epochs", "note")
_SAFE = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|]+")
_LONGEST = 100


def study(root: YamlNode, name: str, source: str, faults: Faults) -> Study | None:
    """The study that is written here.

    Args:
        root: The whole of it, a mapping.
        name: Its name where it gives none.
        source: Where it was read from.
        faults: Where what is wrong is noted.
    """
    for key, piece in root.branches.items():
        if key in SETTINGS and key not in KEYS:
            faults.add("belongs-in-base", piece, given=shown(key), key=key)
        elif key not in KEYS:
            faults.unknown("key", piece, key, KEYS)
    named = _words(root, "name", faults) or name
    if root.get("name") is not None:
        _check_name(root.branches["name"], named, faults)
    title = _words(root, "title", faults)
    seeds = root.get("seeds")
    margin = root.get("margin")
    count = 1 if seeds is None else COUNT.accept(seeds, faults)
    close = None if margin is None else float(MARGIN.accept(margin, faults))
    levels = _levels(root, faults)
    variants = _variants(root, levels, faults)
    questions = tuple(_questions(root, levels, faults))
    published = dict(_published(root, levels, faults))
    if len(faults):
        return None
    return Study(
        name=named,
        title=title,
        seeds=int(count),
        margin=close,
        variants=variants,
        questions=questions,
        published=published,
        source=source,
        lines=dict(_lines(root, levels)),
    )


def _lines(root: YamlNode, levels: dict[str, YamlNode]) -> Iterator[tuple[str, int]]:
    """Where the parts stand that a person may be sent to, by path; none unless they were read from a file."""
    questions = root.get("questions")
    listed = questions.value if questions is not None and isinstance(questions.value, list) else []
    places = {
        **{key: root.branches[key] for key in ("seeds", "margin") if key in root.branches},
        **{f"variants.{name}": level for name, level in levels.items()},
        **{f"questions.{place}": piece for place, piece in enumerate(listed)},
    }
    return ((path, piece.line) for path, piece in places.items() if piece.line is not None)


def _words(place: YamlNode, key: str, faults: Faults) -> str:
    piece = place.get(key)
    if piece is None:
        return ""
    if piece.text is None:
        faults.add("not-words", piece)
    return piece.text or ""


def _check_name(place: YamlNode, name: str, faults: Faults) -> None:
    """Note a name that cannot be a file's on every system."""
    reserved = name.upper().partition(".")[0] in ("CON", "PRN", "AUX", "NUL") or name in (".", "..")
    if not _SAFE.fullmatch(name) or name != name.strip(" .") or reserved or len(name.encode()) > _LONGEST:
        faults.add("unsafe-name", place, given=shown(name), longest=_LONGEST)


def _base(root: YamlNode, faults: Faults) -> YamlNode:
    base = root.get("base") or YamlNode({}, ("base",), root.line)
    if not isinstance(base.value, dict):
        faults.add("not-a-mapping", base, given="base", names=", ".join(SETTINGS))
        base = YamlNode({}, ("base",), base.line)
    data = root.get("data")
    if data is None:
        return base
    own = base.get("data")
    if own is not None and own.plain() != data.plain():
        faults.add("two-data", own)
    return YamlNode({"data": data, **base.branches}, base.path, base.line)


def _levels(root: YamlNode, faults: Faults) -> dict[str, YamlNode]:
    """Every variant as declared, whatever else is wrong with it."""
    variants = root.get("variants")
    if variants is None or variants.value == {}:
        faults.add("no-variants", variants or root, *(() if variants else ("variants",)))
        return {}
    if not isinstance(variants.value, dict):
        faults.add("variants-not-a-mapping", variants)
        return {}
    levels: dict[str, YamlNode] = {}
    folded: dict[str, str] = {}
    for name, piece in variants.value.items():
        _check_name(piece, name, faults)
        twin = folded.setdefault(name.casefold(), name)
        if twin != name:
            faults.add("same-but-case", piece, given=shown(name), other=shown(twin))
        if piece.value is not None and not isinstance(piece.value, dict):
            faults.add("not-a-mapping", piece, given=printable(name), names=", ".join(("from", *SETTINGS)))
        levels[name] = YamlNode(dict(piece.branches), piece.path, piece.line)
    return levels


def _variants(root: YamlNode, levels: dict[str, YamlNode], faults: Faults) -> dict[str, Variant]:
    ground = _base(root, faults)
    base = extend(YamlNode({}, ground.path, ground.line), ground, faults)
    configuration(base, faults, whole=False)
    settings: dict[str, YamlNode | None] = {}
    found: dict[str, Variant] = {}
    lacking: dict[str, list[str]] = {}
    for name, level in levels.items():
        merged = _settings(name, levels, base, settings, faults)
        if merged is None:
            configuration(alone(level.without("from")), faults, whole=False)
            continue
        lacking[name] = missing(merged)
        resolved = configuration(merged, faults)
        if resolved is None:
            continue
        parent = level.get("from")
        found[name] = Variant(
            name=name,
            parent=None if parent is None else parent.text,
            changes=cast("dict[str, object]", level.without("from").plain()),
            settings=cast("dict[str, object]", merged.plain()),
            configuration=resolved,
        )
    _lacking(lacking, levels, base, faults)
    return found


def _lacking(
    lacking: dict[str, list[str]], levels: dict[str, YamlNode], base: YamlNode, faults: Faults
) -> None:
    """Note settings that are missing: where they are first lacked; in the base where that is so twice."""
    for key in dict.fromkeys(key for keys in lacking.values() for key in keys):
        parents = {name: levels[name].get("from") for name, keys in lacking.items() if key in keys}
        first = [
            name
            for name, parent in parents.items()
            if parent is None or key not in lacking.get(parent.text or "", ())
        ]
        in_base = len(first) > 1 and base.get(key) is None
        for place in [base] if in_base else [levels[name] for name in first]:
            faults.add("missing-setting", place, key, setting=key)


def _settings(
    name: str, levels: dict[str, YamlNode], base: YamlNode, done: dict[str, YamlNode | None], faults: Faults
) -> YamlNode | None:
    """A variant's settings; None where it has none for a fault of its own or of a parent."""
    way: list[str] = []
    while name not in done:
        way.append(name)
        parent = levels[name].get("from")
        if parent is None:
            break
        word = parent.text
        if word is None or word not in levels:
            if word is None:
                faults.add("not-words", parent)
            else:
                faults.unknown("parent", parent, word, levels)
            done[name] = None
            break
        if word in way:
            faults.add("cycle", parent, way=" → ".join(map(printable, [*way[way.index(word) :], word])))
            done.update(dict.fromkeys(way))
            break
        name = word
    for each in reversed(way):
        if each in done:
            continue
        parent = levels[each].get("from")
        below = base if parent is None else done[parent.text or ""]
        done[each] = None if below is None else extend(below, levels[each].without("from"), faults)
    return done[way[0] if way else name]


def _questions(root: YamlNode, levels: dict[str, YamlNode], faults: Faults) -> Iterator[Question]:
    questions = root.get("questions")
    if questions is None:
        return
    if not isinstance(questions.value, list):
        faults.add("questions-not-a-list", questions)
        return
    for piece in questions.value:
        if not isinstance(piece.value, dict):
            faults.add("not-a-mapping", piece, given="question", names=", ".join(_QUESTION))
            continue
        for key, each in piece.value.items():
            if key not in _QUESTION:
                faults.unknown("key", each, key, _QUESTION)
        treatment, reference = (_variant(piece, key, levels, faults) for key in ("treatment", "reference"))
        metric = piece.get("metric")
        measured = METRICS[0] if metric is None else Choice(METRICS).accept(metric, faults)
        ask = _words(piece, "ask", faults)
        if treatment is None or reference is None:
            continue
        if treatment == reference:
            faults.add("same-variant", piece, given=shown(treatment))
        yield Question.model_validate(
            {"treatment": treatment, "reference": reference, "metric": measured, "ask": ask}
        )


def _variant(question: YamlNode, key: str, levels: dict[str, YamlNode], faults: Faults) -> str | None:
    piece = question.get(key)
    if piece is None:
        faults.add("missing-argument", question, key, technique="question", argument=key)
        return None
    word = piece.text
    if word is None:
        faults.add("not-words", piece)
    elif word not in levels:
        faults.unknown("variant", piece, word, levels)
    else:
        return word
    return None


def _published(
    root: YamlNode, levels: dict[str, YamlNode], faults: Faults
) -> Iterator[tuple[str, Published]]:
    published = root.get("published")
    if published is None:
        return
    if not isinstance(published.value, dict):
        faults.add("not-a-mapping", published, given="published", names=", ".join(levels))
        return
    for name, piece in published.value.items():
        if name not in levels:
            faults.unknown("variant", piece, name, levels)
        if not isinstance(piece.value, dict):
            faults.add("not-a-mapping", piece, given=printable(name), names=", ".join(_PUBLISHED))
            continue
        for key, each in piece.value.items():
            if key not in _PUBLISHED:
                faults.unknown("key", each, key, _PUBLISHED)
        shares = {
            key: ACCURACY.accept(piece.branches[key], faults)
            for key in ("test", "train", "dev")
            if piece.get(key) is not None
        }
        epochs = piece.get("epochs")
        yield (
            name,
            Published(
                **shares,
                epochs=None if epochs is None else int(COUNT.accept(epochs, faults)),
                note=_words(piece, "note", faults),
            ),
        )
