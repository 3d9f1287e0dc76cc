"""Raw measurements, one line of JSON each, appended so that a killed benchmark can be resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class OtherSettingsError(Exception):
    """The file has measurements made under other settings."""


class Raw:
    """The measurements in one file.

    Args:
        path: The file; it need not exist.
        settings: Under which all its measurements are made: they are its first line.

    Raises:
        OtherSettingsError: It has others.
    """

    def __init__(self, path: Path, settings: Record) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.records = read(path)
        if not self.records:
            self.append({"kind": "settings", **settings})
        begun = {name: self.records[0].get(name) for name in settings if name != "environment"}
        given = {name: value for name, value in settings.items() if name != "environment"}
        if begun != json.loads(json.dumps(given)):
            raise OtherSettingsError(f"{path} was begun with {begun}, not {given}: --fresh begins it anew")

    def append(self, record: Record) -> None:
        """Append a measurement, to the file first."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        self.records.append(record)

    def has(self, **wanted: Any) -> bool:
        """Return whether there is such a measurement."""
        return bool(self.find(**wanted))

    def find(self, **wanted: Any) -> list[Record]:
        """Return the measurements with these values, in their order."""
        return matching(self.records, **wanted)


def read(path: Path) -> list[Record]:
    """Read the measurements of a file, and cut off a half-written last line."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines()]


def matching(records: list[Record], **wanted: Any) -> list[Record]:
    """Return those with these values."""
    return [each for each in records if all(each.get(name) == value for name, value in wanted.items())]
