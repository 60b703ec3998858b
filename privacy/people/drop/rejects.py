"""Writes down which rows were rejected, and why, without a word of what stood in them."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from privacy.people.drop.values import Reason

HEADER = ("file", "row", "column", "reason")
_MOST_LINES = 100_000


@dataclass(slots=True)
class RejectsFile:
    """An open rejects file: CSV with file, row (from 1, without header), column, reason. Stops at 100,000 lines."""

    path: Path
    opened: TextIO
    lines: int = 0

    def __post_init__(self) -> None:
        """Write the header."""
        self._write_line(HEADER)

    def write(self, file: str, *, row: int, column: str, reason: Reason) -> None:
        """Add a line."""
        if self.lines < _MOST_LINES:
            self._write_line((file, row, column, reason))
        self.lines += 1

    def _write_line(self, line: tuple[object, ...]) -> None:
        csv.writer(self.opened, lineterminator="\n").writerow(line)


@contextmanager
def open_rejects(path: Path, /) -> Iterator[RejectsFile]:
    """Open a new rejects file in place of an old one; if nothing is written to it, none is left behind."""
    with path.open("w", encoding="utf-8", newline="") as opened:
        rejects = RejectsFile(path, opened)
        yield rejects
    if not rejects.lines:
        path.unlink()


def get_rejects_path(drop_dir: Path, /) -> Path:
    """Return where a drop's rejects go unless told otherwise: beside its folder, never into it."""
    resolved = drop_dir.resolve()
    return resolved.with_name(f"{resolved.name}.rejects.csv")
