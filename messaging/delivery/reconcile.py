"""What became of messages in doubt: leases that ran out, and the carrier's own list, asked twice before any resend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, exists, select, update

from messaging.delivery.errors import CarrierUnavailableError
from messaging.delivery.links import fill_link
from messaging.delivery.models import Message, MessageState, Run
from messaging.delivery.outbox import check_arrows, move
from messaging.delivery.ports import CarrierRecord
from messaging.delivery.receipts import adopt, advance, heed_refusal
from messaging.delivery.sealed_phones import find_sealed, is_planned_for, open_phone
from messaging.delivery.values import Timings
from privacy.audit.recording import PhoneRead, Recorder
from privacy.audit.values import ReadPurpose
from privacy.people.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from messaging.delivery.ports import Clock, SmsSender

log = structlog.get_logger(__name__)

CLOCK_TOLERANCE = timedelta(hours=1)
"""How far a carrier's clock may be behind ours."""

_LISTINGS = 2


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Everything that asking the carrier needs. `resends_in_doubt` 0 gives strict at-most-once."""

    sessions: sessionmaker[Session]
    sender: SmsSender
    vault: Vault
    recorder: Recorder
    clock: Clock
    timings: Timings
    resends_in_doubt: int = 1


@dataclass(frozen=True, slots=True)
class _Doubt:
    message_id: UUID
    attempt: int
    absences: int
    resends: int
    check_at: datetime
    lease_until: datetime
    household_id: UUID
    token: UUID
    text: str
    starts_at: datetime


def sweep_leases(sessions: sessionmaker[Session], *, now: datetime, timings: Timings) -> int:
    """Put every message whose worker did not come back in time in doubt; returns how many."""
    check_arrows((MessageState.SENDING,), target=MessageState.UNKNOWN)
    with sessions.begin() as session:
        swept = session.execute(
            update(Message)
            .where(Message.state == MessageState.SENDING, Message.lease_until < now)
            .values(state=MessageState.UNKNOWN, check_at=Message.lease_until + timings.first_listing, changed_at=now)
            .returning(Message.message_id),
            execution_options={"synchronize_session": False},
        )
        return len(swept.all())


def reconcile(inquiry: Inquiry, *, limit: int) -> int:
    """Ask the carrier about the messages in doubt whose time has come; returns how many were settled."""
    with inquiry.sessions() as session:
        doubts = _find_doubts(session, now=inquiry.clock(), limit=limit)
    return sum(_settle(inquiry, doubt) for doubt in doubts)


def _find_doubts(session: Session, *, now: datetime, limit: int) -> list[_Doubt]:
    query = (
        select(
            Message.message_id,
            Message.attempt,
            Message.absences,
            Message.resends,
            Message.check_at,
            Message.lease_until,
            Message.household_id,
            Message.token,
            Run.final_text,
            Run.starts_at,
        )
        .join(Run, Run.campaign_id == Message.campaign_id)
        .where(Message.state == MessageState.UNKNOWN, Message.check_at <= now)
        .order_by(Message.check_at)
        .limit(limit)
    )
    # A message in doubt has both a lease that was and a time to look.
    return [_Doubt(*cast("tuple[Any, ...]", row)) for row in session.execute(query)]


def _settle(inquiry: Inquiry, doubt: _Doubt) -> bool:
    try:
        found = _look_up(inquiry, doubt)
    except CarrierUnavailableError as unavailable:
        log.warning("listing_failed", reason=unavailable.reason)
        return _wait_or_give_up(inquiry, doubt, now=inquiry.clock())
    now = inquiry.clock()
    if found is not None:
        return _accept(inquiry, doubt, found, now=now)
    return _count_absence(inquiry, doubt, now=now)


def _look_up(inquiry: Inquiry, doubt: _Doubt) -> CarrierRecord | None:
    """Return the carrier's record of a message, among those that no other message holds."""
    phone = read_phone(inquiry, household_id=doubt.household_id, message_id=doubt.message_id)
    text = fill_link(doubt.text, message_id=doubt.message_id, vault=inquiry.vault)
    since = doubt.starts_at - CLOCK_TOLERANCE
    records = inquiry.sender.find_sent(phone=phone, text=text, token=doubt.token, since=since)
    with inquiry.sessions() as session:
        return next((record for record in records if not _is_taken(session, record.sid)), None)


