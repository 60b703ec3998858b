"""The first pass over a drop: every row of every file, no database. It decides whether anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from privacy.people.drop.customers import CustomerIndex, find_repeats, get_customer_keys
from privacy.people.drop.errors import TooManyRejectedError
from privacy.people.drop.readers import CHUNK_ROWS, FileReader
from privacy.people.drop.rows import CheckedChunk, check_rows, get_positions
from privacy.people.drop.tables import get_columns
from privacy.people.drop.values import REASONS, Drop, Reason, TableCount, TableName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from numpy.typing import NDArray

    from privacy.people.drop.rejects import RejectsFile
    from privacy.people.ports import LeafLocator, Progress

MOST_REJECTED = 0.01


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the households file's rows live, one entry a row that could be read; leaf -1 for a rejected one."""

    leaf_ids: NDArray[np.int64]
    city_codes: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class ValidDrop:
    """A drop that may be loaded."""

    drop: Drop
    placement: Placement
    counts: dict[TableName, TableCount]

    @property
    def rejected(self) -> int:
        """Return the number of rejected rows over all files."""
        return sum(count.rejected for count in self.counts.values())


@dataclass(slots=True)
class Validator:
    """Checks one drop, file by file; households come before all that speak of them."""

    drop: Drop
    locator: LeafLocator
    now: datetime
    rejects: RejectsFile
    progress: Progress
    chunk_rows: int = CHUNK_ROWS
    _counts: dict[TableName, TableCount] = field(default_factory=dict)

    def check(self) -> ValidDrop:
        """Check every file. Raises DropError; TooManyRejectedError at the end of the first file that is too bad."""
        self._check_file(TableName.COMMUNITIES, check=lambda _: 0)
        customers, placement = self._check_households()
        for table in list(TableName)[2:]:
            self._check_file(table, check=lambda checked: self._check_customers(checked, customers=customers))
        return ValidDrop(self.drop, placement, self._counts)

    def _check_file(self, table: TableName, *, check: Callable[[CheckedChunk], int]) -> None:
        reader = self._open(table)
        left_out = rejected = 0
        for checked in self._read(table, reader=reader):
            left_out += check(checked)
            rejected += self._write(table, checked)
        self._close(table, reader=reader, rejected=rejected, left_out=left_out)

    def _check_households(self) -> tuple[CustomerIndex, Placement]:
        table = TableName.HOUSEHOLDS
        reader = self._open(table)
        keys, leaves, cities, rows = [], [], [], []
        rejected = 0
        for checked in self._read(table, reader=reader):
            leaf_ids, city_codes = self._place(checked)
            rejected += self._write(table, checked)
            keys.append(get_customer_keys(checked.columns["customer_id"]))
            leaves.append(np.where(checked.is_good, leaf_ids, -1))
            cities.append(city_codes.astype(np.int32))
            rows.append(checked.rows)
        all_keys, leaf_ids = _join(keys, np.int64), _join(leaves, np.int64)
        repeats = find_repeats(all_keys, is_good=leaf_ids >= 0)
        leaf_ids[repeats] = -1
        for row in _join(rows, np.int64)[repeats]:
            self._reject(table, row=int(row), column="customer_id", reason=Reason.DUPLICATE)
        self._close(table, reader=reader, rejected=rejected + len(repeats), left_out=0)
        customers = CustomerIndex(all_keys[all_keys != 0], is_good=(leaf_ids >= 0)[all_keys != 0])
        return customers, Placement(leaf_ids, _join(cities, np.int32))

    def _place(self, checked: CheckedChunk) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        positions = get_positions(checked)
        codes = checked.columns["community_code"].to_pylist()
        located = self.locator.locate(positions.lon, positions.lat, codes, datum=self.drop.datum)
        has_code = checked.columns["community_code"].is_valid().to_numpy(zero_copy_only=False)
        checked.reject(~positions.is_known & ~has_code, column="lon", reason=Reason.MISSING)
        checked.reject(located.leaf_ids < 0, column="lon", reason=Reason.UNPLACED)
        return located.leaf_ids, located.city_codes

    def _check_customers(self, checked: CheckedChunk, *, customers: CustomerIndex) -> int:
        keys = get_customer_keys(checked.columns["customer_id"])
        is_known, is_good = customers.find(keys)
        checked.reject(~is_known, column="customer_id", reason=Reason.UNKNOWN_CUSTOMER)
        return int((checked.is_good & ~is_good).sum())

    def _open(self, table: TableName) -> FileReader:
        names = [column.name for column in get_columns(table, now=self.now)]
        return FileReader(self.drop.files[table], names, self.chunk_rows)

    def _read(self, table: TableName, *, reader: FileReader) -> Iterator[CheckedChunk]:
        columns = get_columns(table, now=self.now)
        for chunk in reader:
            yield check_rows(chunk, table=table, columns=columns)
            self.progress(f"check {table}", done=int(chunk.rows[-1]), total=reader.file.rows)

    def _write(self, table: TableName, checked: CheckedChunk) -> int:
        bad = np.flatnonzero(~checked.is_good)
        for index in bad:
            reason = REASONS[checked.reasons[index]]
            self._reject(
                table, row=int(checked.rows[index]), column=checked.names[checked.blamed[index]], reason=reason
            )
        return len(bad)

    def _reject(self, table: TableName, *, row: int, column: str, reason: Reason) -> None:
        self.rejects.write(self.drop.files[table].path.name, row=row, column=column, reason=reason)

    def _close(self, table: TableName, *, reader: FileReader, rejected: int, left_out: int) -> None:
        for row in reader.ragged:
            self._reject(table, row=row, column="", reason=Reason.COLUMN_COUNT)
        rejected += len(reader.ragged)
        rows = reader.file.rows
        if rejected > MOST_REJECTED * rows:
            raise TooManyRejectedError(table=table, rejected=rejected, rows=rows, rejects_path=self.rejects.path)
        self._counts[table] = TableCount(rows, rejected, left_out)


def _join(parts: list[NDArray[np.int64]] | list[NDArray[np.int32]], dtype: type) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)
