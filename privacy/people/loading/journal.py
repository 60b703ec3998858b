"""The row of core.drops: how far the intake of a drop has come, and what may not be taken in any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.errors import LockNotAvailable
from sqlalchemy import exists, func, select, text
from sqlalchemy.exc import OperationalError

from privacy.people.drop.cells import LOCAL
from privacy.people.drop.errors import CityElsewhereError, DropError, IntakeRunningError, IntakeUnfinishedError
from privacy.people.drop.values import Drop, DropProblem, TableName
from privacy.people.errors import KeyMissingError, KeyName
from privacy.people.models import Drop as DropRow

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg
    from sqlalchemy.orm import Session

    from privacy.people.vault import Vault

LOADING, DONE = "loading", "done"
LOCK_KEY = 4_810_523_716
LOCK_WAIT = "15s"
SHORT_WAIT = "5s"


@dataclass(frozen=True, slots=True)
class DropState:
    """Whether a drop is in, and how many of its rows were rejected."""

    is_done: bool
    rejected: int


def take_lock(connection: psycopg.Connection[Any], /) -> None:
    """Keep other intakes out for as long as this connection lives. Raises IntakeRunningError.

    Waits a little, and lets the server look for dead clients: the lock of a killed intake is soon free.
    """
    connection.execute("SET client_connection_check_interval = '1s'")
    connection.execute("SELECT set_config('lock_timeout', %s, false)", (LOCK_WAIT,))
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
    except LockNotAvailable:
        raise IntakeRunningError from None
    connection.execute("SET lock_timeout = 0")


def is_led(connection: psycopg.Connection[Any], /) -> bool:
    """Say whether the process lives that leads the work on the staged drop: it holds the lock."""
    query = (
        "SELECT EXISTS (SELECT FROM staging.runs JOIN pg_locks ON pid = leader"
        " WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted"
        " AND (classid::bigint << 32) + objid::bigint = %s)"
    )
    return connection.execute(query, (LOCK_KEY,)).fetchone() == (True,)


def keep_intake_out(session: Session, /, *, is_shared: bool) -> None:
    """Hold the intake's lock until the caller's transaction ends, or share it with others that are no intake.

    Raises IntakeRunningError after a few seconds; no statement of the transaction waits longer for a lock either.
    """
    session.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": SHORT_WAIT})
    take = func.pg_advisory_xact_lock_shared if is_shared else func.pg_advisory_xact_lock
    try:
        session.execute(select(take(LOCK_KEY)))
    except OperationalError as failure:
        if isinstance(failure.orig, LockNotAvailable):
            raise IntakeRunningError from None
        raise


def refuse_half_in(session: Session, /) -> None:
    """Raise IntakeUnfinishedError where a drop is half in; who keeps the intake out has it stay so."""
    if session.scalar(select(exists().where(DropRow.state == LOADING))):
        raise IntakeUnfinishedError


def get_state(connection: psycopg.Connection[Any], /, *, drop: Drop) -> DropState | None:
    """Return how far this drop has come, None if it is new. Raises DropError if its content has changed."""
    row = connection.execute(
        "SELECT manifest_sha256, state, rejected FROM core.drops WHERE drop_id = %s", (drop.drop_id,)
    ).fetchone()
    if row is None:
        return None
    if bytes(row[0]) != drop.manifest_sha256:
        raise DropError(problem=DropProblem.CONTENT_CHANGED)
    return DropState(row[1] == DONE, row[2])


def check_order(connection: psycopg.Connection[Any], /, *, drop: Drop, now: datetime) -> None:
    """Refuse a month that has not begun, one older than what is in, and a new drop while another is half in."""
    if drop.month > now.astimezone(LOCAL).date():
        raise DropError(problem=DropProblem.MONTH_AHEAD)
    others = "SELECT count(*) FROM core.drops WHERE drop_id <> %s"
    newer = connection.execute(f"{others} AND month > %s", (drop.drop_id, drop.month)).fetchone()
    if newer != (0,):
        raise DropError(problem=DropProblem.MONTH_SUPERSEDED)
    unfinished = connection.execute(f"{others} AND state = %s", (drop.drop_id, LOADING)).fetchone()
    if unfinished != (0,):
        raise DropError(problem=DropProblem.UNFINISHED_OTHER)


def has_other_drop(session: Session, /, *, drop_id: str) -> bool:
    """Say whether anything but one drop was ever taken in here, or begun."""
    return session.scalar(select(select(DropRow).where(DropRow.drop_id != drop_id).exists())) or False


def check_cities(connection: psycopg.Connection[Any], /, *, cities: frozenset[int] | None) -> None:
    """Refuse a database with households of a city that lives in another group now. Raises CityElsewhereError."""
    if cities is None:
        return
    row = connection.execute(
        "SELECT city_code FROM core.households WHERE city_code <> ALL(%s) LIMIT 1", (list(cities),)
    ).fetchone()
    if row is not None:
        raise CityElsewhereError(city_code=row[0])


def check_keys(connection: psycopg.Connection[Any], /, *, vault: Vault) -> None:
    """Refuse to work without a key that a phone here stands under: it would not be found, and founded anew.

    Raises KeyMissingError.
    """
    for name, column in ((KeyName.LOOKUP, "lookup_version"), (KeyName.OPT_OUT, "opt_out_version")):
        other = sql.SQL("SELECT {} FROM vault.phones WHERE {} <> ALL(%s) LIMIT 1").format(*[sql.Identifier(column)] * 2)
        row = connection.execute(other, (list(vault.find_versions(name)),)).fetchone()
        if row is not None:
            raise KeyMissingError(name=name, version=row[0])


def begin(connection: psycopg.Connection[Any], /, *, drop: Drop, rejected: int, now: datetime) -> None:
    """Note that a drop is being loaded."""
    connection.execute(
        "INSERT INTO core.drops (drop_id, manifest_sha256, month, state, progress, rejected, started_at)"
        " VALUES (%s, %s, %s, %s, '{}', %s, %s) ON CONFLICT (drop_id) DO NOTHING",
        (drop.drop_id, drop.manifest_sha256, drop.month, LOADING, rejected, now),
    )


def is_anybody_erased(connection: psycopg.Connection[Any], /, *, since: datetime) -> bool:
    """Say whether a person was erased at or after an instant."""
    query = "SELECT EXISTS (SELECT FROM vault.erasures WHERE at >= %s)"
    return connection.execute(query, (since,)).fetchone() == (True,)


def finish(session: Session, /, *, drop: Drop, now: datetime) -> None:
    """Note, in the transaction that tells the audit, that everything is in, and the rows of each file."""
    row = session.get_one(DropRow, drop.drop_id)
    row.state, row.finished_at = DONE, now
    row.progress = {table: drop.files[table].rows for table in TableName if table is not TableName.COMMUNITIES}
