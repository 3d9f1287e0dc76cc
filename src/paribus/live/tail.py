"""A file of JSON lines that grows: only what was added is read."""

from __future__ import annotations

import os
from pathlib import Path

from paribus.record import files


class Lines:
    """Follows a file to which lines are appended.

    Args:
        path: The file; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changed = 0.0
        self._stands: tuple[int, int, int] | None = None
        self._forget()

    def read(self) -> list[dict[str, object]]:
        """Every complete line so far; from a damaged one on, none.

        A file that was cut or replaced, as a study's going on does, is read from its start.
        """
        stands = state(self.path)
        if stands == self._stands:
            return self._rows
        if stands is None or self._stands is None or stands[0] != self._stands[0] or stands[1] < self._end:
            self._forget()
        self._stands = stands
        if stands is not None:
            self.changed = stands[2] / 1e9
            self._take_more()
        return self._rows

    def _take_more(self) -> None:
        try:
            with self.path.open("rb") as file:
                file.seek(self._end - len(self._last))
                if file.read(len(self._last)) != self._last:
                    self._forget()
                    file.seek(0)
                content = file.read()
        except OSError:
            self._forget()
            self._stands = None
            return
        complete = content[: content.rfind(b"\n") + 1]
        self._end += len(complete)
        for line in complete.splitlines(keepends=True):
            self._last = line
            if self.damaged:
                return
            try:
                self._rows.append(files.parse_json(line, self.path))
            except ValueError:
                self.damaged = True

    def _forget(self) -> None:
        self._rows: list[dict[str, object]] = []
        self._end = 0
        self._last = b""
        self.damaged = False


def state(path: Path) -> tuple[int, int, int] | None:
    """By what a file is seen to have changed: its number, size and time; None where there is none.

    Args:
        path: The file or folder.
    """
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
