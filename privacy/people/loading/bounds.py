"""The contribution bound on needs: two a household, chosen by keyed hash, the same choice all year.

Never "the highest score first": that starves rare categories and makes the choice depend on other people's records.
"""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from psycopg import sql

from privacy.people.loading.copying import copy_lines
from privacy.release.values import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    import psycopg

    from privacy.people.vault import Vault

COUNTED_NEEDS = 2
_BATCH_ROWS = 50_000
_FOUND = ("household_id", "category", "counted")
_CREATE = """
CREATE TEMPORARY TABLE found (household_id uuid, category smallint, counted boolean) ON COMMIT DROP
"""
_NEEDS = """
SELECT DISTINCT p.household_id, s.category FROM staged AS s JOIN present AS p USING (customer_key)
ORDER BY p.household_id, s.category
"""


def choose_counted(household_id: UUID, *, categories: Sequence[int], year: int, vault: Vault) -> frozenset[int]:
    """Return which of a household's needs, as columns of Category, count into the bounded products of a year."""
    if len(categories) <= COUNTED_NEEDS:
        return frozenset(categories)

    def rank(category: int) -> bytes:
        return vault.bounds_hash(household_id, year=year, item=CATEGORIES[category])

    return frozenset(sorted(categories, key=rank)[:COUNTED_NEEDS])


def stage_needs(connection: psycopg.Connection[Any], *, year: int, vault: Vault) -> None:
    """Make `found`, each need of the staged file once with its `counted`, inside the caller's transaction."""
    connection.execute(_CREATE)
    with connection.cursor(name="needs") as cursor:
        cursor.itersize = _BATCH_ROWS
        cursor.execute(_NEEDS)
        lines = iter(_get_lines(cursor, year=year, vault=vault))
        while batch := list(islice(lines, _BATCH_ROWS)):
            copy_lines(connection, table=sql.Identifier("found"), names=_FOUND, lines=batch)
    connection.execute("ANALYZE found")


def _get_lines(needs: Iterable[tuple[UUID, int]], *, year: int, vault: Vault) -> Iterable[str]:
    for household_id, group in groupby(needs, key=lambda need: need[0]):
        categories = [category for _, category in group]
        counted = choose_counted(household_id, categories=categories, year=year, vault=vault)
        for category in categories:
            yield f"{household_id.hex}\t{category}\t{'t' if category in counted else 'f'}"
