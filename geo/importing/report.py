"""What an import did, in numbers and in the rejects file."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.importing.rows import Reason, Rejection

_FIELD_ONLY = frozenset({Reason.HOUSEHOLDS_UNREADABLE, Reason.OUTLINE_UNREADABLE, Reason.OUTLINE_ELSEWHERE})


@dataclass(slots=True)
class ImportReport:
    """Counts of one import: every row read was taken, merged or rejected.

    `new`, `updated` and `unchanged` count communities, `fields` single fields that were left out, `repaired` rows that
    were mended.
    """

    file_name: str
    read: int = 0
    taken: int = 0
    merged: int = 0
    rejected: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    cells: int = 0
    community_leaves: int = 0

    def note(self, rejections: Iterable[Rejection]) -> None:
        """Count rejections: a row lost, or only a field of it."""
        for rejection in rejections:
            if rejection.reason in _FIELD_ONLY:
                self.fields[rejection.reason.value] += 1
            else:
                self.reasons[rejection.reason.value] += 1
                self.rejected += 1

    def to_json(self) -> dict[str, Any]:
        """Return the report as stored with the import."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__ if name != "file_name"}


def _plain(value: object) -> object:
    return dict(sorted(value.items())) if isinstance(value, Counter) else value


class RejectsFile:
    """A CSV of file, row, column, reason; made when the first line comes, so that a clean import leaves none."""

    def __init__(self, path: Path, *, file_name: str) -> None:
        """Write to `path` about `file_name`."""
        self._path = path
        self._file_name = file_name
        self._file: Any = None

    def write(self, rejections: Iterable[Rejection]) -> None:
        """Add lines."""
        for rejection in rejections:
            if self._file is None:
                self._file = self._path.open("w", encoding="utf-8", newline="")
                csv.writer(self._file).writerow(("file", "row", "column", "reason"))
            line = (self._file_name, rejection.row, rejection.column, rejection.reason.value)
            csv.writer(self._file).writerow(line)

    def close(self) -> None:
        """Close the file if there is one."""
        if self._file is not None:
            self._file.close()


@contextmanager
def open_rejects(path: Path, *, file_name: str) -> Iterator[RejectsFile]:
    """Give a rejects file for the time of an import; one of an earlier import is removed first."""
    path.unlink(missing_ok=True)
    rejects = RejectsFile(path, file_name=file_name)
    try:
        yield rejects
    finally:
        rejects.close()
