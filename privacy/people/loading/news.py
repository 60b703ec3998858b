"""Loads households of whom nothing is known, whole columns at once: the first drop of a city is little else.

Each row has its phone to itself, so it is a household of its own, and nobody need be looked for, moved or compared.
Households and their phones go in by where they live, so that a broadcast finds its audience on few pages; keys and
customers by their ids or hashes: neighbours in an index then come together. All of these are random: where a row lies
tells nobody where it stood in the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psycopg import sql

from privacy.people.errors import KeyName
from privacy.people.loading.copying import EPOCH, copy_records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import psycopg
    from numpy.typing import NDArray

    from privacy.people.loading.filling import HouseholdRows
    from privacy.people.vault import SealedPhones, Vault

_ID, _HASH = "V16", "V32"
_HOUSEHOLD = {
    "household_id": _ID, "city_code": ">i4", "leaf_id": ">i8", "push_consent": ">i1", "opened_on": ">i4",
}  # fmt: skip
_CUSTOMER = {"customer_hash": _HASH, "household_id": _ID}


def load_news(
    connection: psycopg.Connection[Any], *, rows: HouseholdRows, vault: Vault, city_from: date | None = None
) -> list[bytes]:
    """Bring n rows in, inside the caller's transaction; returns the ids of their households, 16 bytes each.

    They count from `city_from` on, by default at once.
    """
    count = len(rows.phones)
    ids = vault.make_ids(count)
    columns: dict[str, Any] = {
        "household_id": _join(ids, _ID),
        "city_code": np.array(rows.city_codes),
        "leaf_id": np.array(rows.leaf_ids),
        "push_consent": np.zeros(count),
    }
    opened_on = np.array(rows.opened_on, dtype="datetime64[D]")
    is_dated = ~np.isnat(opened_on)
    columns["opened_on"] = np.where(is_dated, (opened_on - np.datetime64(EPOCH)).astype(np.int64), 0)
    kinds = _HOUSEHOLD
    if city_from is not None:
        columns["city_from"] = np.full(count, (np.datetime64(city_from, "D") - np.datetime64(EPOCH)).astype(np.int64))
        kinds = kinds | {"city_from": ">i4"}
    target, order = sql.Identifier("core", "households"), _sort_by_place(columns)
    copy_records(connection, table=target, kinds=kinds, columns=_take(columns, order[is_dated[order]]))
    undated = {name: kind for name, kind in kinds.items() if name != "opened_on"}
    copy_records(connection, table=target, kinds=undated, columns=_take(columns, order[~is_dated[order]]))
    sealed = vault.seal_many(ids, rows.phones)
    _copy_sealed(connection, ids=columns["household_id"], order=order, rows=rows, sealed=sealed, vault=vault)
    customers = {"customer_hash": _join(vault.customer_hashes(rows.customer_ids), _HASH)}
    customers["household_id"] = columns["household_id"]
    customers = _take(customers, _sort(customers["customer_hash"]))
    copy_records(connection, table=sql.Identifier("vault", "customers"), kinds=_CUSTOMER, columns=customers)
    return ids


def _copy_sealed(
    connection: psycopg.Connection[Any],
    *,
    ids: NDArray[np.void],
    order: NDArray[np.int64],
    rows: HouseholdRows,
    sealed: SealedPhones,
    vault: Vault,
) -> None:
    """Copy phones, those of one length together, in an order of the rows, and their keys."""
    lookups = _join([newest for newest, *_ in vault.lookup_hashes_of(rows.phones)], _HASH)
    opt_outs = _join(sealed.opt_out_hashes, _HASH)
    versions = {
        "seal_version": sealed.seal_version,
        "lookup_version": vault.find_versions(KeyName.LOOKUP)[0],
        "opt_out_version": sealed.opt_out_version,
    }
    sizes = np.array([len(one) for one in sealed.ciphertexts])
    for size in np.unique(sizes).tolist():
        here = order[sizes[order] == size]
        kinds = {"household_id": _ID, "ciphertext": f"V{size}", "lookup_hash": _HASH, "opt_out_hash": _HASH}
        columns: dict[str, Any] = {
            "household_id": ids[here],
            "ciphertext": _join([sealed.ciphertexts[position] for position in here.tolist()], f"V{size}"),
            "lookup_hash": lookups[here],
            "opt_out_hash": opt_outs[here],
        }
        table = sql.Identifier("vault", "phones")
        copy_records(connection, table=table, kinds=kinds | dict.fromkeys(versions, ">i4"), columns=columns | versions)
    kinds = {"household_id": _ID, "wrapped_key": f"V{len(sealed.wrapped_keys[0])}", "kek_version": ">i4"}
    keys = _join(sealed.wrapped_keys, kinds["wrapped_key"])
    by_id = _sort(ids)
    columns = {"household_id": ids[by_id], "wrapped_key": keys[by_id], "kek_version": sealed.kek_version}
    copy_records(connection, table=sql.Identifier("vault", "data_keys"), kinds=kinds, columns=columns)


def _join(parts: Sequence[bytes], kind: str) -> NDArray[np.void]:
    return np.frombuffer(b"".join(parts), dtype=kind)


def _take(columns: dict[str, Any], positions: NDArray[np.int64]) -> dict[str, Any]:
    return {name: column[positions] for name, column in columns.items()}


def _sort_by_place(columns: dict[str, Any]) -> NDArray[np.int64]:
    """Return the positions of n households by leaf, those of one leaf by their ids."""
    return np.lexsort((*_get_words(columns["household_id"]), columns["leaf_id"]))


def _sort(values: NDArray[np.void]) -> NDArray[np.int64]:
    """Return the positions of n ids or hashes in their order, by their first 16 bytes."""
    return np.lexsort(_get_words(values))


def _get_words(values: NDArray[np.void]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the second and the first eight bytes of each, as numbers: what lexsort wants."""
    words = values.view(">u8").reshape(len(values), -1)
    return words[:, 1], words[:, 0]
