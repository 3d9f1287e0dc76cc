"""Tables: CSV and Parquet files and data frames, a row an example."""

from __future__ import annotations

import codecs
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.own.fields import check_widths, found_separator
from paribus.data.own.labels import FEW_VALUES, refuse_missing
from paribus.data.own.raw import MIN_EXAMPLES, Raw, Refusals, listed, refused
from paribus.data.own.text import VOCABULARY, word_numbers, written
from paribus.study.census import Reading
from paribus.study.source import Source
from paribus.texts import suggestion

MAX_CATEGORIES = 1_000
"""Of one column: each becomes an input of its own."""
_SAMPLE = 2**16
_DECIMAL_COMMA = re.compile(r"-?\d{1,3}(\.\d{3})*,\d+|-?\d+,\d+")
_GROUPED = r"[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d*)?([eE][-+]?\d+)?"
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+")
_NOTHING = ("", "?", "-", "na", "n/a", "none")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(,?[ T].*)?")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_csv(source: Source) -> Raw:
    """Read a CSV file; encoding, separator and decimal comma are found out unless they are given.

    Raises:
        DataError: There is no such file, it is no table, or its columns cannot be used as they are.
    """
    path = Path(source.place)
    head = _head(path)
    encoding = next((name for mark, name in _MARKS.items() if head.startswith(mark)), "utf-8")
    try:
        words = head.decode(encoding, errors="strict" if len(head) < _SAMPLE else "ignore")
        path.read_text(encoding) if encoding == "utf-8" else None
    except UnicodeDecodeError:
        encoding, words = "cp1252", head.decode("cp1252", errors="replace")
    stated = re.match(r"sep=(.)\r?\n", words)  # as spreadsheets write it
    separator = source.separator or (stated[1] if stated else found_separator(words))
    decimal = source.decimal or ("," if separator != "," and _has_decimal_commas(words, separator) else ".")
    has_names = check_widths(path, encoding, separator, skipped=1 if stated else 0)
    import pandas as pd

    try:
        frame: Any = pd.read_csv(  # pyright: ignore[reportUnknownMemberType]
            path,
            sep=separator,
            decimal=decimal,
            encoding=encoding,
            skiprows=1 if stated else 0,
            skipinitialspace=True,
            low_memory=False,
        )
    except (ValueError, UnicodeError, OSError) as error:  # those of pandas are ValueErrors
        raise refused(path, "unreadable", cause=str(error).strip()) from error
    if not has_names and _names_rows(frame):
        frame, has_names = frame.set_index(frame.columns[0]), True
    found = from_frame(_ungrouped(frame) if decimal == "," else frame, source)
    return replace(found, reading=Reading(row_names=has_names))


def read_parquet(source: Source) -> Raw:
    """Read a Parquet file, which needs the package ``pyarrow``.

    Raises:
        DataError: The package or the file is missing, or its columns cannot be used as they are.
    """
    path = Path(source.place)
    _head(path)
    import pandas as pd

    try:
        frame: Any = pd.read_parquet(path)  # pyright: ignore[reportUnknownMemberType]
    except ImportError as error:
        raise refused(path, "needs-package", package="pyarrow") from error
    except (ValueError, OSError) as error:
        raise refused(path, "unreadable", cause=str(error).strip()) from error
    return from_frame(frame, source)


