"""Words of the monthly drop: its tables, what may be wrong with a whole drop, and why a row is rejected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path


class TableName(StrEnum):
    """The files of a drop, in the order in which they are checked and loaded."""

    COMMUNITIES = "communities"
    HOUSEHOLDS = "households"
    CONSENTS = "consents"
    SCORES = "scores"
    ACTIVITY = "activity"
    PURCHASES = "purchases"
    TICKETS = "tickets"
    INTERESTS = "interests"
    TOPICS = "topics"


class Datum(StrEnum):
    """The coordinate systems that a drop may use; geo converts."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class DropProblem(StrEnum):
    """Why a whole drop is refused. Nothing has been written then."""

    MANIFEST_MISSING = "manifest_missing"
    MANIFEST_MALFORMED = "manifest_malformed"
    FILE_NAME_UNKNOWN = "file_name_unknown"
    TABLE_MISSING = "table_missing"
    TABLE_TWICE = "table_twice"
    FILE_MISSING = "file_missing"
    CHECKSUM_WRONG = "checksum_wrong"
    ROW_COUNT_WRONG = "row_count_wrong"
    FILE_UNREADABLE = "file_unreadable"
    COLUMNS_WRONG = "columns_wrong"
    TOO_MANY_REJECTED = "too_many_rejected"
    MONTH_AHEAD = "month_ahead"
    MONTH_SUPERSEDED = "month_superseded"
    CONTENT_CHANGED = "content_changed"
    UNFINISHED_OTHER = "unfinished_other"


class Reason(StrEnum):
    """Why one row is rejected."""

    MISSING = "missing"
    MALFORMED = "malformed"
    TOO_LONG = "too_long"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_VALUE = "unknown_value"
    IN_FUTURE = "in_future"
    NOT_A_PHONE = "not_a_phone"
    DUPLICATE = "duplicate"
    UNPLACED = "unplaced"
    UNKNOWN_CUSTOMER = "unknown_customer"
    COLUMN_COUNT = "column_count"


REASONS: tuple[Reason, ...] = tuple(Reason)


@dataclass(frozen=True, slots=True)
class DropFile:
    """One file of a drop as the manifest names it, with the row count that it promises."""

    table: TableName
    path: Path
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive rows of a file that are worked on at once: whole row groups of Parquet, or all of a CSV file."""

    table: TableName
    number: int
    start: int
    rows: int
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """A drop whose manifest is in order; `manifest_sha256` stands for its whole content."""

    drop_id: str
    month: date
    datum: Datum
    files: dict[TableName, DropFile]
    manifest_sha256: bytes


@dataclass(frozen=True, slots=True)
class TableCount:
    """What became of the rows of one file; `left_out` are good rows of a household rejected, or of another group."""

    rows: int
    rejected: int
    left_out: int


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """What an intake did. `is_replay` says that the drop had been taken in before and nothing was done.

    `erased` counts the customers left out because they had been erased, and did not agree again since.
    """

    drop_id: str
    month: date
    tables: dict[TableName, TableCount]
    rejected: int
    is_replay: bool
    rejects_path: Path | None
    erased: int = 0
