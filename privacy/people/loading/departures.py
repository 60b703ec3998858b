"""Customers who leave a household: it goes with them, or it is cleared of what nobody can tell apart.

Rows of a household do not say whose they are. When one of several customers leaves, everything that the data platform
tells again in each drop is deleted, and comes back in the same drop from the rows of those who stay; the consent with
it: the yes of somebody who has left does not speak for them. A household that its last customer leaves is dissolved in
the transaction that takes this customer, so that no moment counts both. What was sent goes along, so that a move frees
nobody of the frequency cap; whatever else has the household's id goes by the catalog, as in an erasure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from privacy.people.holdings import CHILDREN, TABLES

if TYPE_CHECKING:
    import psycopg

# `departed`: whom a customer left, and for which household, null for a customer whom the drop does not name any more.
CREATE = """
CREATE TEMPORARY TABLE departed (household_id uuid, target_id uuid) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE dissolved (household_id uuid, target_id uuid) ON COMMIT DELETE ROWS;
"""
NOTE_DEPARTED = """
INSERT INTO departed SELECT c.household_id, m.household_id
FROM moved AS m JOIN vault.customers AS c USING (customer_hash) WHERE c.household_id <> m.household_id
"""
_FIND_DISSOLVED = """
INSERT INTO dissolved SELECT DISTINCT ON (household_id) household_id, target_id FROM departed AS d
WHERE NOT EXISTS (SELECT FROM vault.customers AS c WHERE c.household_id = d.household_id)
ORDER BY household_id, target_id
"""
_FIND_EMPTY = """
INSERT INTO dissolved SELECT household_id FROM core.households AS h
WHERE NOT EXISTS (SELECT FROM vault.customers AS c WHERE c.household_id = h.household_id)
"""
_LET_GO = """
WITH gone AS (
    DELETE FROM vault.customers AS c USING core.households AS h
    WHERE h.household_id = c.household_id AND h.city_code <> ALL(%s) RETURNING c.household_id)
INSERT INTO departed (household_id) SELECT household_id FROM gone
"""
# Who leaves others behind takes a copy of the slots along: the cap holds for both.
_COPY_CONTACTS = """
INSERT INTO core.contacts (message_id, household_id, initiator_id, text_sha256, reserved_at)
SELECT gen_random_uuid(), d.target_id, c.initiator_id, c.text_sha256, c.reserved_at
FROM (SELECT DISTINCT household_id, target_id FROM departed WHERE target_id IS NOT NULL) AS d
JOIN core.contacts AS c USING (household_id)
WHERE NOT EXISTS (SELECT FROM dissolved AS o WHERE o.household_id = d.household_id)
"""
# What is planned was meant for another phone and goes; so does the second message of a campaign.
_MOVE = """
UPDATE delivery.messages AS m SET household_id = n.target_id FROM (
    SELECT DISTINCT ON (o.campaign_id, d.target_id) o.message_id, o.campaign_id, d.target_id
    FROM dissolved AS d JOIN delivery.messages AS o USING (household_id)
    WHERE d.target_id IS NOT NULL AND (o.accepted_at IS NOT NULL OR o.state = 'sending')
    ORDER BY o.campaign_id, d.target_id, o.message_id) AS n
WHERE m.message_id = n.message_id AND NOT EXISTS (
    SELECT FROM delivery.messages AS t WHERE (t.campaign_id, t.household_id) = (n.campaign_id, n.target_id));
UPDATE delivery.invitations AS i SET household_id = m.household_id FROM dissolved AS d, delivery.messages AS m
WHERE i.household_id = d.household_id AND m.message_id = i.message_id;
UPDATE delivery.past_messages AS p SET household_id = d.target_id FROM dissolved AS d
WHERE p.household_id = d.household_id AND d.target_id IS NOT NULL AND p.accepted_at IS NOT NULL;
UPDATE core.contacts AS c SET household_id = d.target_id FROM dissolved AS d
WHERE c.household_id = d.household_id AND d.target_id IS NOT NULL;
"""
_LEAVE_TOMBSTONES = """
INSERT INTO delivery.tombstones (campaign_id, at)
SELECT campaign_id, now() FROM delivery.invitations WHERE household_id IN (SELECT household_id FROM dissolved)
"""
_FORGET = """
UPDATE core.households SET push_consent = false, activity_score = NULL, activity_level = NULL, channels = NULL,
    persona_category = NULL, persona_age_band = NULL
WHERE household_id IN (SELECT household_id FROM departed)
"""
_ITS = sql.SQL("household_id IN (SELECT household_id FROM dissolved)")
_HANGING = sql.SQL("{} IN (SELECT {} FROM {owner} WHERE household_id IN (SELECT household_id FROM dissolved))")
_TOLD_AGAIN = ("consents", "needs", "purchases", "tickets", "pain_points", "interests", "topics")


def settle_departed(connection: psycopg.Connection[Any], /) -> None:
    """Clear or dissolve every household in `departed`, inside the caller's transaction, after its customers moved."""
    row = connection.execute("SELECT EXISTS (SELECT FROM departed)").fetchone()
    if row != (True,):
        return
    connection.execute("ANALYZE departed")
    connection.execute(_FIND_DISSOLVED)
    connection.execute(_COPY_CONTACTS)
    _dissolve(connection)
    connection.execute(_FORGET)
    for name in _TOLD_AGAIN:
        its = sql.SQL("DELETE FROM {} WHERE household_id IN (SELECT household_id FROM departed)")
        connection.execute(its.format(sql.Identifier("core", name)))


def let_go(connection: psycopg.Connection[Any], /, *, cities: frozenset[int]) -> None:
    """Dissolve, inside the caller's transaction, every household that lives in none of some cities."""
    connection.execute(_LET_GO, (list(cities),))
    settle_departed(connection)
    connection.execute("TRUNCATE departed, dissolved")


def drop_empty_households(connection: psycopg.Connection[Any], /) -> None:
    """Delete, inside the caller's transaction, households that every customer has left."""
    connection.execute(_FIND_EMPTY)
    _dissolve(connection)


def _dissolve(connection: psycopg.Connection[Any]) -> None:
    """Move what was sent to the household that took the customer, and delete the rest.

    The household's own row comes last: a claim locks its message first, then the household.
    """
    row = connection.execute("SELECT EXISTS (SELECT FROM dissolved)").fetchone()
    if row != (True,):
        return
    for statement in ("ANALYZE dissolved", _MOVE, _LEAVE_TOMBSTONES):
        connection.execute(statement)
    owners = [(schema, name) for schema, name in connection.execute(TABLES.text.encode())]
    for schema, name, key, *child in connection.execute(CHILDREN.text.encode()).fetchall():
        if (schema, name) in owners:
            hanging = _HANGING.format(*map(sql.Identifier, (child[2], key)), owner=sql.Identifier(schema, name))
            connection.execute(sql.SQL("DELETE FROM {} WHERE ").format(sql.Identifier(*child[:2])) + hanging)
    for owner in sorted(owners, key=lambda each: each == ("core", "households")):
        connection.execute(sql.SQL("DELETE FROM {} WHERE ").format(sql.Identifier(*owner)) + _ITS)
