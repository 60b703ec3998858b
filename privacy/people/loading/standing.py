"""Recognises who is where the last drop left them: most of a second drop, of whom only a change of place is written.

By whole columns: a row whose customer and phone lead to one household, under the newest keys and with a data key, needs
nothing of what a stranger or a mover needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psycopg import sql

from privacy.people.loading.copying import EPOCH, copy_records, read_rows
from privacy.people.loading.households import PLACE_HOUSEHOLDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from numpy.typing import NDArray

    from privacy.people.loading.filling import HouseholdRows

CREATE = """
CREATE TEMPORARY TABLE standing (position int, customer_hash bytea, lookup_hash bytea, city_code int, leaf_id bigint,
    opened_on date, bucket int, customer_key bigint) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE met (position int, household_id uuid) ON COMMIT DELETE ROWS;
"""
_FIND = """
INSERT INTO met SELECT s.position, c.household_id FROM standing AS s
JOIN vault.customers AS c ON c.customer_hash = s.customer_hash
JOIN vault.phones AS p ON p.lookup_hash = s.lookup_hash AND p.household_id = c.household_id
JOIN vault.data_keys AS k ON k.household_id = c.household_id
"""
_PLACE = """
INSERT INTO placed SELECT m.household_id, s.city_code, s.leaf_id, nullif(s.opened_on, 'infinity')
FROM met AS m JOIN standing AS s USING (position)
"""
_NOTE = """
INSERT INTO staging.present (bucket, customer_key, home_id)
SELECT s.bucket, s.customer_key, m.household_id FROM met AS m JOIN standing AS s USING (position)
"""
_KINDS = {
    "position": ">i4", "customer_hash": "V32", "lookup_hash": "V32", "city_code": ">i4", "leaf_id": ">i8",
    "opened_on": ">i4", "bucket": ">i4", "customer_key": ">i8",
}  # fmt: skip
_INFINITY = 2**31 - 1  # PostgreSQL's date without end: here, no date


def recognise(
    connection: psycopg.Connection[Any],
    *,
    rows: HouseholdRows,
    customers: Sequence[bytes],
    lookups: Sequence[bytes],
    keys: NDArray[np.int64],
    buckets: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """Place and note whoever stands where they stood, of n rows with phones of their own; returns who did not."""
    opened_on = np.array(rows.opened_on, dtype="datetime64[D]")
    days = (opened_on - np.datetime64(EPOCH)).astype(np.int64)
    columns = {
        "position": np.arange(len(customers)),
        "customer_hash": np.frombuffer(b"".join(customers), dtype="V32"),
        "lookup_hash": np.frombuffer(b"".join(lookups), dtype="V32"),
        "city_code": np.array(rows.city_codes),
        "leaf_id": np.array(rows.leaf_ids),
        "opened_on": np.where(np.isnat(opened_on), _INFINITY, days),
        "bucket": buckets,
        "customer_key": keys,
    }
    copy_records(connection, table=sql.Identifier("standing"), kinds=_KINDS, columns=columns)
    for statement in ("ANALYZE standing", _FIND, "ANALYZE met", _PLACE, "ANALYZE placed", PLACE_HOUSEHOLDS, _NOTE):
        connection.execute(statement)
    met = read_rows(connection, sql.SQL("SELECT position FROM met").format(), kinds={"position": ">i4"})
    is_stranger = np.ones(len(customers), dtype=np.bool_)
    is_stranger[met["position"].astype(np.int64)] = False
    connection.execute("TRUNCATE standing, met, placed")
    return is_stranger
