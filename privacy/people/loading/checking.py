"""Checks a part of a file, and leaves what the later stages need of it in `staging`; nothing else is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from privacy.people.drop.customers import hash_customers, make_customer_keys, to_keys
from privacy.people.drop.readers import FileReader
from privacy.people.drop.rows import CheckedChunk, check_rows, get_positions
from privacy.people.drop.tables import get_columns
from privacy.people.drop.values import Reason
from privacy.people.loading import roll
from privacy.people.loading.arrays import join
from privacy.people.loading.children import stage
from privacy.people.loading.rosters import CustomerFlag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from numpy.typing import NDArray

    from privacy.people.drop.values import Part
    from privacy.people.loading.arrays import Arrays
    from privacy.people.loading.erased import Erasures
    from privacy.people.loading.rosters import Roster
    from privacy.people.loading.tools import Job
    from privacy.people.ports import LocatedLeaves


def read_part(
    job: Job,
    part: Part,
    /,
    *,
    columns: Sequence[str] | None = None,
    is_wanted: NDArray[np.bool_] | None = None,
    ragged: list[int] | None = None,
) -> Iterator[tuple[CheckedChunk, NDArray[np.int64]]]:
    """Read a part and check its cells, chunk by chunk; of some columns and rows only, where they are named.

    Gives each chunk with the positions of its rows among those of the part that can be read. The numbers of the others
    are added to `ragged`. Raises DropError.
    """
    known = get_columns(part.table, now=job.run.now)
    wanted = [column for column in known if columns is None or column.name in columns]
    names, read = [column.name for column in known], [column.name for column in wanted]
    reader = FileReader(job.drop.files[part.table], part, names, read, job.run.chunk_rows)
    start = 0
    for chunk in reader:
        count = len(chunk.rows)
        here = np.arange(count) if is_wanted is None else np.flatnonzero(is_wanted[start : start + count])
        if len(here):
            some = chunk if len(here) == count else chunk.take(here)
            yield check_rows(some, table=part.table, columns=wanted), here + start
        start += count
    if ragged is not None:
        ragged.extend(reader.ragged)


@dataclass(slots=True)
class _Rejects:
    """Which rows of a part are bad, the column to blame (-1 for the row itself), and why, as indexes."""

    rows: list[NDArray[np.int64]] = field(default_factory=list)
    columns: list[NDArray[np.int8]] = field(default_factory=list)
    reasons: list[NDArray[np.int8]] = field(default_factory=list)
    ragged: list[int] = field(default_factory=list)

    def add(self, checked: CheckedChunk) -> None:
        is_bad = ~checked.is_good
        self.rows.append(checked.rows[is_bad])
        self.columns.append(checked.blamed[is_bad])
        self.reasons.append(checked.reasons[is_bad])

    def pack(self) -> Arrays:
        return {
            "bad_rows": join(self.rows, np.int64),
            "bad_columns": join(self.columns, np.int8),
            "bad_reasons": join(self.reasons, np.int8),
            "ragged": np.array(self.ragged, dtype=np.int64),
        }


def check_communities(job: Job, part: Part, /) -> Arrays:
    """Check a part of the communities file, which nothing is taken of."""
    rejects = _Rejects()
    for checked, _ in read_part(job, part, ragged=rejects.ragged):
        rejects.add(checked)
    return rejects.pack()


def check_households(connection: psycopg.Connection[Any], job: Job, part: Part, /, *, erasures: Erasures) -> Arrays:
    """Check a part of the households file: where each row lives, by which keys it goes, who of it is known.

    For n rows that could be read: `rows`, `customer_keys` (0 where there is none), `phone_keys`, `leaf_ids` (-1 for a
    bad row), `city_codes`, `flags`; and in `known` how many customers and phones of them the vault knows.
    """
    rejects, found = _Rejects(), []
    is_vault_empty = roll.is_vault_empty(connection)
    known = 0
    for checked, _ in read_part(job, part, ragged=rejects.ragged):
        located = _place(checked, job=job)
        rejects.add(checked)
        faces = _Faces.of(checked, job=job, erasures=erasures)
        if not is_vault_empty:
            known += faces.call_roll(connection)
        found.append(faces.get_arrays(located))
    columns = {name: join([each[name] for each in found], kind) for name, kind in _ARRAYS.items()}
    return columns | {"known": np.array([known])} | rejects.pack()


def check_children(connection: psycopg.Connection[Any], job: Job, part: Part, /, *, roster: Roster) -> Arrays:
    """Check a part of a table that speaks of customers, and stage its good rows; `left_out` counts good ones of bad."""
    rejects = _Rejects()
    left_out = 0
    for checked, _ in read_part(job, part, ragged=rejects.ragged):
        keys = make_customer_keys(checked.columns["customer_id"], vault=job.tools.vault)
        found = roster.find(keys)
        checked.reject(~found.is_known, column="customer_id", reason=Reason.UNKNOWN_CUSTOMER)
        rejects.add(checked)
        left_out += int((checked.is_good & (found.buckets < 0)).sum())
        stage(connection, table=part.table, checked=checked, keys=keys, buckets=found.buckets, tools=job.tools)
    return {"left_out": np.array([left_out])} | rejects.pack()


_ARRAYS: dict[str, type[np.generic]] = {
    "rows": np.int64, "customer_keys": np.int64, "phone_keys": np.int64, "leaf_ids": np.int64,
    "city_codes": np.int32, "flags": np.int8,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Faces:
    """Who the n rows of a chunk are: hashes of customers, and for the good ones among them, of phones."""

    checked: CheckedChunk
    customers: list[bytes]
    good: NDArray[np.int64]
    lookups: list[tuple[bytes, ...]]
    flags: NDArray[np.int8]

    @classmethod
    def of(cls, checked: CheckedChunk, *, job: Job, erasures: Erasures) -> _Faces:
        good = np.flatnonzero(checked.is_good)
        phones = checked.columns["phone"].take(pa.array(good)).to_pylist()
        flags = np.zeros(len(checked.rows), dtype=np.int8)
        flags[good[erasures.find(phones)]] = CustomerFlag.ERASED
        customers = hash_customers(checked.columns["customer_id"], vault=job.tools.vault)
        return cls(checked, customers, good, job.tools.vault.lookup_hashes_of(phones), flags)

    def call_roll(self, connection: psycopg.Connection[Any]) -> int:
        """Note who is known, and flag who comes with another phone; returns how many rows of the vault were found."""
        present = [index for index, at in enumerate(self.good.tolist()) if not self.flags[at]]
        called = roll.call_roll(
            connection,
            rows=self.checked.rows[self.good[present]].tolist(),
            customers=[self.customers[self.good[index]] for index in present],
            lookups=[self.lookups[index] for index in present],
        )
        self.flags[np.isin(self.checked.rows, called.movers)] |= CustomerFlag.MOVER
        return called.known

    def get_arrays(self, located: LocatedLeaves) -> Arrays:
        phone_keys = np.zeros(len(self.checked.rows), dtype=np.int64)
        phone_keys[self.good] = to_keys([newest for newest, *_ in self.lookups])
        return {
            "rows": self.checked.rows,
            "customer_keys": to_keys(self.customers),
            "phone_keys": phone_keys,
            "leaf_ids": np.where(self.checked.is_good, located.leaf_ids, -1),
            "city_codes": located.city_codes.astype(np.int32),
            "flags": self.flags,
        }


def _place(checked: CheckedChunk, *, job: Job) -> LocatedLeaves:
    positions = get_positions(checked)
    codes = checked.columns["community_code"].to_pylist()
    located = job.tools.locator.locate(positions.lon, positions.lat, codes, datum=job.drop.datum)
    has_code = checked.columns["community_code"].is_valid().to_numpy(zero_copy_only=False)
    checked.reject(~positions.is_known & ~has_code, column="lon", reason=Reason.MISSING)
    checked.reject(located.leaf_ids < 0, column="lon", reason=Reason.UNPLACED)
    return located
