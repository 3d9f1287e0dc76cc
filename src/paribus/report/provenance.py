"""Where a report's numbers come from: how they were made, how often they were looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from paribus.record.folder import RunFolder
from paribus.record.looks import LookLog
from paribus.record.records import Records
from paribus.report.imported import import_notes
from paribus.study.study import Study
from paribus.texts import text
from paribus.texts.quantities import epoch_range, moment


def made(study: Study, *, is_reviewed: bool) -> tuple[str, ...]:
    """Return how each number was made, a sentence or two for each.

    Args:
        study: Whose numbers they are.
        is_reviewed: Whether the report has what a review found.
    """
    if study.imported is not None:
        intervals = text("imported.made-intervals") if not study.imported.paired else ""
        notes = import_notes(study)
        return (*notes, text("report.made-figures", **study.words), *filter(None, [intervals]))
    own = [each.configuration.train for each in study.variants.values()]
    of_engine = ("train", "validation", "test", "loss") if None in own else ()
    of_own = ("own", *(() if is_reviewed else ("own-unknown",))) if any(own) else ()
    of_functions = ("own-seeds",) if any(each and not each.command for each in own) else ()
    of_commands = ("command-seeds",) if any(each and each.command for each in own) else ()
    is_mixed = None in own and any(own)
    seeds = (
        *(("seeds-mixed" if is_mixed else "seeds",) if None in own else ()),
        *of_functions,
        *of_commands,
    )
    parts = (*of_engine, *of_own, *seeds, "figures")
    words = study.words
    return (*(text(f"report.made-{part}", **words) for part in parts), text("page.made-intervals"))


def looks_summary(looks: LookLog) -> str:
    """Return how often comparisons were shown before this report.

    Args:
        looks: Those that are recorded.
    """
    if not looks.is_complete:
        return text("page.looks-damaged")
    if not looks.is_recorded:
        return text("page.looks-unrecorded")
    count, kinds = len(looks.entries), looks.seed_sets
    if count < 2:
        return text("page.looks-once" if count else "page.no-looks")
    code = "page.looks" if kinds == count else "page.looks-mixed" if kinds > 1 else "page.looks-same"
    return text(code, count=count, sets=kinds)


def looks_lines(looks: LookLog) -> tuple[str, ...]:
    """Return when comparisons were shown, with how many seeds and new questions, each line once.

    There are none where the log is damaged.

    Args:
        looks: Those that are recorded.
    """
    lines: list[str] = []
    for look in looks.entries if looks.is_complete else ():
        sizes = [len(seeds) for seeds in look.seeds.values()]
        seeds = epoch_range((min(sizes), max(sizes)) if sizes else None)
        code = "page.look-until" if look.until_decided else "page.look"
        line, count = text(code, date=moment(look.date), seeds=seeds), len(look.answered)
        lines.append(text("page.look-new", look=line, count=count) if count else line)
    return tuple(dict.fromkeys(lines))


def environments(records: Records) -> tuple[dict[str, object], ...]:
    """Return where runs were made, each once: versions, processor and more by their names.

    Args:
        records: The runs.
    """
    found = (RunFolder(record.folder).environment() for record in records.values())
    distinct = dict.fromkeys(json.dumps(each, sort_keys=True) for each in found if each)
    return tuple(_flat(json.loads(each)) for each in distinct)


def _flat(tree: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return a tree of plain values as one mapping, its names joined by points."""
    flat: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(cast("dict[str, object]", value), f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
