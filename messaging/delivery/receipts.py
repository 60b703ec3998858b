"""What the carrier says about a message, whoever asked: stored once for each status, and never a step back."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from messaging.delivery.carrier_codes import is_opt_out
from messaging.delivery.errors import ForgedRequestError
from messaging.delivery.models import Message, MessageState, PastMessage, Receipt
from messaging.delivery.outbox import AWAITED, move
from messaging.delivery.ports import CarrierRecord, CarrierStatus
from messaging.delivery.values import Timings
from privacy.people.consent import record_opt_out
from privacy.people.models import Phone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

_LEADS_TO: Mapping[CarrierStatus, MessageState] = MappingProxyType(
    {
        CarrierStatus.SENT: MessageState.SENT,
        CarrierStatus.DELIVERED: MessageState.DELIVERED,
        CarrierStatus.READ: MessageState.DELIVERED,
        CarrierStatus.UNDELIVERED: MessageState.UNDELIVERED,
        CarrierStatus.FAILED: MessageState.FAILED,
        CarrierStatus.CANCELED: MessageState.FAILED,
    }
)


@dataclass(frozen=True, slots=True)
class _Named:
    """What is read of a message: the gateway's role may see no more of it, above all not whose it is."""

    COLUMNS: ClassVar = (Message.message_id, Message.lookup_hash, Message.attempt, Message.sid)

    message_id: UUID
    lookup_hash: bytes
    attempt: int
    sid: str | None


@dataclass(frozen=True, slots=True)
class Callback:
    """A status callback whose signature and account are checked; the hashes are those of its To.

    `lookup_hashes` stand under every version of their key: a message keeps the one that it was planned with.
    """

    token: UUID
    record: CarrierRecord
    lookup_hashes: tuple[bytes, ...]
    opt_out_hash: bytes
    opt_out_version: int


def record_callback(sessions: sessionmaker[Session], *, callback: Callback, now: datetime, timings: Timings) -> bool:
    """Note a status callback. Returns whether it was news; raises ForgedRequestError where it does not fit.

    It may come before the answer to the call, after the lease, or a thousand times.
    """
    record = callback.record
    with sessions.begin() as session:
        named = select(*_Named.COLUMNS).where(Message.token == callback.token).with_for_update()
        row = session.execute(named).first()
        if row is None:
            _hear_late(session, callback, now=now)
            return False
        message = _Named(*row)
        if message.lookup_hash not in callback.lookup_hashes:
            raise ForgedRequestError(reason="to")
        if message.attempt == 0 or not _may_be_its_sid(session, message, sid=record.sid):
            raise ForgedRequestError(reason="sid")
        is_news = _store(session, message.message_id, record, now=now)
        _heed(session, callback, now=now)
        if message.sid is None:
            adopt(session, message_id=message.message_id, sid=record.sid, now=now, timings=timings)
        advance(session, message_id=message.message_id, record=record, now=now)
    return is_news


def _hear_late(session: Session, callback: Callback, *, now: datetime) -> None:
    """Hear what is said of a message that is among the past ones: a refusal counts, its end is known already.

    Raises ForgedRequestError where there is no such message either.
    """
    its = select(PastMessage.lookup_hash, PastMessage.sid).where(PastMessage.token == callback.token)
    past = session.execute(its).first()
    if past is None:
        raise ForgedRequestError(reason="token")
    lookup_hash, sid = past
    if lookup_hash not in callback.lookup_hashes:
        raise ForgedRequestError(reason="to")
    if sid not in (None, callback.record.sid):
        raise ForgedRequestError(reason="sid")
    _heed(session, callback, now=now)


def _heed(session: Session, callback: Callback, *, now: datetime) -> None:
    """Take the carrier's word that the phone's owner wants no messages."""
    if is_opt_out(callback.record.error_code):
        note_refusal(session, opt_out_hash=callback.opt_out_hash, version=callback.opt_out_version, now=now)


def _may_be_its_sid(session: Session, message: _Named, *, sid: str) -> bool:
    if message.sid is not None:
        return message.sid == sid
    return not session.scalar(select(select(Message.message_id).where(Message.sid == sid).exists()))


def _store(session: Session, message_id: UUID, record: CarrierRecord, *, now: datetime) -> bool:
    note = insert(Receipt).values(
        message_id=message_id, sid=record.sid, status=record.status, error_code=record.error_code, received_at=now
    )
    stored = session.execute(note.on_conflict_do_nothing().returning(Receipt.sid))
    return stored.first() is not None


def adopt(session: Session, *, message_id: UUID, sid: str, now: datetime, timings: Timings) -> bool:
    """Learn that the carrier took a message whose call gave no answer; a plan to send it again falls away."""
    return move(
        session,
        message_id=message_id,
        sources=(MessageState.SENDING, MessageState.UNKNOWN, MessageState.PLANNED),
        target=MessageState.ACCEPTED,
        now=now,
        changes={"sid": sid, "accepted_at": now, "check_at": now + timings.first_poll, "lease_until": None},
    )


def advance(session: Session, *, message_id: UUID, record: CarrierRecord, now: datetime) -> bool:
    """Bring an accepted message to where the carrier says it is. Returns whether that was a step forward."""
    target = _LEADS_TO.get(record.status)
    if target is None:
        return False
    changes: dict[str, object] = {} if target is MessageState.SENT else {"check_at": None}
    if record.error_code is not None:
        changes["reason"] = f"carrier:{record.error_code}"
    return move(
        session,
        message_id=message_id,
        sources=tuple(state for state in AWAITED if state is not target),
        target=target,
        now=now,
        changes=changes,
    )


def heed_refusal(session: Session, *, household_id: UUID, record: CarrierRecord, now: datetime) -> None:
    """Take a carrier's word, heard by asking, that a phone's owner wants no messages; the gateway is told the phone."""
    if not is_opt_out(record.error_code):
        return
    known = select(Phone.opt_out_hash, Phone.opt_out_version).where(Phone.household_id == household_id)
    held = session.execute(known).first()
    if held is not None:
        note_refusal(session, opt_out_hash=held[0], version=held[1], now=now)


def note_refusal(session: Session, *, opt_out_hash: bytes, version: int, now: datetime) -> None:
    """Note, by the carrier's word, that a phone's owner wants no messages."""
    record_opt_out(session, opt_out_hash=opt_out_hash, version=version, source="carrier", at=now)
