"""The fields of a CSV file's lines: what stands between them, and that every line has as many."""

from __future__ import annotations

import csv
from pathlib import Path

from paribus.data.own.raw import refused

SEPARATORS = ",;\t|"
_LINES = 50


def found_separator(words: str) -> str:
    """Return what stands between the fields: the mark by which most lines have as many as the header.

    Args:
        words: The beginning of a file.

    Example:
        >>> found_separator("area;price\\n1,5;2,5\\n1,0;3,5")
        ';'
    """
    lines = [line for line in words.splitlines() if line.strip()][:_LINES]
    found: dict[str, tuple[float, int]] = {}
    for mark in SEPARATORS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=mark, skipinitialspace=True)]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            found[mark] = widths.count(widths[0]) / len(widths), widths[0]
    return max(found, key=lambda mark: found[mark]) if found else SEPARATORS[0]


def check_widths(path: Path, encoding: str, separator: str, *, skipped: int = 0) -> None:
    """Check that every line has as many fields as the header; empty names at its end need no fields.

    Args:
        path: The file.
        encoding: Its encoding.
        separator: What stands between fields; one of several letters is not checked.
        skipped: Lines before the header.

    Raises:
        DataError: A line has more or fewer; the message names the first.
    """
    if len(separator) != 1:
        return
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for _ in range(skipped):
            next(file, None)
        reader = csv.reader(file, delimiter=separator, skipinitialspace=True)
        fewest = most = 0
        try:
            before = 0
            for row in reader:
                first, before = before + 1, reader.line_num
                if not any(field.strip() for field in row) and len(row) < 2:
                    continue
                if not most:
                    most = len(row)
                    fewest = max((n for n, name in enumerate(row, 1) if name.strip()), default=most)
                elif not fewest <= len(row) <= most:
                    raise refused(
                        path,
                        "ragged-line",
                        line=first + skipped,
                        given=len(row),
                        header=most,
                        separator=separator,
                    )
        except csv.Error:  # a field longer than the module reads: pandas says what is wrong, if anything
            return
