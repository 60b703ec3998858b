"""Loads rows of the households file: who they are goes to the vault, where they live to core."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from psycopg import sql

from privacy.people.drop.cells import LOCAL
from privacy.people.errors import KeyName
from privacy.people.loading.assignment import Assignment, Known, assign
from privacy.people.loading.copying import copy_lines
from privacy.people.loading.departures import NOTE_DEPARTED, settle_departed
from privacy.people.loading.roll import copy_incoming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    import numpy as np
    import psycopg
    from numpy.typing import NDArray

    from privacy.people.vault import Vault

CREATE = """
CREATE TEMPORARY TABLE placed (household_id uuid, city_code int, leaf_id bigint, opened_on date)
    ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE arrival (next_month date);
CREATE TEMPORARY TABLE moved (customer_hash bytea, household_id uuid) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE renumbered (household_id uuid, ciphertext bytea, seal_version int, lookup_hash bytea,
    lookup_version int, opt_out_hash bytea, opt_out_version int) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE rekeyed (household_id uuid, wrapped_key bytea, kek_version int) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE rehashed (household_id uuid, lookup_hash bytea, lookup_version int) ON COMMIT DELETE ROWS;
"""
NOTE_ARRIVAL = "INSERT INTO arrival VALUES (%s)"
_FIND_KNOWN = """
SELECT i.position, p.household_id, c.household_id,
    EXISTS (SELECT FROM vault.phones AS o WHERE o.household_id = c.household_id),
    p.lookup_hash, p.household_id IS NOT NULL AND k.household_id IS NULL
FROM incoming AS i
LEFT JOIN vault.phones AS p ON p.lookup_hash = i.lookup_hash
LEFT JOIN vault.data_keys AS k ON k.household_id = p.household_id
LEFT JOIN vault.customers AS c ON c.customer_hash = i.customer_hash
WHERE p.household_id IS NOT NULL OR c.household_id IS NOT NULL
ORDER BY i.position
"""
_PLACE_HOUSEHOLDS = """
INSERT INTO core.households AS h (household_id, city_code, leaf_id, opened_on, push_consent)
SELECT household_id, city_code, leaf_id, opened_on, false FROM placed
ON CONFLICT (household_id) DO UPDATE
SET city_code = excluded.city_code, leaf_id = excluded.leaf_id, opened_on = least(excluded.opened_on, h.opened_on),
    city_from = CASE WHEN h.city_code = excluded.city_code THEN h.city_from ELSE (SELECT next_month FROM arrival) END
WHERE (h.city_code, h.leaf_id) <> (excluded.city_code, excluded.leaf_id)
    OR least(excluded.opened_on, h.opened_on) IS DISTINCT FROM h.opened_on
"""
# Whoever brings a customer from another city counts from then on, too, under whatever id.
_NOTE_ARRIVED = """
UPDATE core.households AS h
SET city_from = CASE WHEN a.is_far THEN (SELECT next_month FROM arrival) ELSE greatest(h.city_from, a.city_from) END
FROM (
    SELECT d.target_id, bool_or(o.city_code <> t.city_code) AS is_far, max(o.city_from) AS city_from
    FROM departed AS d JOIN core.households AS o USING (household_id)
    JOIN core.households AS t ON t.household_id = d.target_id GROUP BY 1) AS a
WHERE h.household_id = a.target_id AND (a.is_far OR a.city_from IS NOT NULL)
"""
_MOVE_CUSTOMERS = """
INSERT INTO vault.customers AS c (customer_hash, household_id) SELECT customer_hash, household_id FROM moved
ON CONFLICT (customer_hash) DO UPDATE SET household_id = excluded.household_id
WHERE c.household_id <> excluded.household_id
"""
_SEAL = """
UPDATE vault.phones AS p SET (ciphertext, seal_version, lookup_hash, lookup_version, opt_out_hash, opt_out_version)
    = (r.ciphertext, r.seal_version, r.lookup_hash, r.lookup_version, r.opt_out_hash, r.opt_out_version)
FROM renumbered AS r WHERE p.household_id = r.household_id;
INSERT INTO vault.phones
    (household_id, ciphertext, seal_version, lookup_hash, lookup_version, opt_out_hash, opt_out_version)