def from_frame(frame: Any, source: Source) -> Raw:
    """Return the columns of a table as numbers: categories as 0 and 1, missing numbers as NaN.

    Missing numbers are filled, and columns scaled, when a run is trained, by its own training rows.

    Args:
        frame: A data frame of pandas.
        source: What is predicted, and which columns are left out or are categories.

    Raises:
        DataError: A column is missing or cannot be used as it is.
    """
    place = source.place
    frame = frame.rename(columns=lambda name: str(name).strip())  # pyright: ignore[reportUnknownLambdaType]
    frame = frame.loc[
        :, [name for name in frame.columns if not (name.startswith("Unnamed:") and frame[name].isna().all())]
    ]
    if not source.target:
        raise refused(place, "no-target", columns=listed(frame.columns))
    named = [
        *source.target,
        *source.drop,
        *source.categorical,
        source.group,
        source.id,
        source.text,
        source.weight,
    ]
    _check_names(frame, [name for name in named if name is not None], place)
    faults = Refusals(place)
    for key in ("group", "id", "text", "weight"):
        if (given := getattr(source, key)) in source.target:
            with faults.collecting():
                raise refused(place, "target-too", key=key, given=given)
    for name in named:
        if name is not None and name not in source.drop:
            with faults.collecting():
                _refuse_complex(frame[name], name, place)
    faults.check()
    if not len(frame):
        raise refused(place, "few", count=0, fewest=MIN_EXAMPLES)
    labels = np.arange(0)
    with faults.collecting():
        labels = _labels(frame, source)
        refuse_missing(labels, place)
    groups = (
        None if source.group is None else np.unique(_as_text(frame[source.group]), return_inverse=True)[1]
    )
    weights = None if source.weight is None else _numbers(frame[source.weight])
    if source.weight is not None and weights is None:
        with faults.collecting():
            raise refused(place, "weight-type", given=source.weight)
    if source.text is not None:
        faults.check()
        x, words = word_numbers(_as_text(frame[source.text]), source.length)
        return Raw(
            x,
            labels,
            values="tokens",
            words=len(words) + 2,
            word_list=written(words),
            vocabulary=min(source.vocabulary or VOCABULARY, len(words) + 2),
            targets=source.target,
            groups=groups,
            weights=weights,
            ids=_ids(frame, source),
        )
    left_out = {*source.target, *source.drop, source.group, source.id, source.weight}
    columns = [name for name in frame.columns if name not in left_out]
    if not columns:
        raise refused(place, "no-features", columns=listed(frame.columns))
    for name in columns:
        with faults.collecting():
            _refuse_complex(frame[name], name, place)
    numbers = {name: _numbers(frame[name]) for name in columns if name not in source.categorical}
    numeric = {name: values for name, values in numbers.items() if values is not None}
    encoded: list[NDArray[Any]] = []
    names: list[str] = []
    for name in (name for name in columns if name not in numeric):
        with faults.collecting():
            values, categories = _one_hot(frame[name], name, source)
            encoded.append(values)
            names += categories
    faults.check()
    x = np.column_stack([*numeric.values(), *encoded]).astype(np.float32)
    many = len(source.target) > 1
    return Raw(
        x,
        labels,
        values="numbers",
        features=(*numeric, *names),
        numeric=len(numeric),
        targets=source.target if many else (),
        groups=groups,
        weights=weights,
        ids=_ids(frame, source),
    )


def _names_rows(frame: Any) -> bool:
    """Return whether the first column has no name and another value in each row, as a saved index has."""
    if not str(frame.columns[0]).startswith("Unnamed: 0") or not len(frame):
        return False
    first = frame.iloc[:, 0]
    return bool(first.notna().all() and first.is_unique)


def _ids(frame: Any, source: Source) -> NDArray[np.str_] | None:
    """Return what the user calls each row: the column ``id``, or the index where it is no mere numbering."""
    if source.id is not None:
        return _as_text(frame[source.id])
    index = frame.index
    is_numbering = index.dtype.kind in "iu" and bool((np.asarray(index) == np.arange(len(index))).all())
    return None if is_numbering else np.array([str(each) for each in index])


def _check_names(frame: Any, named: list[str], place: str) -> None:
    """Check that every column is there that the study names."""
    absent = [name for name in dict.fromkeys(named) if name not in frame.columns]
    if len(absent) > 1:
        raise refused(place, "no-columns", given=listed(absent), columns=listed(frame.columns))
    for name in absent:
        meant = suggestion(name, frame.columns)
        raise refused(place, "no-column", given=name, columns=listed(frame.columns), meant=meant)


def _head(path: Path) -> bytes:
    if not path.is_file():
        raise refused(path, "a-folder" if path.is_dir() else "no-file")
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    if not head.strip():
        raise refused(path, "empty-file")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise refused(path, "a-spreadsheet")
    return head


def _has_decimal_commas(words: str, separator: str) -> bool:
    fields = [field.strip() for line in words.splitlines()[1:200] for field in line.split(separator)]
    return any(_DECIMAL_COMMA.fullmatch(field) for field in fields)


def _refuse_complex(column: Any, name: str, place: str) -> None:
    if column.dtype.kind == "c":
        raise refused(place, "complex", what=f"'{name}'")


