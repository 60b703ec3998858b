"""Reads the audit. Only those who check it may: the processes that write see the head alone."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from privacy.audit.models import EntryRow, HeadRow
from privacy.audit.values import Action, Actor, Head, StoredEntry

_BATCH = 10_000
_COLUMNS = (
    EntryRow.number,
    EntryRow.at,
    EntryRow.actor,
    EntryRow.action,
    EntryRow.subject,
    EntryRow.details,
    EntryRow.mac,
)


def get_head(session: Session) -> Head:
    """Return where the chain ends."""
    number, mac = session.execute(select(HeadRow.number, HeadRow.mac)).one()
    return Head(number, mac)


def stream_entries(session: Session) -> Iterator[StoredEntry]:
    """Give every row by number, a few thousand at a time, however many there are."""
    batch = select(*_COLUMNS).order_by(EntryRow.number).limit(_BATCH)
    rows = session.execute(batch).all()
    while rows:
        for row in rows:
            yield StoredEntry(*row)
        rows = session.execute(batch.where(EntryRow.number > rows[-1].number)).all()


def find_latest(
    session: Session,
    *,
    limit: int,
    actor: Actor | None = None,
    action: Action | None = None,
    subject: str | None = None,
) -> list[StoredEntry]:
    """Return the newest rows that fit, oldest first."""
    wanted: list[ColumnElement[bool]] = []
    if actor is not None:
        wanted.append(EntryRow.actor == actor)
    if action is not None:
        wanted.append(EntryRow.action == action)
    if subject is not None:
        wanted.append(EntryRow.subject == subject)
    newest = session.execute(select(*_COLUMNS).where(*wanted).order_by(EntryRow.number.desc()).limit(limit))
    return [StoredEntry(*row) for row in newest][::-1]
