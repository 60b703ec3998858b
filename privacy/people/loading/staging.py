"""The journal of a drop's parts, in PostgreSQL: what is to be done, who does it, what came of it.

A part is a row. Whoever works on one holds its lock, and notes it as done in the transaction that did it: of two
processes one gets it, and of one that dies nothing remains. The tables of the schema `staging` are unlogged and hold
one drop at a time; a crash of the server empties all of them together, and the drop is checked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql
from sqlalchemy import text

from privacy.people.drop.values import TableName
from privacy.people.loading.arrays import Arrays, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import psycopg
    from sqlalchemy.orm import Session

STAGED = tuple(TableName)[2:]
_TRUNCATE = sql.SQL("TRUNCATE {}").format(
    sql.SQL(", ").join(sql.Identifier("staging", name) for name in ("runs", "parts", "roll", "present", *STAGED))
)
_TAKE = """
SELECT task FROM staging.parts
WHERE (stage, table_name, number) = (%s, %s, %s) AND NOT is_done FOR UPDATE SKIP LOCKED
"""
_TAKE_ANY = """
SELECT stage, table_name, number, rows, task FROM staging.parts
WHERE stage = ANY(%s) AND NOT is_done ORDER BY stage, table_name, number FOR UPDATE SKIP LOCKED LIMIT 1
"""
_FINISH = """
UPDATE staging.parts SET is_done = true, task = NULL, result = %s WHERE (stage, table_name, number) = (%s, %s, %s)
"""


class Stage(StrEnum):
    """What is done with a part, in this order; `vacate`, `settle` and `close` are for one process alone."""

    CHECK = "check"
    ROSTER = "roster"
    VACATE = "vacate"
    SETTLE = "settle"
    FOUND = "found"
    CLOSE = "close"
    MERGE = "merge"


SHARED = (Stage.CHECK, Stage.FOUND, Stage.MERGE)
"""The stages whose parts any number of processes may take."""


class PartName(NamedTuple):
    """Which part: for `merge` the number is that of a bucket, else of a part of the table's file."""

    stage: Stage
    table: str
    number: int


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """A part that is to be done, the rows that it counts for in the progress, and what it needs to know."""

    name: PartName
    rows: int
    task: Arrays | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What all processes that work on a drop must agree on. `now` is what counts as the present while it is checked.

    Who is new here counts from `newcomers_from` on, at once where it is None.
    """

    drop_id: str
    manifest_sha256: bytes
    now: datetime
    buckets: int
    chunk_rows: int
    newcomers_from: date | None = None


def lead(connection: psycopg.Connection[Any], /) -> None:
    """Note who leads: the connection that holds the intake's lock."""
    connection.execute("UPDATE staging.runs SET leader = pg_backend_pid()")


def find_run(connection: psycopg.Connection[Any], /) -> Run | None:
    """Return the drop that is staged, None where there is none."""
    row = connection.execute(
        "SELECT drop_id, manifest_sha256, now, buckets, chunk_rows, newcomers_from FROM staging.runs"
    ).fetchone()
    return Run(row[0], bytes(row[1]), *row[2:]) if row else None


def begin(connection: psycopg.Connection[Any], run: Run, /) -> None:
    """Empty everything, and note the drop that is worked on from now on, inside the caller's transaction."""
    clear(connection)
    connection.execute(
        "INSERT INTO staging.runs (drop_id, manifest_sha256, now, buckets, chunk_rows, newcomers_from)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (run.drop_id, run.manifest_sha256, run.now, run.buckets, run.chunk_rows, run.newcomers_from),
    )


def clear(connection: psycopg.Connection[Any], /) -> None:
    """Empty everything."""
    connection.execute(_TRUNCATE)


def clear_within(session: Session, /) -> None:
    """Empty everything in a transaction of another kind."""
    session.execute(text(_TRUNCATE.as_string()))


def clear_dead(session: Session, /) -> None:
    """Empty what a check that died has left. The caller keeps the intake out, and has seen that no drop is half in.

    Waits for whoever still works on a part of it.
    """
    if session.scalar(text("SELECT EXISTS (SELECT FROM staging.runs)")):
        clear_within(session)


def plan(connection: psycopg.Connection[Any], parts: Iterable[PlannedPart], /) -> None:
    """Note parts that are to be done; one that is noted already stays as it is."""
    rows = [(*part.name, part.rows, pack(part.task) if part.task is not None else None) for part in parts]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO staging.parts (stage, table_name, number, rows, is_done, task)"
            " VALUES (%s, %s, %s, %s, false, %s) ON CONFLICT DO NOTHING",
            rows,
        )


def find_parts(
    connection: psycopg.Connection[Any], /, *, stage: Stage, table: str = ""
) -> list[tuple[PartName, int, bool]]:
    """Return the parts of a stage and table in order: name, rows, and whether it is done."""
    rows = connection.execute(
        "SELECT number, rows, is_done FROM staging.parts WHERE (stage, table_name) = (%s, %s) ORDER BY number",
        (stage, table),
    ).fetchall()
    return [(PartName(stage, table, number), count, is_done) for number, count, is_done in rows]


def take(connection: psycopg.Connection[Any], name: PartName, /) -> tuple[Arrays | None] | None:
    """Lock a part inside the caller's transaction and return its task; None where it is done or in other hands."""
    row = connection.execute(_TAKE, name).fetchone()
    return None if row is None else (_read(row[0]),)


def take_any(connection: psycopg.Connection[Any], /) -> PlannedPart | None:
    """Lock, inside the caller's transaction, whatever part may be worked on now; None where there is none."""
    row = connection.execute(_TAKE_ANY, (list(SHARED),)).fetchone()
    return PlannedPart(PartName(Stage(row[0]), row[1], row[2]), row[3], _read(row[4])) if row else None


def finish(connection: psycopg.Connection[Any], name: PartName, /, *, result: Arrays | None = None) -> None:
    """Note, in the transaction that did it, that a part is done."""
    connection.execute(_FINISH, (pack(result) if result is not None else None, *name))


def note(connection: psycopg.Connection[Any], name: PartName, /, *, result: Arrays) -> None:
    """Note something found out between two stages as a part that is done; once."""
    connection.execute(
        "INSERT INTO staging.parts (stage, table_name, number, rows, is_done, result)"
        " VALUES (%s, %s, %s, 0, true, %s) ON CONFLICT DO NOTHING",
        (*name, pack(result)),
    )


def get_result(connection: psycopg.Connection[Any], name: PartName, /) -> Arrays:
    """Return what came of a part that is done."""
    query = "SELECT result FROM staging.parts WHERE (stage, table_name, number) = (%s, %s, %s)"
    row = connection.execute(query, name).fetchone()
    return unpack(row[0]) if row else {}


def read_results(connection: psycopg.Connection[Any], names: Sequence[PartName], /) -> Iterator[Arrays]:
    """Give what came of parts one after the other: not all of it at once."""
    for name in names:
        yield get_result(connection, name)


def _read(task: bytes | None) -> Arrays | None:
    return None if task is None else unpack(task)
