"""Writes entries inside the transaction of the act that they tell of: both commit, or neither.

The chain has one head, and whoever extends it holds the head's lock until the commit. So entries are only noted while
an act is under way, and written last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from privacy.audit.chain import Chain
from privacy.audit.models import EntryRow, HeadRow
from privacy.audit.values import Action, Actor, AuditEntry, AuditKey, Detail, Head, ReadPurpose, StoredEntry

_ROW = 1


def record(session: Session, *, entries: Sequence[AuditEntry], key: AuditKey) -> None:
    """Append entries inside the caller's transaction. Call it last: every other writer waits until the commit."""
    if not entries:
        return
    # What the session still holds back is written before the lock is taken.
    session.flush()
    head = select(HeadRow.number, HeadRow.mac).where(HeadRow.head_id == _ROW).with_for_update()
    number, mac = session.execute(head).one()
    rows = Chain(key).extend(Head(number, mac), entries=entries)
    _append(session, rows)


def _append(session: Session, rows: Sequence[StoredEntry]) -> None:
    """Write rows and the new head in one statement: the lock is held for one round trip less."""
    last = rows[-1]
    moved = update(HeadRow).where(HeadRow.head_id == _ROW).values(number=last.number, mac=last.mac)
    columns = [
        {
            "number": row.number,
            "at": row.at,
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "details": row.details,
            "mac": row.mac,
        }
        for row in rows
    ]
    added = insert(EntryRow).values(columns if len(columns) > 1 else columns[0])
    session.execute(added.add_cte(moved.cte()), execution_options={"synchronize_session": False})


@dataclass(frozen=True, slots=True)
class Act:
    """One transaction and what it will have been: what is noted here is written when it commits."""

    session: Session
    actor: Actor
    entries: list[AuditEntry] = field(default_factory=list)

    def note(self, action: Action, *, subject: str, at: datetime, **details: Detail) -> None:
        """Note what is done with which thing. Raises UnfitEntryError."""
        self.entries.append(AuditEntry(at, self.actor, action, subject, details))


@dataclass(frozen=True, slots=True)
class PhoneRead:
    """What the vault asks for before it opens a phone: the act that will tell of it, and why."""

    act: Act
    at: datetime
    purpose: ReadPurpose
    message_id: UUID | None = None

    def note(self, household_id: UUID) -> None:
        """Note that this household's phone is read."""
        message = {} if self.message_id is None else {"message_id": str(self.message_id)}
        subject = str(household_id)
        self.act.note(Action.PHONE_READ, subject=subject, at=self.at, purpose=self.purpose.value, **message)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Opens the transactions of one process in which something is done that leaves an entry."""

    key: AuditKey
    actor: Actor

    @contextmanager
    def begin(self, sessions: sessionmaker[Session], /) -> Iterator[Act]:
        """Give a transaction that writes its entries right before it commits; on an exception nothing remains."""
        with sessions.begin() as session:
            act = Act(session, self.actor)
            yield act
            record(session, entries=act.entries, key=self.key)
