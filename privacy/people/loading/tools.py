"""What whoever works on a drop has at hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from privacy.people.drop.readers import find_parts
from privacy.people.drop.tables import get_columns
from privacy.people.ports import find_no_tags

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Engine

    from privacy.people.drop.values import Drop, Part, TableName
    from privacy.people.loading.staging import Run
    from privacy.people.ports import FindTags, LeafLocator
    from privacy.people.vault import Vault


@contextmanager
def connect(engine: Engine, /) -> Iterator[psycopg.Connection[Any]]:
    """Lend a connection of its own, in autocommit; closing it for good deletes working copies and locks."""
    with engine.connect() as pooled:
        connection = pooled.connection.driver_connection
        assert connection is not None  # noqa: S101 - it was opened in the line before
        pooled.detach()
        connection.autocommit = True
        yield connection


@dataclass(frozen=True, slots=True)
class Tools:
    """The people database, logged in as field_intake; where places are; the keys; and which pains a text speaks of.

    `cities` are those that live in this database, None for all; `newcomers_wait` says that whoever is new here may have
    been counted in another one this month, `lets_go` that households of other cities are deleted.
    """

    engine: Engine
    locator: LeafLocator
    vault: Vault
    find_tags: FindTags = find_no_tags
    cities: frozenset[int] | None = None
    newcomers_wait: bool = False
    lets_go: bool = False

    def connect(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        """Lend a connection of its own."""
        return connect(self.engine)


@dataclass(frozen=True, slots=True)
class Job:
    """One drop that is worked on, cut into parts: by all processes the same way."""

    drop: Drop
    run: Run
    tools: Tools
    parts: dict[TableName, list[Part]]

    @classmethod
    def of(cls, drop: Drop, *, run: Run, tools: Tools) -> Job:
        """Cut a drop's files. Raises DropError."""
        parts = {}
        for table, file in drop.files.items():
            names = [column.name for column in get_columns(table, now=run.now)]
            parts[table] = find_parts(file, names=names, part_rows=run.chunk_rows)
        return cls(drop, run, tools, parts)
