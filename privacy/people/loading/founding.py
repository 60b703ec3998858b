"""Loads the households that a part of the file tells of, with what its check has found out about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from privacy.people.drop.values import TableName
from privacy.people.loading import staging
from privacy.people.loading.checking import read_part
from privacy.people.loading.filling import HouseholdRow, HouseholdRows, note_present
from privacy.people.loading.households import load_households
from privacy.people.loading.news import load_news
from privacy.people.loading.rosters import Lot, get_buckets
from privacy.people.loading.staging import PartName, Stage
from privacy.people.loading.standing import recognise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    import psycopg
    from numpy.typing import NDArray

    from privacy.people.drop.rows import CheckedChunk
    from privacy.people.drop.values import Part
    from privacy.people.loading.arrays import Arrays
    from privacy.people.loading.tools import Job

_COLUMNS = ("customer_id", "phone", "opened_at")


@dataclass(frozen=True, slots=True)
class Members:
    """Good rows of the households file (n), with the keys of their customers and phones."""

    rows: HouseholdRows
    customer_keys: NDArray[np.int64]
    phone_keys: NDArray[np.int64]

    @classmethod
    def join(cls, parts: Sequence[Members]) -> Members:
        """Return some after the others."""
        rows = [row for part in parts for row in part.rows.split()]
        keys = ([part.customer_keys for part in parts], [part.phone_keys for part in parts])
        return cls(HouseholdRows.join(rows), *(np.concatenate([np.empty(0, np.int64), *each]) for each in keys))

    def take(self, positions: Sequence[int]) -> Members:
        """Return some of the rows, in the order asked for."""
        rows: list[HouseholdRow] = list(self.rows.split())
        chosen = np.array(positions, dtype=np.int64)
        picked = HouseholdRows.join([rows[position] for position in positions])
        return Members(picked, self.customer_keys[chosen], self.phone_keys[chosen])


def found_part(connection: psycopg.Connection[Any], job: Job, part: Part, /, *, lots: NDArray[np.int8]) -> None:
    """Load the plain rows of a part, inside the caller's transaction."""
    findings = _get_findings(connection, part)
    is_news = not findings["known"][0]
    for members in _read_members(job, part, findings=findings, is_wanted=lots == Lot.PLAIN):
        if is_news:
            load(connection, job, members, is_news=True)
        elif members.rows.phones:
            _load_plain(connection, job, members)


def read_some(connection: psycopg.Connection[Any], job: Job, /, *, is_wanted: NDArray[np.bool_]) -> Members:
    """Read some rows of the whole file again: those of its rows, which could be read at all, that are wanted."""
    found: list[Members] = []
    start = 0
    for part in job.parts[TableName.HOUSEHOLDS]:
        findings = _get_findings(connection, part)
        here = is_wanted[start : start + len(findings["rows"])]
        start += len(here)
        if here.any():
            found.extend(_read_members(job, part, findings=findings, is_wanted=here))
    return Members.join(found)


def load(
    connection: psycopg.Connection[Any],
    job: Job,
    members: Members,
    /,
    *,
    is_news: bool = False,
    city_from: date | None = None,
) -> None:
    """Load rows, all that the drop has of their phones, inside the caller's transaction.

    `is_news` says that nothing is known of any of them, and that each has a phone of its own.
    """
    if not members.rows.phones:
        return
    vault = job.tools.vault
    city_from = city_from or job.run.newcomers_from
    if is_news:
        homes = load_news(connection, rows=members.rows, vault=vault, city_from=city_from)
    else:
        homes = load_households(connection, rows=members.rows, vault=vault, city_from=city_from)
    note_present(connection, keys=members.customer_keys, buckets=_get_buckets(job, members), homes=homes)


def _load_plain(connection: psycopg.Connection[Any], job: Job, members: Members) -> None:
    """Load rows that meet no other: who stands where they stood is recognised, and the rest is looked at one by one."""
    vault = job.tools.vault
    is_stranger = recognise(
        connection,
        rows=members.rows,
        customers=vault.customer_hashes(members.rows.customer_ids),
        lookups=[newest for newest, *_ in vault.lookup_hashes_of(members.rows.phones)],
        keys=members.customer_keys,
        buckets=_get_buckets(job, members),
    )
    load(connection, job, members.take(np.flatnonzero(is_stranger).tolist()))


def _get_buckets(job: Job, members: Members) -> NDArray[np.int32]:
    return get_buckets(members.phone_keys, buckets=job.run.buckets)


def _get_findings(connection: psycopg.Connection[Any], part: Part) -> Arrays:
    return staging.get_result(connection, PartName(Stage.CHECK, part.table, part.number))


def _read_members(job: Job, part: Part, *, findings: Arrays, is_wanted: NDArray[np.bool_]) -> Iterator[Members]:
    for checked, positions in read_part(job, part, columns=_COLUMNS, is_wanted=is_wanted):
        yield Members(
            _get_rows(checked, cities=findings["city_codes"][positions], leaves=findings["leaf_ids"][positions]),
            findings["customer_keys"][positions],
            findings["phone_keys"][positions],
        )


def _get_rows(checked: CheckedChunk, *, cities: NDArray[np.int32], leaves: NDArray[np.int64]) -> HouseholdRows:
    customer_ids, phones, opened_on = (checked.columns[name].to_pylist() for name in _COLUMNS)
    return HouseholdRows(customer_ids, phones, cities.tolist(), leaves.tolist(), opened_on)
