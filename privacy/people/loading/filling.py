"""Puts rows of the households file where they belong, in PostgreSQL's binary form."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from psycopg import sql

from privacy.people.errors import KeyName
from privacy.people.loading.copying import EPOCH, NULL, begin_row, copy_lines, copy_records, copy_rows, field, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    import psycopg
    from numpy.typing import NDArray

    from privacy.people.loading.assignment import Assignment, Known
    from privacy.people.vault import Vault

_HASHES = ("lookup_hash", "lookup_version", "opt_out_hash", "opt_out_version")
_PHONE = ("household_id", "ciphertext", "seal_version", *_HASHES)
_KEY = ("household_id", "wrapped_key", "kek_version")
_PLACE = ("household_id", "city_code", "leaf_id", "opened_on")
# Rows in PostgreSQL's binary form: what is as long in every row has its length here.
_ID_BYTES, _HASH_BYTES, _FLAG_BYTES = (size.to_bytes(4, "big") for size in (16, 32, 1))
_PAIR_FIELDS = struct.Struct(">iiiq")
_PRESENT = {"bucket": ">i4", "customer_key": ">i8", "home_id": "V16"}
_BEGIN_PLACE, _BEGIN_HOUSEHOLD = begin_row(len(_PLACE)), begin_row(len(_PLACE) + 2)


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


def note_present(
    connection: psycopg.Connection[Any], *, keys: NDArray[np.int64], buckets: NDArray[np.int32], homes: Sequence[bytes]
) -> None:
    """Note, for n customers of this drop, in which household and bucket they are, until the intake ends."""
    columns = {"bucket": buckets, "customer_key": keys, "home_id": np.frombuffer(b"".join(homes), dtype="V16")}
    table = sql.Identifier("staging", "present")
    copy_records(connection, table=table, kinds=_PRESENT, columns=columns)


def copy_places(
    connection: psycopg.Connection[Any],
    *,
    rows: HouseholdRows,
    homes: Sequence[UUID],
    assignment: Assignment,
    city_from: date | None,
) -> None:
    """Copy where households live: new ones into their table, known ones into `placed`."""
    # Of several customers of one household the first row says where it lives, the earliest day when it came.
    places: dict[UUID, tuple[int, int]] = {}
    for home, city_code, leaf_id in zip(homes, rows.city_codes, rows.leaf_ids, strict=True):
        places.setdefault(home, (city_code, leaf_id))
    opened: dict[UUID, date] = {}
    for home, day in zip(homes, rows.opened_on, strict=True):
        if day:
            opened[home] = min(day, opened.get(home, day))
    no_consent_since = _FLAG_BYTES + b"\0" + _write_day(city_from)
    fresh, known = [], []
    for home, (city_code, leaf_id) in places.items():
        place = _PAIR_FIELDS.pack(4, city_code, 8, leaf_id)
        row = _ID_BYTES + home.bytes + place + _write_day(opened.get(home))
        if home in assignment.new:
            fresh.append(_BEGIN_HOUSEHOLD + row + no_consent_since)
        else:
            known.append(_BEGIN_PLACE + row)
    target = sql.Identifier("core", "households")
    copy_rows(connection, table=target, names=(*_PLACE, "push_consent", "city_from"), rows=fresh)
    copy_rows(connection, table=sql.Identifier("placed"), names=_PLACE, rows=known)


def _write_day(day: date | None) -> bytes:
    return NULL if day is None else number((day - EPOCH).days, size=4)


def copy_phones(
    connection: psycopg.Connection[Any],
    *,
    rows: HouseholdRows,
    lookups: Sequence[bytes],
    assignment: Assignment,
    vault: Vault,
) -> None:
    """Copy sealed phones and their keys: those of new households into the vault, of known ones beside it."""
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
    if not members:
        return
    ids = [home.bytes for home, _, _ in members]
    sealed = vault.seal_many(ids, [phone for _, phone, _ in members])
    seal_version, kek_version = (number(version, size=4) for version in (sealed.seal_version, sealed.kek_version))
    lookup_version = number(vault.find_versions(KeyName.LOOKUP)[0], size=4)
    end = number(sealed.opt_out_version, size=4)
    begin_phone, begin_key = begin_row(len(_PHONE)) + _ID_BYTES, begin_row(len(_KEY)) + _ID_BYTES
    its = zip(ids, sealed.ciphertexts, members, sealed.opt_out_hashes, strict=True)
    sealed_rows = (
        begin_phone + one + field(ciphertext) + seal_version + _HASH_BYTES + lookup + lookup_version
        + _HASH_BYTES + opt_out + end
        for one, ciphertext, (_, _, lookup), opt_out in its
    )  # fmt: skip
    key_rows = (begin_key + one + field(key) + kek_version for one, key in zip(ids, sealed.wrapped_keys, strict=True))
    copy_rows(connection, table=sql.Identifier(*phones), names=_PHONE, rows=sealed_rows)
    copy_rows(connection, table=sql.Identifier(*keys), names=_KEY, rows=key_rows)


def copy_rehashed(
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


def copy_customers(
    connection: psycopg.Connection[Any],
    *,
    customers: Sequence[bytes],
    homes: Sequence[UUID],
    known: Sequence[Known],
) -> None:
    """Copy whose household is which: new customers into the vault, known ones into `moved`."""
    begin = begin_row(2) + _HASH_BYTES
    members = [begin + customer + _ID_BYTES + home.bytes for customer, home in zip(customers, homes, strict=True)]
    old = {row.position for row in known if row.by_customer}
    names = ("customer_hash", "household_id")
    fresh = [row for position, row in enumerate(members) if position not in old]
    copy_rows(connection, table=sql.Identifier("vault", "customers"), names=names, rows=fresh)
    copy_rows(connection, table=sql.Identifier("moved"), names=names, rows=[members[position] for position in old])