def read_phone(inquiry: Inquiry, *, household_id: UUID, message_id: UUID) -> str:
    """Return the number that a household's message went to, noted for the audit.

    Raises CarrierUnavailableError where it was erased, or the household has another one since: nothing can be asked
    then, and nothing may be sent again.
    """
    with inquiry.recorder.begin(inquiry.sessions) as act:
        sealed = find_sealed(act.session, household_id=household_id)
        read = PhoneRead(act, inquiry.clock(), ReadPurpose.INQUIRE, message_id)
        phone = open_phone(sealed, vault=inquiry.vault, read=read) if sealed else None
        went_to = act.session.scalar(select(Message.lookup_hash).where(Message.message_id == message_id))
    if sealed is None or phone is None or went_to is None:
        raise CarrierUnavailableError(reason="erased")
    if not is_planned_for(sealed, phone=phone, lookup_hash=went_to, vault=inquiry.vault):
        raise CarrierUnavailableError(reason="renumbered")
    return phone


def _is_taken(session: Session, sid: str) -> bool:
    return bool(session.scalar(select(exists().where(Message.sid == sid))))


def _accept(inquiry: Inquiry, doubt: _Doubt, record: CarrierRecord, *, now: datetime) -> bool:
    with inquiry.sessions.begin() as session:
        has_adopted = adopt(session, message_id=doubt.message_id, sid=record.sid, now=now, timings=inquiry.timings)
        advance(session, message_id=doubt.message_id, record=record, now=now)
        heed_refusal(session, household_id=doubt.household_id, record=record, now=now)
    return has_adopted


def _count_absence(inquiry: Inquiry, doubt: _Doubt, *, now: datetime) -> bool:
    absences = doubt.absences + 1
    if absences < _LISTINGS:
        _look_again(inquiry, doubt, now=now, absences=absences)
        return False
    if doubt.resends >= inquiry.resends_in_doubt:
        return _give_up(inquiry, doubt, now=now)
    with inquiry.sessions.begin() as session:
        return _is_still(session, doubt) and move(
            session,
            message_id=doubt.message_id,
            sources=(MessageState.UNKNOWN,),
            target=MessageState.PLANNED,
            now=now,
            attempt=doubt.attempt,
            changes={
                "not_before": now, "resends": doubt.resends + 1, "absences": absences, "check_at": None,
                "lease_until": None,
            },
        )  # fmt: skip


def _wait_or_give_up(inquiry: Inquiry, doubt: _Doubt, *, now: datetime) -> bool:
    if now - doubt.lease_until >= inquiry.timings.listing_patience:
        return _give_up(inquiry, doubt, now=now)
    _look_again(inquiry, doubt, now=now, absences=doubt.absences)
    return False


def _look_again(inquiry: Inquiry, doubt: _Doubt, *, now: datetime, absences: int) -> None:
    with inquiry.sessions.begin() as session:
        session.execute(
            update(Message)
            .where(_as_read(doubt))
            .values(absences=absences, check_at=now + inquiry.timings.next_listing),
            execution_options={"synchronize_session": False},
        )


def _give_up(inquiry: Inquiry, doubt: _Doubt, *, now: datetime) -> bool:
    log.error("message_unconfirmed", message_id=str(doubt.message_id))
    with inquiry.sessions.begin() as session:
        return _is_still(session, doubt) and move(
            session,
            message_id=doubt.message_id,
            sources=(MessageState.UNKNOWN,),
            target=MessageState.UNCONFIRMED,
            now=now,
            attempt=doubt.attempt,
            changes={"check_at": None},
        )


def _is_still(session: Session, doubt: _Doubt) -> bool:
    """Lock the message if it is as it was read: another pump must not have counted the same absence."""
    return session.execute(select(Message.message_id).where(_as_read(doubt)).with_for_update()).first() is not None


def _as_read(doubt: _Doubt) -> ColumnElement[bool]:
    return and_(
        Message.message_id == doubt.message_id,
        Message.state == MessageState.UNKNOWN,
        Message.attempt == doubt.attempt,
        Message.absences == doubt.absences,
        Message.check_at == doubt.check_at,
    )
