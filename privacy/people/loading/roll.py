"""The roll call before a drop's households are loaded: which phones have none of their customers left in this drop.

A number that its customers have left may be anybody's by now, in the same chunk or in another. Its household loses the
phone first, so that whoever comes with it founds another, and goes with its customers to the phone that they have now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from privacy.people.loading.copying import copy_lines
from privacy.people.loading.departures import settle_departed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from privacy.people.loading.households import HouseholdRows
    from privacy.people.vault import Vault

CREATE = """
CREATE TEMPORARY TABLE incoming (position int, customer_hash bytea, lookup_hash bytea) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE roll (customer_hash bytea, household_id uuid, at_phone uuid);
"""
_CALL = """
INSERT INTO roll SELECT i.customer_hash, c.household_id, p.household_id FROM incoming AS i
LEFT JOIN vault.phones AS p ON p.lookup_hash = i.lookup_hash
LEFT JOIN vault.customers AS c ON c.customer_hash = i.customer_hash
WHERE p.household_id IS NOT NULL OR c.household_id IS NOT NULL
"""
# Nobody of them is on the phone; and somebody else is, or all of them are elsewhere.
_VACATE = """
CREATE TEMPORARY TABLE vacated ON COMMIT DROP AS
WITH stayed AS MATERIALIZED (
    SELECT DISTINCT household_id FROM roll WHERE at_phone = household_id
), claimed AS (
    SELECT DISTINCT at_phone AS household_id FROM roll WHERE at_phone IS NOT NULL
), named AS (
    SELECT DISTINCT household_id FROM roll WHERE household_id IS NOT NULL
)
SELECT household_id FROM claimed WHERE NOT EXISTS (SELECT FROM stayed AS s WHERE s.household_id = claimed.household_id)
UNION
SELECT household_id FROM named WHERE NOT EXISTS (SELECT FROM stayed AS s WHERE s.household_id = named.household_id)
AND NOT EXISTS (
    SELECT FROM vault.customers AS c WHERE c.household_id = named.household_id
    AND NOT EXISTS (SELECT FROM roll AS r WHERE r.customer_hash = c.customer_hash));
DELETE FROM vault.data_keys WHERE household_id IN (SELECT household_id FROM vacated);
DELETE FROM vault.phones WHERE household_id IN (SELECT household_id FROM vacated);
"""
# Who belonged to such a phone and is not named has gone with it, as far as anybody can tell.
_CUT_OFF = """
WITH gone AS (
    DELETE FROM vault.customers AS c WHERE household_id IN (SELECT household_id FROM vacated)
    AND NOT EXISTS (SELECT FROM roll AS r WHERE r.customer_hash = c.customer_hash) RETURNING household_id)
INSERT INTO departed (household_id) SELECT household_id FROM gone
"""


def call_roll(connection: psycopg.Connection[Any], /, *, rows: HouseholdRows, vault: Vault) -> None:
    """Note, inside the caller's transaction, what one chunk says of customers and phones that are known."""
    customers = [vault.customer_hash(customer_id) for customer_id in rows.customer_ids]
    copy_incoming(connection, customers=customers, hashes=[vault.lookup_hashes(phone) for phone in rows.phones])
    connection.execute(_CALL)


def vacate(connection: psycopg.Connection[Any], /) -> None:
    """Take the phone from every household whose customers have left it, inside the caller's transaction.

    A household of which the drop names nobody, while somebody else comes with its phone, is dissolved.
    """
    for statement in ("CREATE INDEX ON roll (customer_hash); ANALYZE roll", _VACATE, _CUT_OFF):
        connection.execute(statement)
    settle_departed(connection)
    connection.execute("DROP TABLE roll")


def copy_incoming(
    connection: psycopg.Connection[Any], *, customers: Sequence[bytes], hashes: Sequence[tuple[bytes, ...]]
) -> None:
    """Fill `incoming` with each customer and its phone under every version of the lookup key: a line for each."""
    lines = [
        f"{position}\t\\\\x{customer.hex()}\t\\\\x{lookup.hex()}"
        for position, (customer, its) in enumerate(zip(customers, hashes, strict=True))
        for lookup in its
    ]
    names = ("position", "customer_hash", "lookup_hash")
    copy_lines(connection, table=sql.Identifier("incoming"), names=names, lines=lines)
