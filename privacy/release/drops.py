"""How the intake of drops stands: nothing is drawn while one is half in, and figures are as old as the newest one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from privacy.release.errors import DropBehindError, DropUnfinishedError, IntakeUnderWayError

INTAKE_LOCK = 4_810_523_716
"""The advisory lock that an intake holds. A copy: this package knows nothing of people's; a test compares the two."""

_WAIT = "5s"


@contextmanager
def keeping_intake_out(people_sessions: sessionmaker[Session]) -> Iterator[None]:
    """Share the intake's lock, so that what is checked is what is drawn from, and find every drop whole or not begun.

    An intake that comes meanwhile waits, and then gives up. Raises IntakeUnderWayError and DropUnfinishedError.
    """
    with people_sessions() as session:
        _share_lock(session)
        unfinished = text("SELECT drop_id FROM core.drops WHERE state <> 'done' ORDER BY month, drop_id LIMIT 1")
        drop_id = session.scalar(unfinished)
        if drop_id is not None:
            raise DropUnfinishedError(drop_id=drop_id)
        try:
            yield
        finally:
            session.commit()


def _share_lock(session: Session) -> None:
    session.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": _WAIT})
    try:
        session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": INTAKE_LOCK})
    except OperationalError as failure:
        if isinstance(failure.orig, LockNotAvailable):
            raise IntakeUnderWayError from None
        raise
    # Nothing else that this transaction does shall give up early.
    session.execute(text("SELECT set_config('lock_timeout', '0', true)"))


def check_newest_drop(people_sessions: sessionmaker[Session], *, month: date) -> None:
    """Refuse a month before whose beginning no drop was taken in here. Only where cities live in several groups.

    Whom a drop shows in another group counts there from the month after it: by then this group must have let them go.
    Raises DropBehindError.
    """
    with people_sessions() as session:
        newest = session.scalar(text("SELECT max(month) FROM core.drops WHERE state = 'done'"))
    before = (month - timedelta(days=1)).replace(day=1)
    if newest is None or newest < before:
        raise DropBehindError(month=month, drop_month=newest)


def find_newest_intake(session: Session) -> datetime | None:
    """Return when the newest drop was taken in, None before the first one."""
    newest: datetime | None = session.scalar(text("SELECT max(finished_at) FROM core.drops WHERE state = 'done'"))
    return newest
