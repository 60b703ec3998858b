"""Writes entries inside the transaction of the act that they tell of: both commit, or neither.

The chain has one head, and whoever extends it holds the head's lock until the commit. So entries are only noted while
an act is under way, and written last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from privacy.audit.chain import Chain
from privacy.audit.values import Action, Actor, AuditEntry, AuditKey, Detail, Head, ReadPurpose, StoredEntry

# Written out: this stands in the way of every claim, and ready-made statements cost it less than composed ones.
_LOCK_HEAD = text("SELECT number, mac FROM audit.head WHERE head_id = 1 FOR UPDATE")
_APPEND = text(
    "WITH moved AS (UPDATE audit.head SET number = :last, mac = :last_mac WHERE head_id = 1)"
    " INSERT INTO audit.entries (number, at, actor, action, subject, details, mac)"
    " SELECT * FROM unnest(CAST(:numbers AS bigint[]), CAST(:ats AS timestamptz[]), CAST(:actors AS text[]),"
    " CAST(:actions AS text[]), CAST(:subjects AS text[]), CAST(:details AS jsonb[]), CAST(:macs AS bytea[]))"
)


def record(session: Session, *, entries: Sequence[AuditEntry], key: AuditKey) -> None:
    """Append entries inside the caller's transaction. Call it last: every other writer waits until the commit."""
    if not entries:
        return
    # What the session still holds back is written before the lock is taken.
    session.flush()
    number, mac = session.execute(_LOCK_HEAD).one()
    rows = Chain(key).extend(Head(number, mac), entries=entries)
    session.execute(_APPEND, _to_columns(rows))


def _to_columns(rows: Sequence[StoredEntry]) -> dict[str, object]:
    """Return all rows column by column: one statement writes them, however many they are."""
    return {
        "last": rows[-1].number,
        "last_mac": rows[-1].mac,
        "numbers": [row.number for row in rows],
        "ats": [row.at for row in rows],
        "actors": [row.actor for row in rows],
        "actions": [row.action for row in rows],
        "subjects": [row.subject for row in rows],
        "details": [json.dumps(row.details) for row in rows],
        "macs": [row.mac for row in rows],
    }


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


@dataclass(slots=True)
class BatchRead:
    """What the vault asks for where one act opens many phones: one entry, which tells how many."""

    act: Act
    at: datetime
    purpose: ReadPurpose
    subject: str
    phones: int = 0
    _place: int = 0

    def note(self, household_id: UUID) -> None:
        """Count one phone more; whose it is the entry does not tell."""
        del household_id
        self.phones += 1
        details = {"purpose": self.purpose.value, "phones": self.phones}
        entry = AuditEntry(self.at, self.act.actor, Action.PHONE_READ, self.subject, details)
        if self.phones == 1:
            self._place = len(self.act.entries)
            self.act.entries.append(entry)
        self.act.entries[self._place] = entry


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
