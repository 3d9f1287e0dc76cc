"""What the columns of a table are: variant, seed, epoch, setting or metric, guessed from names and values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from paribus.imported.metric_names import metric_name

Frame: TypeAlias = Any
"""A DataFrame of pandas, whose types are not known."""
Column: TypeAlias = Any
"""One of its columns."""
Role: TypeAlias = Literal["variant", "seed", "epoch", "run", "setting", "metric", "curve", "unused"]

_EPOCHS = ("epoch", "step", "iteration", "iter", "round")
_VARIANTS = (
    "variant", "model", "method", "algorithm", "algo", "condition", "arm", "treatment", "config",
    "configuration", "architecture", "arch", "experiment", "group", "network",
)  # fmt: skip
_RUNS = ("run", "runid", "trial", "id", "uuid", "name", "runname", "rep", "repeat", "replicate", "fold")
_UNUSED = (
    "timestamp", "time", "date", "datetime", "created", "updated", "runtime", "duration", "elapsed", "wall",
    "host", "hostname", "user", "notes", "tags", "state", "status", "git", "commit", "sha", "path", "dir",
    "directory", "folder", "file", "url", "link", "seconds", "secs", "sec", "minutes", "hours", "gpu", "cpu",
    "memory", "mem", "pid", "machine", "device", "sweep", "checkpoint", "output", "outdir", "logdir",
)  # fmt: skip
"""Words in the names of columns that say how a run went along, not what it was."""
_WORD = re.compile(r"[a-z0-9]+")


def words_of(name: str) -> list[str]:
    """Return the words of a name, in small letters.

    Example:
        >>> words_of("args.random_seed")
        ['args', 'random', 'seed']
    """
    return _WORD.findall(name.lower())


def is_seed(name: str) -> bool:
    """Return whether a name is that of a seed.

    Example:
        >>> is_seed("model.seed"), is_seed("random_state"), is_seed("seeding")
        (True, True, False)
    """
    words = words_of(name)
    return bool(words) and (words[-1] == "seed" or words[0] == "seed" or words[-2:] == ["random", "state"])


def is_unused(name: str) -> bool:
    """Return whether a name says when, where or how long something ran.

    Example:
        >>> is_unused("Created"), is_unused("out_dir"), is_unused("lr")
        (True, True, False)
    """
    return metric_name(name) is None and bool({*words_of(name)} & {*_UNUSED})


def guess_roles(table: Frame, given: Mapping[str, Role]) -> dict[str, Role]:
    """Return what each column of a table is.

    Args:
        table: A row a run, or a row a run and epoch.
        given: What the user says of some.
    """
    roles: dict[str, Role] = dict(given)
    free = [name for name in table.columns if name not in roles]
    taken = set(roles.values())
    for name in free:
        if "seed" not in taken and is_seed(name):
            roles[name] = "seed"
            taken.add("seed")
    if "epoch" not in taken and (epoch := _epoch(table, [name for name in free if name not in roles])):
        roles[epoch] = "epoch"
    for name in free:
        if name not in roles and is_unused(name):
            roles[name] = "unused"
    if "variant" not in taken:
        named = (name for word in _VARIANTS for name in free if words_of(name) == [word])
        chosen = next((name for name in named if name not in roles and _repeats(table[name])), None)
        if chosen is not None:
            roles[chosen] = "variant"
    for name in free:
        if name not in roles:
            roles[name] = _by_values(name, table, roles)
    return {name: roles[name] for name in table.columns}


def _epoch(table: Frame, free: list[str]) -> str | None:
    """Return the column that counts epochs: one whose numbers come more than once, or rise row by row."""
    for word in _EPOCHS:
        for name in free:
            words = words_of(name)
            if words and words[-1].removesuffix("s") == word and _is_number(table[name]):
                return name if table[name].nunique() > 1 or word == "epoch" else None
    return None


def _by_values(name: str, table: Frame, roles: Mapping[str, Role]) -> Role:
    column = table[name]
    has_epochs = "epoch" in roles.values()
    if metric_name(name) is not None and (_is_number(column) or _looks_numeric(column)):
        return "metric"
    if words_of(name)[-1:] and words_of(name)[-1] in _RUNS:
        return "run"
    if not _is_number(column):
        is_run = not _repeats(column) and (has_epochs or len(table) == column.nunique())
        return "run" if is_run else "setting"
    if has_epochs:
        return "setting" if _is_constant_in_runs(name, table, roles) else "curve"
    return "setting" if _repeats(column) else "metric"


def _is_constant_in_runs(name: str, table: Frame, roles: Mapping[str, Role]) -> bool:
    """Return whether a column has one value in every stretch of rising epochs."""
    epoch = next(each for each, role in roles.items() if role == "epoch")
    begins = table[epoch].diff().fillna(-1) < 0
    keys = [table[each] for each, role in roles.items() if role in ("variant", "seed", "run")]
    groups = table[name].groupby([begins.cumsum(), *keys], dropna=False, sort=False)
    return bool(groups.nunique(dropna=False).max() <= 1)


def _repeats(column: Column) -> bool:
    """Return whether a column has fewer different values than half its rows, or but a few."""
    different = int(column.nunique(dropna=False))
    return different <= max(1, len(column) // 2) or (different < len(column) and len(column) <= 4)


def _is_number(column: Column) -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return bool(is_numeric_dtype(column) and not is_bool_dtype(column))


def _looks_numeric(column: Column) -> bool:
    """Return whether a column of text has a number: a name like ``loss`` may be that of a setting too."""
    import pandas as pd

    written = column.dropna().astype(str).str.strip().str.rstrip("%").str.replace(",", ".", regex=False)
    found: Column = pd.to_numeric(written, errors="coerce")
    return bool(found.notna().any())
