"""Everything that is held about one household, wherever it stands: whatever table has its id, and what hangs on those.

The tables are asked of PostgreSQL's catalog, not listed: one that is added later is erased and exported with the
others, or the role lacks the right and the whole act fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, TableClause, column, delete, func, literal_column, select, table, text
from sqlalchemy.dialects.postgresql import JSONB

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

_ID = "household_id"
TABLES = text("""
SELECT n.nspname, c.relname FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.attname = 'household_id' AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND n.nspname IN ('core', 'vault', 'delivery')
ORDER BY EXISTS (SELECT FROM pg_constraint AS k WHERE k.confrelid = c.oid), 1, 2
""")
CHILDREN = text("""
SELECT pn.nspname, p.relname, pa.attname, n.nspname, c.relname, a.attname FROM pg_constraint AS k
JOIN pg_class AS p ON p.oid = k.confrelid JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS pa ON pa.attrelid = p.oid AND pa.attnum = k.confkey[1]
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
WHERE k.contype = 'f' AND NOT EXISTS (
    SELECT FROM pg_attribute AS o WHERE o.attrelid = c.oid AND o.attname = 'household_id' AND NOT o.attisdropped)
ORDER BY 1, 2, 4, 5
""")


@dataclass(frozen=True, slots=True)
class Holding:
    """One table that holds rows of a household, and which rows are its."""

    schema: str
    name: str
    rows: TableClause
    is_its: ColumnElement[bool]

    @property
    def full_name(self) -> str:
        """Return schema and table."""
        return f"{self.schema}.{self.name}"


def find_holdings(session: Session, *, household_id: UUID) -> list[Holding]:
    """Return every table, those that hang on another before it."""
    owners = [(schema, name) for schema, name in session.execute(TABLES)]
    children = [
        _hang(tuple(row), household_id=household_id) for row in session.execute(CHILDREN) if (row[0], row[1]) in owners
    ]
    held = [(schema, name, _make(schema, name, _ID)) for schema, name in owners]
    return [*children, *(Holding(schema, name, rows, _is(rows, household_id)) for schema, name, rows in held)]


def _hang(row: Sequence[str], *, household_id: UUID) -> Holding:
    owner_schema, owner_name, owner_key, schema, name, key = row
    owner, rows = _make(owner_schema, owner_name, owner_key, _ID), _make(schema, name, key)
    its = select(owner.c[owner_key]).where(_is(owner, household_id))
    return Holding(schema, name, rows, rows.c[key].in_(its))


def delete_holdings(session: Session, *, household_id: UUID) -> int:
    """Delete every row of a household inside the caller's transaction; returns how many there were."""
    deleted = 0
    for holding in find_holdings(session, household_id=household_id):
        its = delete(holding.rows).where(holding.is_its).returning(literal_column("1", Integer))
        deleted += len(session.execute(its).all())
    return deleted


def read_holdings(session: Session, *, household_id: UUID) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give each table with its rows, as JSON values by column, in the order of the catalog."""
    for holding in find_holdings(session, household_id=household_id):
        row = func.to_jsonb(literal_column(holding.name), type_=JSONB)
        yield holding.full_name, list(session.scalars(select(row).select_from(holding.rows).where(holding.is_its)))


def _make(schema: str, name: str, *columns: str) -> TableClause:
    return table(name, *map(column, columns), schema=schema)


def _is(rows: TableClause, household_id: UUID) -> ColumnElement[bool]:
    return rows.c[_ID] == household_id
