"""Customers who leave a household: it goes with them, or it is cleared of what nobody can tell apart.

Rows of a household do not say whose they are. When one of several customers leaves, everything that the data platform
tells again in each drop is deleted, and comes back in the same drop from the rows of those who stay; the consent with
it: the yes of somebody who has left does not speak for them. A household that its last customer leaves is dissolved in
the transaction that takes this customer, so that no moment counts both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

if TYPE_CHECKING:
    import psycopg

# `departed`: whom a customer left, and for which household, null for a customer whom the drop does not name any more.
CREATE = """
CREATE TEMPORARY TABLE departed (household_id uuid, target_id uuid) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE dissolved (household_id uuid) ON COMMIT DELETE ROWS;
"""
NOTE_DEPARTED = """
INSERT INTO departed SELECT c.household_id, m.household_id
FROM moved AS m JOIN vault.customers AS c USING (customer_hash) WHERE c.household_id <> m.household_id
"""
_FIND_DISSOLVED = """
INSERT INTO dissolved SELECT DISTINCT household_id FROM departed AS d
WHERE NOT EXISTS (SELECT FROM vault.customers AS c WHERE c.household_id = d.household_id)
"""
_FIND_EMPTY = """
INSERT INTO dissolved SELECT household_id FROM core.households AS h
WHERE NOT EXISTS (SELECT FROM vault.customers AS c WHERE c.household_id = h.household_id)
"""
_FORGET_CONSENT = """
UPDATE core.households SET push_consent = false, activity_score = NULL, activity_level = NULL, channels = NULL,
    persona_category = NULL, persona_age_band = NULL
WHERE household_id IN (SELECT household_id FROM departed)
"""
_TOLD_AGAIN = ("consents", "needs", "purchases", "tickets", "pain_points", "interests", "topics")
_DISSOLVED_FROM = (
    *(("core", name) for name in _TOLD_AGAIN),
    ("vault", "data_keys"),
    ("vault", "phones"),
    ("core", "households"),
)


def settle_departed(connection: psycopg.Connection[Any], /) -> None:
    """Clear or dissolve every household in `departed`, inside the caller's transaction, after its customers moved."""
    row = connection.execute("SELECT EXISTS (SELECT FROM departed)").fetchone()
    if row != (True,):
        return
    connection.execute("ANALYZE departed")
    connection.execute(_FORGET_CONSENT)
    for name in _TOLD_AGAIN:
        _delete(connection, sql.Identifier("core", name), those="departed")
    connection.execute(_FIND_DISSOLVED)
    _dissolve(connection)


def drop_empty_households(connection: psycopg.Connection[Any], /) -> None:
    """Delete, inside the caller's transaction, households that every customer has left."""
    connection.execute(_FIND_EMPTY)
    _dissolve(connection)


def _dissolve(connection: psycopg.Connection[Any]) -> None:
    connection.execute("ANALYZE dissolved")
    for name in _DISSOLVED_FROM:
        _delete(connection, sql.Identifier(*name), those="dissolved")


def _delete(connection: psycopg.Connection[Any], table: sql.Identifier, *, those: str) -> None:
    its = sql.SQL("DELETE FROM {} WHERE household_id IN (SELECT household_id FROM {})")
    connection.execute(its.format(table, sql.Identifier(those)))
