"""The roll call before a drop's households are loaded: which phones have none of their customers left in this drop.

A number that its customers have left may be anybody's by now, in the same chunk or in another. Its household loses the
phone first, so that whoever comes with it founds another, and goes with its customers to the phone that they have now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from privacy.people.loading.copying import begin_row, copy_lines, copy_rows, field, number
from privacy.people.loading.departures import settle_departed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg


CREATE = """
CREATE TEMPORARY TABLE incoming (position bigint, customer_hash bytea, lookup_hash bytea) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE called (row_number bigint, customer_hash bytea, household_id uuid, at_phone uuid)
    ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE struck (row_number bigint);
CREATE TEMPORARY VIEW roll AS SELECT customer_hash, home_id AS household_id, at_phone FROM staging.roll
    WHERE row_number NOT IN (SELECT row_number FROM struck);
"""
_IS_EMPTY = "SELECT NOT EXISTS (SELECT FROM vault.customers) AND NOT EXISTS (SELECT FROM vault.phones)"
_CALL = """
INSERT INTO called SELECT i.position, i.customer_hash, c.household_id, p.household_id FROM incoming AS i
LEFT JOIN vault.phones AS p ON p.lookup_hash = i.lookup_hash
LEFT JOIN vault.customers AS c ON c.customer_hash = i.customer_hash
WHERE p.household_id IS NOT NULL OR c.household_id IS NOT NULL
"""
_NOTE = """
INSERT INTO staging.roll (row_number, customer_hash, home_id, at_phone)
SELECT row_number, customer_hash, household_id, at_phone FROM called
"""
# Known, and not at the phone of the own household: by any version of the lookup key.
_FIND_MOVERS = """
SELECT row_number FROM called WHERE household_id IS NOT NULL
GROUP BY row_number HAVING NOT coalesce(bool_or(at_phone = household_id), false)
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
# A household that lives in another group's city goes there with all its customers and its phone.
_LET_GO = """
WITH theirs AS MATERIALIZED (
    SELECT customer_hash, at_phone FROM staging.roll WHERE row_number IN (SELECT row_number FROM struck)
), gone AS (
    DELETE FROM vault.customers AS c WHERE customer_hash IN (SELECT customer_hash FROM theirs)
    OR household_id IN (SELECT at_phone FROM theirs) RETURNING household_id)
INSERT INTO departed (household_id) SELECT household_id FROM gone
"""
# Who belonged to such a phone and is not named has gone with it, as far as anybody can tell.
_CUT_OFF = """
WITH gone AS (
    DELETE FROM vault.customers AS c WHERE household_id IN (SELECT household_id FROM vacated)
    AND NOT EXISTS (SELECT FROM roll AS r WHERE r.customer_hash = c.customer_hash) RETURNING household_id)
INSERT INTO departed (household_id) SELECT household_id FROM gone
"""


@dataclass(frozen=True, slots=True)
class Called:
    """How many customers and phones of some rows are known, and the rows whose customer is at another phone now."""

    known: int
    movers: list[int]


def is_vault_empty(connection: psycopg.Connection[Any], /) -> bool:
    """Say whether nobody is known yet, so that nobody need be looked for."""
    return connection.execute(_IS_EMPTY).fetchone() == (True,)


def call_roll(
    connection: psycopg.Connection[Any],
    /,
    *,
    rows: Sequence[int],
    customers: Sequence[bytes],
    lookups: Sequence[tuple[bytes, ...]],
) -> Called:
    """Note, inside the caller's transaction, what rows of a chunk say of customers and phones that are known."""
    copy_incoming(connection, positions=rows, customers=customers, hashes=lookups)
    known = connection.execute(_CALL).rowcount
    connection.execute(_NOTE)
    movers = [row for (row,) in connection.execute(_FIND_MOVERS)]
    connection.execute("TRUNCATE incoming, called")
    return Called(known, movers)


def is_anybody_called(connection: psycopg.Connection[Any], /) -> bool:
    """Say whether the drop names a customer or a phone that is known."""
    return connection.execute("SELECT EXISTS (SELECT FROM staging.roll)").fetchone() == (True,)


def vacate(connection: psycopg.Connection[Any], /, *, struck: Sequence[int], elsewhere: Sequence[int] = ()) -> None:
    """Take the phone from every household whose customers have left it, inside the caller's transaction.

    A household of which the drop names nobody, while somebody else comes with its phone, is dissolved. `struck` are
    rows that were called and then rejected, `elsewhere` those of households that live in another group's city: here
    nothing of these remains.
    """
    if not is_anybody_called(connection):
        return
    copy_lines(connection, table=sql.Identifier("struck"), names=["row_number"], lines=map(str, elsewhere))
    if elsewhere:
        connection.execute(_LET_GO)
    copy_lines(connection, table=sql.Identifier("struck"), names=["row_number"], lines=map(str, struck))
    for statement in (_VACATE, _CUT_OFF):
        connection.execute(statement)
    settle_departed(connection)
    connection.execute("TRUNCATE struck")


def copy_incoming(
    connection: psycopg.Connection[Any],
    *,
    positions: Sequence[int],
    customers: Sequence[bytes],
    hashes: Sequence[tuple[bytes, ...]],
) -> None:
    """Fill `incoming` with each customer and its phone under every version of the lookup key: a line for each."""
    begin = begin_row(3)
    rows = (
        begin + number(position, size=8) + field(customer) + field(lookup)
        for position, customer, its in zip(positions, customers, hashes, strict=True)
        for lookup in its
    )
    names = ("position", "customer_hash", "lookup_hash")
    copy_rows(connection, table=sql.Identifier("incoming"), names=names, rows=rows)
    # Else PostgreSQL takes it for larger than it is, and goes through everybody in the vault to find these.
    connection.execute("ANALYZE incoming")
