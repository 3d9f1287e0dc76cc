"""Follow files of JSON lines that grow, and read only what was added."""

from __future__ import annotations

import os
from pathlib import Path

from paribus.study import reading


class LineFollower:
    """Follow a file to which lines are appended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changed = 0.0
        self._stamp: tuple[int, int, int] | None = None
        self._reset()

    def read(self) -> list[dict[str, object]]:
        """Return every complete line so far, up to the first damaged one.

        A file that was truncated or replaced, as happens when a run is resumed, is read from its start.
        """
        now = stamp(self.path)
        if now == self._stamp:
            return self._rows
        if now is None or self._stamp is None or now[0] != self._stamp[0] or now[1] < self._end:
            self._reset()
        self._stamp = now
        if now is not None:
            self.changed = now[2] / 1e9
            self._read_more()
        return self._rows

    def _read_more(self) -> None:
        try:
            with reading.open_file(self.path, reading.MAX_LINES) as file:
                file.seek(self._end - len(self._last_line))
                if file.read(len(self._last_line)) != self._last_line:
                    self._reset()
                    file.seek(0)
                content = file.read()
            lines = reading.split_lines(content)
        except (OSError, ValueError):
            self._reset()
            self._stamp = None
            return
        self._end += sum(map(len, lines))
        for line in lines:
            self._last_line = line
            if self.damaged:
                return
            try:
                self._rows.append(reading.parse_object(line))
            except ValueError:
                self.damaged = True

    def _reset(self) -> None:
        self._rows: list[dict[str, object]] = []
        self._end = 0
        self._last_line = b""
        self.damaged = False


def stamp(path: Path) -> tuple[int, int, int] | None:
    """Return a file's inode, size and time, which change with its content; None where there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
