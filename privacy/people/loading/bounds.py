"""Contribution bounds: which few items of a household count, chosen by keyed hash, the same choice all year.

Never "the highest score first": that starves rare categories and makes the choice depend on other people's records.
The hash is over the year, the household and the item's name, so a choice in one list tells nothing of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from psycopg import sql

from privacy.people.loading.copying import copy_lines
from privacy.release.plan import NEEDS_PER_HOUSEHOLD, TAGS_PER_HOUSEHOLD
from privacy.release.values import CATEGORIES, Product
from privacy.release.vocabularies import get_vocabulary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import date
    from typing import LiteralString
    from uuid import UUID

    import psycopg

    from privacy.people.vault import Vault

_BATCH_ROWS = 50_000
_CHOSEN = ("household_id", "item")
_CREATE = """
CREATE TEMPORARY TABLE candidates (household_id uuid, item text, held int) ON COMMIT DROP;
CREATE TEMPORARY TABLE chosen (household_id uuid, item text) ON COMMIT DROP;
"""
_FEW = "INSERT INTO chosen SELECT household_id, item FROM candidates WHERE held <= %(most)s"
_MANY = sql.SQL("SELECT household_id, item FROM candidates WHERE held > {} ORDER BY household_id")


@dataclass(frozen=True, slots=True)
class Bound:
    """How many items of a household count.

    `candidates` selects household_id and item, once each; `known` are the items that may count, with the public name
    that is hashed; `kind` goes before it.
    """

    most: int
    kind: str
    known: Mapping[str, str]
    candidates: LiteralString


_CATEGORIES = {str(category.column): str(category) for category in CATEGORIES}


def _get_tags(product: Product) -> dict[str, str]:
    return {tag.key: tag.key for tag in get_vocabulary(product)}


NEEDS = Bound(
    NEEDS_PER_HOUSEHOLD,
    "",
    _CATEGORIES,
    "SELECT DISTINCT p.household_id, s.category::text AS item FROM staged AS s JOIN present AS p USING (customer_key)",
)
PERSONA = Bound(
    1,
    "persona:",
    _CATEGORIES,
    "SELECT DISTINCT household_id, category::text AS item FROM core.purchases"
    " WHERE household_id IN (SELECT household_id FROM present)",
)
PAIN_POINTS = Bound(
    TAGS_PER_HOUSEHOLD,
    "pain:",
    {f"{tag.category.column}/{tag.code}": tag.key for tag in get_vocabulary(Product.PAIN_POINTS) if tag.category},
    "SELECT DISTINCT household_id, category || '/' || tag AS item"
    " FROM core.tickets CROSS JOIN LATERAL unnest(mined_tags || fault_tag) AS tag"
    " WHERE household_id IN (SELECT household_id FROM present)"
    " AND opened_on >= %(month)s::date - interval '12 months' AND opened_on < %(month)s::date",
)
INTERESTS = Bound(
    TAGS_PER_HOUSEHOLD,
    "interest:",
    _get_tags(Product.INTERESTS),
    "SELECT DISTINCT p.household_id, s.tag AS item FROM staged AS s JOIN present AS p USING (customer_key)",
)
TOPICS = Bound(
    TAGS_PER_HOUSEHOLD,
    "topic:",
    _get_tags(Product.TOPICS),
    "SELECT DISTINCT p.household_id, s.topic AS item FROM staged AS s JOIN present AS p USING (customer_key)",
)


def choose_counted(
    household_id: UUID, *, items: Collection[str], bound: Bound, year: int, vault: Vault
) -> frozenset[str]:
    """Return which of a household's items count in the products of a year."""
    if len(items) <= bound.most:
        return frozenset(items)

    def rank(item: str) -> bytes:
        return vault.bounds_hash(household_id, year=year, item=bound.kind + bound.known[item])

    return frozenset(sorted(items, key=rank)[: bound.most])


def stage_chosen(connection: psycopg.Connection[Any], *, bound: Bound, month: date, vault: Vault) -> None:
    """Make `candidates` and, of them, `chosen`: the items that count; both inside the caller's transaction."""
    connection.execute(_CREATE)
    fill = (
        sql.SQL("INSERT INTO candidates SELECT household_id, item, count(*) OVER (PARTITION BY household_id) FROM (")
        + sql.SQL(bound.candidates)
        + sql.SQL(") AS held WHERE item = ANY(%(known)s)")
    )
    connection.execute(fill, {"month": month, "known": list(bound.known)})
    connection.execute(_FEW, {"most": bound.most})
    with connection.cursor(name="many") as cursor:
        cursor.itersize = _BATCH_ROWS
        cursor.execute(_MANY.format(bound.most))
        for lines in _batch(_get_lines(cursor, bound=bound, year=month.year, vault=vault)):
            copy_lines(connection, table=sql.Identifier("chosen"), names=_CHOSEN, lines=lines)
    connection.execute("ANALYZE candidates, chosen")


def _get_lines(candidates: Iterable[tuple[UUID, str]], *, bound: Bound, year: int, vault: Vault) -> Iterator[str]:
    for household_id, group in groupby(candidates, key=lambda candidate: candidate[0]):
        items = [item for _, item in group]
        for item in choose_counted(household_id, items=items, bound=bound, year=year, vault=vault):
            yield f"{household_id.hex}\t{item}"


def _batch(lines: Iterator[str]) -> Iterator[list[str]]:
    """Gather lines: the connection cannot read the next households while it is being written to."""
    while batch := list(islice(lines, _BATCH_ROWS)):
        yield batch
