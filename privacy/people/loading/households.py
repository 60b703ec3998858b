"""Loads rows of the households file: who they are goes to the vault, where they live to core."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from privacy.people.drop.cells import LOCAL
from privacy.people.loading.assignment import Known, assign
from privacy.people.loading.departures import NOTE_DEPARTED, settle_departed
from privacy.people.loading.filling import HouseholdRows, copy_customers, copy_phones, copy_places, copy_rehashed
from privacy.people.loading.roll import copy_incoming

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from privacy.people.vault import Vault

CREATE = """
CREATE TEMPORARY TABLE present (customer_key bigint, household_id uuid) ON COMMIT DELETE ROWS;
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
# Not ON CONFLICT: that locks, and so writes to, every row that it leaves as it is.
PLACE_HOUSEHOLDS = """
UPDATE core.households AS h
SET city_code = n.city_code, leaf_id = n.leaf_id, opened_on = least(n.opened_on, h.opened_on),
    city_from = CASE WHEN h.city_code = n.city_code THEN h.city_from ELSE (SELECT next_month FROM arrival) END
FROM placed AS n
WHERE h.household_id = n.household_id AND ((h.city_code, h.leaf_id) <> (n.city_code, n.leaf_id)
    OR least(n.opened_on, h.opened_on) IS DISTINCT FROM h.opened_on);
INSERT INTO core.households (household_id, city_code, leaf_id, opened_on, push_consent)
SELECT household_id, city_code, leaf_id, opened_on, false FROM placed AS n
WHERE NOT EXISTS (SELECT FROM core.households AS h WHERE h.household_id = n.household_id)
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
# Who is new here may have been counted in another group; whoever takes them in counts anew, too.
_NOTE_STRANGERS = """
UPDATE core.households SET city_from = greatest(city_from, %s) WHERE household_id = ANY(%s)
"""
_MOVE_CUSTOMERS = """
UPDATE vault.customers AS c SET household_id = m.household_id FROM moved AS m
WHERE c.customer_hash = m.customer_hash AND c.household_id <> m.household_id;
INSERT INTO vault.customers (customer_hash, household_id) SELECT customer_hash, household_id FROM moved AS m
WHERE NOT EXISTS (SELECT FROM vault.customers AS c WHERE c.customer_hash = m.customer_hash)
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
    city_from: date | None = None,
) -> list[bytes]:
    """Bring rows in, inside the caller's transaction, and return the household id of each. Repeating changes nothing.

    All rows of a phone come at once: of several customers the first row says where the household lives, so that two who
    are registered in two cities do not send it to and fro. Households that it founds, or that take in somebody who was
    not known, count from `city_from` on, by default at once.
    """
    customers, hashes = vault.customer_hashes(rows.customer_ids), vault.lookup_hashes_of(rows.phones)
    lookups = [newest for newest, *_ in hashes]
    known = _find_known(connection, customers=customers, hashes=hashes)
    assignment = assign(lookups, known=known, make_ids=vault.make_household_ids)
    homes = [assignment.homes[lookup] for lookup in lookups]
    copy_places(connection, rows=rows, homes=homes, assignment=assignment, city_from=city_from)
    copy_phones(connection, rows=rows, lookups=lookups, assignment=assignment, vault=vault)
    copy_rehashed(connection, known=known, lookups=lookups, vault=vault)
    copy_customers(connection, customers=customers, homes=homes, known=known)
    if city_from is not None:
        strangers = set(range(len(homes))) - {row.position for row in known if row.by_customer}
        hosts = {homes[position] for position in strangers} - assignment.new
        connection.execute(_NOTE_STRANGERS, (city_from, list(hosts)))
    if known:
        for statement in (PLACE_HOUSEHOLDS, NOTE_DEPARTED, _NOTE_ARRIVED, _MOVE_CUSTOMERS):
            connection.execute(statement)
        settle_departed(connection)
        connection.execute(_SEAL)
    connection.execute(_CLEAR)
    return [home.bytes for home in homes]


def _find_known(
    connection: psycopg.Connection[Any], *, customers: Sequence[bytes], hashes: Sequence[tuple[bytes, ...]]
) -> list[Known]:
    """Look for each customer, and for its phone under every version of the lookup key: one row more for each."""
    copy_incoming(connection, positions=range(len(customers)), customers=customers, hashes=hashes)
    return [Known(*row) for row in connection.execute(_FIND_KNOWN)]
