"""The fields of a CSV file's lines: what stands between them, and that every line has as many."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from paribus.data.own.raw import refused
from paribus.texts import text

SEPARATORS = ",;\t|"
"""What may stand between fields; a space where none of these does."""
_LINES = 50
_MOST_NAMED = 5


def found_separator(words: str) -> str:
    """Return what stands between the fields: the mark by which most lines have as many as the header.

    Lines may all have a field more than the header: names of the rows, as R's ``write.table`` writes them.

    Args:
        words: The beginning of a file.

    Example:
        >>> found_separator("area;price\\n1,5;2,5\\n1,0;3,5"), found_separator('"a" "b"\\n"1" 2 3\\n"2" 4 5')
        (';', ' ')
    """
    lines = [line for line in words.splitlines() if line.strip()][:_LINES]
    found: dict[str, tuple[float, int]] = {}
    for mark in SEPARATORS + " ":
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=mark, skipinitialspace=True)]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            agree = max(widths[1:].count(widths[0] + more) for more in (0, 1))
            if mark == " " and (found or not 0 < agree == len(widths) - 1):
                continue  # spaces stand between words too
            found[mark] = (1 + agree) / len(widths), widths[0]
    return max(found, key=lambda mark: found[mark]) if found else SEPARATORS[0]


@dataclass
class _Lines:
    """The lines whose numbers of fields are not as expected: how many, and the first of them."""

    count: int = 0
    first: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def add(self, line: int, fields: int) -> None:
        self.count += 1
        if len(self.first) < _MOST_NAMED:
            self.first.append((line, fields))


def check_widths(path: Path, encoding: str, separator: str, *, skipped: int = 0) -> bool:
    """Check that lines have as many fields as the header; empty names at its end need no fields.

    Args:
        path: The file.
        encoding: Its encoding.
        separator: What stands between fields; one of several letters is not checked.
        skipped: Lines before the header.

    Returns:
        Whether each line has one field more, in front: the name of the row, which the header of R's
        ``write.table`` does not name.

    Raises:
        DataError: Lines have more or fewer; the message names the first of them.
    """
    if len(separator) != 1:
        return False
    wrong, nameless = _Lines(), _Lines()
    lines = ending = 0
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for _ in range(skipped):
            next(file, None)
        reader = csv.reader(file, delimiter=separator, skipinitialspace=True)
        fewest = most = before = 0
        try:
            for row in reader:
                line, before = before + 1 + skipped, reader.line_num
                if not any(each.strip() for each in row) and len(row) < 2:
                    continue
                if not most:
                    most = len(row)
                    fewest = max((n for n, name in enumerate(row, 1) if name.strip()), default=most)
                    continue
                lines += 1
                ending += len(row) == most + 1 and not row[-1].strip()
                if not fewest <= len(row) <= most:
                    wrong.add(line, len(row))
                if len(row) != most + 1:
                    nameless.add(line, len(row))
        except csv.Error:  # a field longer than the module reads: pandas says what is wrong, if anything
            return False
    if lines and 2 * nameless.count < lines and ending < lines and fewest == most:
        wrong, has_names = nameless, True
    else:
        has_names = False
    if wrong.count:
        _refuse(path, wrong, most + has_names, separator, has_names=has_names)
    return has_names


def _refuse(path: Path, wrong: _Lines, expected: int, separator: str, *, has_names: bool) -> None:
    if wrong.count == 1 and not has_names:
        ((line, given),) = wrong.first
        raise refused(path, "ragged-line", line=line, given=given, header=expected, separator=separator)
    named = ", ".join(text("data.own-line", line=line, given=given) for line, given in wrong.first)
    more = "" if wrong.count == len(wrong.first) else ", …"
    raise refused(
        path,
        "ragged-lines",
        count=wrong.count,
        expected=expected,
        lines=named + more,
        separator=separator,
    )