def _ungrouped(frame: Any) -> Any:
    """Return a table whose numbers in groups of three digits (``1.234,5``) are numbers.

    A column becomes numbers only where all of it is written so: the dots of dates are no such groups.
    """
    import pandas as pd

    changed = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind in "fiubmM":
            continue
        words = column.astype(str).str.strip()
        is_missing = _is_missing(column)
        if bool((words.str.fullmatch(_GROUPED) | is_missing).all()) and not bool(is_missing.all()):
            plain = words.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
            changed[name] = pd.to_numeric(plain.mask(is_missing))  # pyright: ignore[reportUnknownMemberType]
    return frame.assign(**changed)


def _is_missing(column: Any) -> Any:
    return column.isna() | column.astype(str).str.strip().str.lower().isin(_NOTHING)


def _refuse_decimal_commas(column: Any, name: str, source: Source) -> None:
    """Refuse a column of a CSV file with many values that look like numbers with a decimal comma."""
    if source.way != "csv" or name in source.categorical or column.dtype.kind in "fiubmM":
        return
    words = column[~_is_missing(column)].astype(str).str.strip()
    values = words.nunique()
    if values > FEW_VALUES and bool(words.str.fullmatch(_GROUPED).all()):
        example = next((each for each in words if "," in each and not _THOUSANDS.fullmatch(each)), None)
        if example is not None:
            raise refused(source.place, "decimal-comma", column=name, values=values, example=example)


def _labels(frame: Any, source: Source) -> NDArray[Any]:
    columns = [frame[name] for name in source.target]
    for name, column in zip(source.target, columns, strict=True):
        if _holds_dates(column) and source.task != "classification":
            example = next(iter(_as_text(column.dropna())), "NaT")
            raise refused(source.place, "target-dates", column=name, example=example)
    if len(columns) == 1:
        numbers = _numbers(columns[0])
        whole = numbers is not None and bool(
            np.isfinite(numbers).all() and (numbers == np.round(numbers)).all()
        )
        _refuse_decimal_commas(columns[0], source.target[0], source)
        if numbers is None or columns[0].dtype == bool:
            return columns[0].to_numpy(dtype=object, na_value=None)
        return numbers.astype(np.int64) if whole and columns[0].dtype.kind in "iu" else numbers
    found = [_numbers(each) for each in columns]
    for name, numbers in zip(source.target, found, strict=True):
        if numbers is None:
            _refuse_decimal_commas(frame[name], name, source)
            raise refused(source.place, "target-text", column=name)
    return np.column_stack([each for each in found if each is not None])


def _numbers(column: Any) -> NDArray[np.float64] | None:
    """Return a column as numbers, missing ones as NaN; None where it holds anything else."""
    import pandas as pd

    if column.dtype.kind in "fiub":
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if column.dtype.kind in "mM" or column.dtype.name == "category":
        return None
    converted: Any = pd.to_numeric(column, errors="coerce")  # pyright: ignore[reportUnknownMemberType]
    if bool((converted.notna() | _is_missing(column)).all()) and bool(converted.notna().any()):
        return converted.to_numpy(dtype=np.float64, na_value=np.nan)
    return None


def _one_hot(column: Any, name: str, source: Source) -> tuple[NDArray[Any], list[str]]:
    """Return a column of 0 and 1 for each category, and their names."""
    from sklearn.preprocessing import OneHotEncoder

    place, words = source.place, _as_text(column)
    if _holds_dates(column):
        raise refused(place, "dates", column=name)
    _refuse_decimal_commas(column, name, source)
    categories = len(np.unique(words))
    if categories > max(20, len(words) / 2):
        raise refused(place, "identifiers", column=name, values=categories, rows=len(words))
    if categories > MAX_CATEGORIES:
        raise refused(place, "many-categories", column=name, values=categories, most=MAX_CATEGORIES)
    encoder = OneHotEncoder(sparse_output=False)
    encoded = encoder.fit_transform(words.reshape(-1, 1))
    return encoded, [f"{name}={each}" for each in encoder.categories_[0]]


def _holds_dates(column: Any) -> bool:
    if column.dtype.kind in "fiub":
        return False
    words = _as_text(column[~_is_missing(column)])
    return column.dtype.kind in "mM" or (len(words) > 0 and all(_DATE.fullmatch(each) for each in words))


_MISSING = "missing"


def _as_text(column: Any) -> NDArray[np.str_]:
    return np.array(
        [_MISSING if missing else str(each) for each, missing in zip(column, column.isna(), strict=True)]
    )
