"""Contribution bounds: which few items of a household count, chosen by keyed hash, the same choice all year.

Never "the highest score first": that starves rare categories and makes the choice depend on other people's records.
The hash is over the year, the household and the item's name, so a choice in one list tells nothing of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from psycopg import sql

from privacy.people.loading.copying import begin_row, copy_rows, field, read_rows
from privacy.release.plan import NEEDS_PER_HOUSEHOLD, TAGS_PER_HOUSEHOLD
from privacy.release.values import CATEGORIES, Product
from privacy.release.vocabularies import get_vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from typing import LiteralString

    import psycopg
    from numpy.typing import NDArray

    from privacy.people.vault import Vault

_CHOSEN = ("household_id", "item")
_CREATE = """
CREATE TEMPORARY TABLE candidates (household_id uuid, item text, code int, held int) ON COMMIT DROP;
CREATE TEMPORARY TABLE chosen (household_id uuid, item text) ON COMMIT DROP;
"""
_FILL = sql.SQL("""
INSERT INTO candidates SELECT household_id, item, code - 1, count(*) OVER (PARTITION BY household_id)
FROM ({}) AS held JOIN unnest(%(known)s::text[]) WITH ORDINALITY AS known (item, code) USING (item)
""")
_FEW = "INSERT INTO chosen SELECT household_id, item FROM candidates WHERE held <= %(most)s"
_MANY = sql.SQL("SELECT household_id, code FROM candidates WHERE held > {} ORDER BY household_id, code")
_RANK_BYTES = 8


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


def choose(
    household_ids: NDArray[np.void], codes: NDArray[np.int64], *, bound: Bound, year: int, vault: Vault
) -> NDArray[np.int64]:
    """Return which of n items count in the products of a year, as positions.

    A household's items stand together; a code is an item's place among those that `bound` knows. Of two items whose
    hashes agree in 64 bits the one of the lower code comes first.
    """
    if not len(codes):
        return np.empty(0, dtype=np.int64)
    names = [(bound.kind + name).encode() for name in bound.known.values()]
    its = [names[code] for code in codes.tolist()]
    hashes = vault.bounds_hashes(household_ids.tolist(), its, year=year)
    ranks = np.frombuffer(b"".join([one[:_RANK_BYTES] for one in hashes]), dtype=">u8")
    is_first = np.append(np.True_, household_ids[1:] != household_ids[:-1])
    household = np.cumsum(is_first) - 1
    order = np.lexsort((codes, ranks, household))
    place = np.arange(len(codes)) - np.flatnonzero(is_first)[household]
    return np.sort(order[place < bound.most])


def stage_chosen(connection: psycopg.Connection[Any], *, bound: Bound, month: date, vault: Vault) -> None:
    """Make `candidates` and, of them, `chosen`: the items that count; both inside the caller's transaction."""
    connection.execute(_CREATE)
    known = list(bound.known)
    connection.execute(_FILL.format(sql.SQL(bound.candidates)), {"month": month, "known": known})
    connection.execute(_FEW, {"most": bound.most})
    many = read_rows(connection, _MANY.format(bound.most), kinds={"household_id": "V16", "code": ">i4"})
    household_ids, codes = many["household_id"], many["code"].astype(np.int64)
    positions = choose(household_ids, codes, bound=bound, year=month.year, vault=vault)
    items = [field(item.encode()) for item in known]
    begin = begin_row(len(_CHOSEN))
    pairs = zip(household_ids[positions].tolist(), codes[positions].tolist(), strict=True)
    rows = (begin + field(household_id) + items[code] for household_id, code in pairs)
    copy_rows(connection, table=sql.Identifier("chosen"), names=_CHOSEN, rows=rows)
    connection.execute("ANALYZE candidates, chosen")
