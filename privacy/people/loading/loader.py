"""The second pass over a drop: loads what the first found good, in transactions that a crash may fall between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from privacy.people.drop.readers import CHUNK_ROWS, FileReader
from privacy.people.drop.rows import CheckedChunk, check_rows
from privacy.people.drop.tables import get_columns
from privacy.people.drop.values import TableName
from privacy.people.loading import departures, journal, roll
from privacy.people.loading.children import create_staging, merge, stage
from privacy.people.loading.erased import ErasedPeople
from privacy.people.loading.households import (
    CREATE,
    NOTE_ARRIVAL,
    HouseholdRows,
    get_arrival,
    load_households,
)
from privacy.people.loading.statements import STAGING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    import psycopg

    from privacy.people.drop.validation import ValidDrop
    from privacy.people.ports import FindTags, Progress
    from privacy.people.vault import Vault


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads one valid drop over one connection in autocommit, whose temporary tables are the working copies."""

    connection: psycopg.Connection[Any]
    valid: ValidDrop
    vault: Vault
    now: datetime
    progress: Progress
    find_tags: FindTags
    chunk_rows: int = CHUNK_ROWS

    def load(self, *, done: dict[str, int]) -> int:
        """Load every table that is not in `done` with all its rows; returns how many erased customers stay out.

        Households always pass, without effect where they are in already: the other tables are joined to them.
        """
        erased = self._load_households(done=done.get(TableName.HOUSEHOLDS, 0))
        for table in STAGING:
            if done.get(table) != self.valid.drop.files[table].rows:
                self._load_table(table)
        return erased

    @property
    def _arrival(self) -> date:
        return get_arrival(self.valid.drop.month, now=self.now)

    def _load_households(self, *, done: int) -> int:
        table = TableName.HOUSEHOLDS
        for created in (roll.CREATE, departures.CREATE, CREATE):
            self.connection.execute(created)
        self.connection.execute(NOTE_ARRIVAL, (self._arrival,))
        erased = ErasedPeople.load(self.connection, vault=self.vault)
        self._call_roll()
        start = 0
        for checked in self._read(table, columns=_HOUSEHOLD_COLUMNS):
            stop = start + len(checked.rows)
            with self.connection.transaction():
                rows = erased.keep_out(self._get_rows(checked, start=start))
                load_households(self.connection, rows=rows, vault=self.vault)
                committed = int(checked.rows[-1])
                journal.note_rows(self.connection, drop=self.valid.drop, table=table, rows=max(committed, done))
            start = stop
            self._report(table, done=committed)
        with self.connection.transaction():
            self._readmit(erased)
            departures.drop_empty_households(self.connection)
            rows_promised = self.valid.drop.files[table].rows
            journal.note_rows(self.connection, drop=self.valid.drop, table=table, rows=rows_promised)
        self.connection.execute("CREATE INDEX ON present (customer_key); ANALYZE present")
        return len(erased.kept_out)

    def _call_roll(self) -> None:
        """Read the file once before: a chunk cannot know who of a household comes with which phone in another."""
        erased = ErasedPeople.load(self.connection, vault=self.vault)
        start = 0
        for checked in self._read(TableName.HOUSEHOLDS, columns=_HOUSEHOLD_COLUMNS):
            rows = erased.keep_out(self._get_rows(checked, start=start))
            start += len(checked.rows)
            with self.connection.transaction():
                roll.call_roll(self.connection, rows=rows, vault=self.vault)
        with self.connection.transaction():
            roll.vacate(self.connection)

    def _readmit(self, erased: ErasedPeople) -> None:
        consents = self._read(TableName.CONSENTS, columns=("customer_id", "granted", "at"))
        rows = erased.readmit(consents)
        if not rows.phones:
            return
        # Nothing is known of where they lived before: maybe in a city that has counted them this month.
        load_households(self.connection, rows=rows, vault=self.vault, city_from=self._arrival)
        erased.forget(self.connection, rows=rows)

    def _get_rows(self, checked: CheckedChunk, *, start: int) -> HouseholdRows:
        placement = self.valid.placement
        stop = start + len(checked.rows)
        leaf_ids, city_codes = placement.leaf_ids[start:stop], placement.city_codes[start:stop]
        is_good = leaf_ids >= 0
        wanted = pa.array(is_good)
        columns = [pc.filter(checked.columns[name], wanted).to_pylist() for name in _HOUSEHOLD_COLUMNS]
        customer_ids, phones, opened_on = columns
        places = (city_codes[is_good].tolist(), leaf_ids[is_good].tolist())
        return HouseholdRows(customer_ids, phones, *places, opened_on)

    def _load_table(self, table: TableName) -> None:
        create_staging(self.connection, table=table)
        for checked in self._read(table):
            stage(self.connection, table=table, checked=checked, find_tags=self.find_tags)
            self._report(table, done=int(checked.rows[-1]))
        with self.connection.transaction():
            merge(self.connection, table=table, month=self.valid.drop.month, vault=self.vault)
            rows = self.valid.drop.files[table].rows
            journal.note_rows(self.connection, drop=self.valid.drop, table=table, rows=rows)

    def _read(self, table: TableName, *, columns: tuple[str, ...] | None = None) -> Iterator[CheckedChunk]:
        known = get_columns(table, now=self.now)
        wanted = [column for column in known if columns is None or column.name in columns]
        reader = FileReader(self.valid.drop.files[table], [column.name for column in known], self.chunk_rows)
        for chunk in reader:
            yield check_rows(chunk, table=table, columns=wanted)

    def _report(self, table: TableName, *, done: int) -> None:
        self.progress(f"load {table}", done=done, total=self.valid.drop.files[table].rows)


_HOUSEHOLD_COLUMNS = ("customer_id", "phone", "opened_at")