SELECT household_id, ciphertext, seal_version, lookup_hash, lookup_version, opt_out_hash, opt_out_version
FROM renumbered AS r WHERE NOT EXISTS (SELECT FROM vault.phones AS p WHERE p.household_id = r.household_id);
UPDATE vault.data_keys AS k SET (wrapped_key, kek_version) = (r.wrapped_key, r.kek_version)
FROM rekeyed AS r WHERE k.household_id = r.household_id;
INSERT INTO vault.data_keys (household_id, wrapped_key, kek_version)
SELECT household_id, wrapped_key, kek_version FROM rekeyed AS r
WHERE NOT EXISTS (SELECT FROM vault.data_keys AS k WHERE k.household_id = r.household_id);
UPDATE vault.phones AS p SET lookup_hash = r.lookup_hash, lookup_version = r.lookup_version
FROM rehashed AS r WHERE p.household_id = r.household_id;
"""
# What commits later, or brings more rows in before that, finds the working copies empty.
_CLEAR = "TRUNCATE incoming, placed, moved, renumbered, rekeyed, rehashed, departed, dissolved"
_NULL = "\\N"
_HASHES = ("lookup_hash", "lookup_version", "opt_out_hash", "opt_out_version")
_PHONE = ("household_id", "ciphertext", "seal_version", *_HASHES)
_KEY = ("household_id", "wrapped_key", "kek_version")
_PLACE = ("household_id", "city_code", "leaf_id", "opened_on")


class HouseholdRow(NamedTuple):
    """One good row of the households file."""

    customer_id: str
    phone: str
    city_code: int
    leaf_id: int
    opened_on: date | None


@dataclass(frozen=True, slots=True)
class HouseholdRows:
    """Good rows of the households file, as columns of equal length; phones in E.164."""

    customer_ids: list[str]
    phones: list[str]
    city_codes: list[int]
    leaf_ids: list[int]
    opened_on: list[date | None]

    def split(self) -> Iterator[HouseholdRow]:
        """Give the rows one by one."""
        columns = (self.customer_ids, self.phones, self.city_codes, self.leaf_ids, self.opened_on)
        return map(HouseholdRow._make, zip(*columns, strict=True))

    @classmethod
    def join(cls, rows: Sequence[HouseholdRow]) -> HouseholdRows:
        """Return rows as columns."""
        return cls(*(list(column) for column in zip(*rows, strict=True))) if rows else cls([], [], [], [], [])


def get_arrival(month: date, *, now: datetime) -> date:
    """Return from which month a household counts in a city that it has moved to.

    The first whose release can be of no figures from before the move, so that no month counts it in two cities: the
    one after the drop's month, and after the one that we are in, since its releases may be out already.
    """
    latest = max(month, now.astimezone(LOCAL).date()).replace(day=1)
    return (latest + timedelta(days=31)).replace(day=1)


def load_households(
    connection: psycopg.Connection[Any],
    *,
    rows: HouseholdRows,
    vault: Vault,
    is_news: bool = False,
    city_from: date | None = None,
) -> list[UUID]:
    """Bring rows in, inside the caller's transaction, and return the household of each. Repeating it changes nothing.

    All rows of a phone come at once: of several customers the first row says where the household lives, so that two who
    are registered in two cities do not send it to and fro. `is_news` says that nobody of them is known. Households that
    it founds count from `city_from` on, by default at once.
    """
    customers = [vault.customer_hash(customer_id) for customer_id in rows.customer_ids]
    hashes = [vault.lookup_hashes(phone) for phone in rows.phones]
    lookups = [newest for newest, *_ in hashes]
    known = [] if is_news else _find_known(connection, customers=customers, hashes=hashes)
    assignment = assign(lookups, known=known, make_ids=vault.make_household_ids)
    homes = [assignment.homes[lookup] for lookup in lookups]
    _copy_places(connection, rows=rows, homes=homes, assignment=assignment, city_from=city_from)
    _copy_phones(connection, rows=rows, lookups=lookups, assignment=assignment, vault=vault)
    _copy_rehashed(connection, known=known, lookups=lookups, vault=vault)
    _copy_customers(connection, customers=customers, homes=homes, known=known)
    if known:
        for statement in (_PLACE_HOUSEHOLDS, NOTE_DEPARTED, _NOTE_ARRIVED, _MOVE_CUSTOMERS):
            connection.execute(statement)
        settle_departed(connection)
        connection.execute(_SEAL)
        connection.execute(_CLEAR)
    return homes


def note_present(
    connection: psycopg.Connection[Any], *, keys: NDArray[np.int64], buckets: NDArray[np.int32], homes: Sequence[UUID]
) -> None:
    """Note, for n customers of this drop, in which household and bucket they are, until the intake ends."""
    rows = zip(buckets.tolist(), keys.tolist(), homes, strict=True)
    lines = [f"{bucket}\t{key}\t{home.hex}" for bucket, key, home in rows]
    names = ("bucket", "customer_key", "household_id")
    copy_lines(connection, table=sql.Identifier("staging", "present"), names=names, lines=lines)


def _find_known(
    connection: psycopg.Connection[Any], *, customers: Sequence[bytes], hashes: Sequence[tuple[bytes, ...]]
) -> list[Known]:
    """Look for each customer, and for its phone under every version of the lookup key: one row more for each."""
    copy_incoming(connection, positions=range(len(customers)), customers=customers, hashes=hashes)
    return [Known(*row) for row in connection.execute(_FIND_KNOWN)]


def _copy_places(
    connection: psycopg.Connection[Any],
    *,
    rows: HouseholdRows,
    homes: Sequence[UUID],
    assignment: Assignment,
    city_from: date | None,
) -> None:
    # Of several customers of one household the first row says where it lives, the earliest day when it came.
    places: dict[UUID, tuple[int, int]] = {}
    for home, city_code, leaf_id in zip(homes, rows.city_codes, rows.leaf_ids, strict=True):
        places.setdefault(home, (city_code, leaf_id))
    opened: dict[UUID, date] = {}
    for home, day in zip(homes, rows.opened_on, strict=True):
        if day:
            opened[home] = min(day, opened.get(home, day))
    fresh: list[str] = []
    known: list[str] = []
    for home, (city_code, leaf_id) in places.items():
        line = f"{home.hex}\t{city_code}\t{leaf_id}\t{opened.get(home) or _NULL}"
        if home in assignment.new:
            fresh.append(f"{line}\tf\t{city_from or _NULL}")
        else:
            known.append(line)
    target = sql.Identifier("core", "households")
    copy_lines(connection, table=target, names=(*_PLACE, "push_consent", "city_from"), lines=fresh)
    copy_lines(connection, table=sql.Identifier("placed"), names=_PLACE, lines=known)


def _copy_phones(
    connection: psycopg.Connection[Any],
    *,
    rows: HouseholdRows,
    lookups: Sequence[bytes],
    assignment: Assignment,
    vault: Vault,
) -> None:
    phones = {lookup: phone for lookup, phone in zip(lookups, rows.phones, strict=True) if lookup in assignment.to_seal}
    homes = {lookup: assignment.homes[lookup] for lookup in phones}
    fresh = [(home, phones[lookup], lookup) for lookup, home in homes.items() if home in assignment.new]
    known = [(home, phones[lookup], lookup) for lookup, home in homes.items() if home not in assignment.new]
    _copy_sealed(connection, fresh, vault, phones=("vault", "phones"), keys=("vault", "data_keys"))
    _copy_sealed(connection, known, vault, phones=("renumbered",), keys=("rekeyed",))


def _copy_sealed(
    connection: psycopg.Connection[Any],
    members: Sequence[tuple[UUID, str, bytes]],
    vault: Vault,
    *,
    phones: tuple[str, ...],
    keys: tuple[str, ...],
) -> None:
    wrapped: list[str] = []

    def seal(home: UUID, phone: str, lookup: bytes) -> str:
        sealed = vault.seal(home, phone, lookup_hash=lookup)
        wrapped.append(f"{home.hex}\t\\\\x{sealed.key.wrapped_key.hex()}\t{sealed.key.kek_version}")
        hashes = sealed.hashes
        return (
            f"{home.hex}\t\\\\x{sealed.ciphertext.hex()}\t{sealed.seal_version}"
            f"\t\\\\x{hashes.lookup_hash.hex()}\t{hashes.lookup_version}"
            f"\t\\\\x{hashes.opt_out_hash.hex()}\t{hashes.opt_out_version}"
        )

    lines = itertools.starmap(seal, members)
    copy_lines(connection, table=sql.Identifier(*phones), names=_PHONE, lines=lines)
    copy_lines(connection, table=sql.Identifier(*keys), names=_KEY, lines=wrapped)


def _copy_rehashed(
    connection: psycopg.Connection[Any], *, known: Sequence[Known], lookups: Sequence[bytes], vault: Vault
) -> None:
    """Bring phones that were found under a former version of the lookup key to the newest."""
    stale = {
        row.by_phone: lookups[row.position] for row in known if row.lookup_hash not in {None, lookups[row.position]}
    }
    version = vault.find_versions(KeyName.LOOKUP)[0]
    lines = [f"{home.hex}\t\\\\x{lookup.hex()}\t{version}" for home, lookup in stale.items() if home]
    names = ("household_id", "lookup_hash", "lookup_version")
    copy_lines(connection, table=sql.Identifier("rehashed"), names=names, lines=lines)


def _copy_customers(
    connection: psycopg.Connection[Any],
    *,
    customers: Sequence[bytes],
    homes: Sequence[UUID],
    known: Sequence[Known],
) -> None:
    members = [f"\\\\x{customer.hex()}\t{home.hex}" for customer, home in zip(customers, homes, strict=True)]
    old = {row.position for row in known if row.by_customer}
    names = ("customer_hash", "household_id")
    fresh = [line for position, line in enumerate(members) if position not in old]
    copy_lines(connection, table=sql.Identifier("vault", "customers"), names=names, lines=fresh)
    copy_lines(connection, table=sql.Identifier("moved"), names=names, lines=[members[position] for position in old])
