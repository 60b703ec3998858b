"""The claim: one due message, every gate judged again under the household's row lock, and a lease, in one commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import Select, exists, select, update

from messaging.campaigns.hours import get_closing, get_opening, is_open
from messaging.campaigns.settings import MessagingRules
from messaging.delivery.links import fill_link
from messaging.delivery.models import Message, MessageState, Run, RunState, SkipReason
from messaging.delivery.outbox import move
from messaging.delivery.sealed_phones import find_sealed, is_planned_for, open_phone
from messaging.delivery.values import Claim, Passed, Timings
from privacy.audit.recording import Act, PhoneRead, Recorder
from privacy.audit.values import ReadPurpose
from privacy.people.caps import CapLimits, reserve
from privacy.people.consent import has_push_consent, is_opted_out
from privacy.people.errors import KeyName
from privacy.people.models import Household, Phone
from privacy.people.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

LIVE_RUNS = (RunState.EXPANDING, RunState.RUNNING)
"""Runs whose messages may be claimed: those drawn already need not wait for the rest."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Everything a claim is judged by. `draw_jitter` gives a number in [0, 1)."""

    vault: Vault
    recorder: Recorder
    rules: MessagingRules
    caps: CapLimits
    timings: Timings
    draw_jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Due:
    message_id: UUID
    campaign_id: UUID
    household_id: UUID
    lookup_hash: bytes
    token: UUID
    attempt: int
    resends: int
    initiator_id: UUID
    text: str
    text_sha256: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Opened:
    """A household's number of today, as it is stored, and whether the message was planned for another one."""

    phone: str
    stored: Phone
    has_changed: bool


def has_due(session: Session, *, now: datetime) -> bool:
    """Say whether a message of a live campaign waits to be claimed."""
    return session.execute(_select_due(now)).first() is not None


def claim(sessions: sessionmaker[Session], *, gate: Gate, now: datetime) -> Claim | Passed | None:
    """Take the longest due message, or skip it, or put it off; None when none is due.

    Whoever gets a phone by it has left an entry in the audit: without the commit there is neither.
    """
    with gate.recorder.begin(sessions) as act:
        session = act.session
        row = session.execute(_select_due(now).with_for_update(of=Message, skip_locked=True)).first()
        if row is None:
            return None
        due = _Due(*cast("tuple[Any, ...]", row))
        if due.expires_at <= now:
            return _skip(session, due, reason=SkipReason.EXPIRED, now=now)
        closes_at = get_closing(now, settings=gate.rules)
        if not is_open(now, settings=gate.rules) or closes_at - now < gate.timings.minimum_validity:
            return _put_off(session, due, gate=gate, now=now)
        return _judge(act, due, gate=gate, now=now, closes_at=closes_at)


def _select_due(now: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Message.message_id,
            Message.campaign_id,
            Message.household_id,
            Message.lookup_hash,
            Message.token,
            Message.attempt,
            Message.resends,
            Run.initiator_id,
            Run.final_text,
            Run.text_sha256,
            Run.expires_at,
        )
        .join(Run, Run.campaign_id == Message.campaign_id)
        .where(
            Message.state == MessageState.PLANNED,
            Message.not_before <= now,
            Run.state.in_(LIVE_RUNS),
            Run.starts_at <= now,
        )
        .order_by(Message.not_before)
        .limit(1)
    )


def _judge(act: Act, due: _Due, *, gate: Gate, now: datetime, closes_at: datetime) -> Claim | Passed:
    """Judge consent, opt-out, number and caps, in this order, once the household's row is ours."""
    session = act.session
    lock_household(session, household_id=due.household_id)
    read = PhoneRead(act, now, ReadPurpose.SEND, due.message_id)
    opened = _find_phone(session, due, vault=gate.vault, read=read)
    if isinstance(opened, SkipReason):
        return _skip(session, due, reason=opened, now=now)
    if opened.has_changed and due.resends > 0:
        return _leave_unconfirmed(session, due, now=now)
    if not _reserve(session, due, gate=gate, now=now):
        return _skip(session, due, reason=SkipReason.CAP, now=now)
    taken = Claim(
        message_id=due.message_id,
        attempt=due.attempt + 1,
        token=due.token,
        household_id=due.household_id,
        opt_out_hashes=gate.vault.opt_out_hashes(opened.phone),
        opt_out_version=gate.vault.find_versions(KeyName.OPT_OUT)[0],
        phone=opened.phone,
        text=fill_link(due.text, message_id=due.message_id, vault=gate.vault),
        lease_until=now + gate.timings.lease,
        window_closes_at=closes_at,
        has_resent=due.resends > 0,
    )
    _take(session, taken, goes_to=opened.stored if opened.has_changed else None, now=now)
    return taken


def lock_household(session: Session, *, household_id: UUID) -> None:
    """Lock a household against other claims and against a change of its consent, until the transaction ends.

    What is read after this sees every revocation that was committed before.
    """
    row = select(Household.household_id).where(Household.household_id == household_id)
    session.execute(row.with_for_update(key_share=True))


def _find_phone(session: Session, due: _Due, *, vault: Vault, read: PhoneRead) -> _Opened | SkipReason:
    """Return the phone that may be written to, opened only for a household that did not refuse, or why not."""
    if not has_push_consent(session, household_id=due.household_id):
        return SkipReason.CONSENT
    sealed = find_sealed(session, household_id=due.household_id)
    if sealed is None:
        return SkipReason.NUMBER
    noted = (sealed.phone.opt_out_hash,)
    if is_opted_out(session, opt_out_hashes=noted):
        return SkipReason.OPT_OUT
    phone = open_phone(sealed, vault=vault, read=read)
    if phone is None:
        return SkipReason.NUMBER
    # Only now is the phone known under every version of the keys.
    hashes = vault.opt_out_hashes(phone)
    if hashes != noted and is_opted_out(session, opt_out_hashes=hashes):
        return SkipReason.OPT_OUT
    is_its = is_planned_for(sealed, phone=phone, lookup_hash=due.lookup_hash, vault=vault)
    opened = _Opened(phone, sealed.phone, has_changed=not is_its)
    return SkipReason.CAP if _is_twin(session, due, opened, vault=vault) else opened


def _is_twin(session: Session, due: _Due, opened: _Opened, *, vault: Vault) -> bool:
    """Say whether the campaign has planned another message for this phone, under another version of the lookup key.

    Under one version the database refuses it; while a key is rotated the two hashes of a phone differ. A number that
    came after the plan may be that of another message, and then of a skipped one too: both cannot stand under it.
    """
    hashes = {*vault.lookup_hashes(opened.phone), opened.stored.lookup_hash}
    if len(hashes) == 1 and not opened.has_changed:
        return False
    twin = exists().where(
        Message.campaign_id == due.campaign_id,
        Message.lookup_hash.in_(hashes),
        Message.message_id != due.message_id,
    )
    if not opened.has_changed:
        twin = twin.where(Message.state != MessageState.SKIPPED)
    return bool(session.scalar(select(twin)))


def _reserve(session: Session, due: _Due, *, gate: Gate, now: datetime) -> bool:
    return reserve(
        session,
        household_id=due.household_id,
        message_id=due.message_id,
        initiator_id=due.initiator_id,
        text_sha256=due.text_sha256,
        now=now,
        limits=gate.caps,
    )


def _take(session: Session, taken: Claim, *, goes_to: Phone | None, now: datetime) -> None:
    """Lease a message; one that goes to another number than planned stands under its hash: receipts come from there."""
    address: dict[str, object] = {}
    if goes_to is not None:
        address = {"lookup_hash": goes_to.lookup_hash, "lookup_version": goes_to.lookup_version}
    move(
        session,
        message_id=taken.message_id,
        sources=(MessageState.PLANNED,),
        target=MessageState.SENDING,
        now=now,
        attempt=taken.attempt - 1,
        changes={
            "attempt": taken.attempt, "lease_until": taken.lease_until, "check_at": None, "absences": 0,
            **address,
        },
    )  # fmt: skip


def _skip(session: Session, due: _Due, *, reason: SkipReason, now: datetime) -> Passed:
    move(
        session,
        message_id=due.message_id,
        sources=(MessageState.PLANNED,),
        target=MessageState.SKIPPED,
        now=now,
        changes={"reason": reason},
    )
    return Passed()


def _leave_unconfirmed(session: Session, due: _Due, *, now: datetime) -> Passed:
    """Send nothing a second time to a number that the first did not go to: nobody can say that it did not arrive."""
    sources, target = (MessageState.PLANNED,), MessageState.UNCONFIRMED
    move(session, message_id=due.message_id, sources=sources, target=target, now=now, changes={"check_at": None})
    return Passed()


def _put_off(session: Session, due: _Due, *, gate: Gate, now: datetime) -> Passed:
    """Wait for the next opening, a random moment after it, so that a night's messages do not leave in one rush."""
    closes_at = get_closing(now, settings=gate.rules) if is_open(now, settings=gate.rules) else now
    opening = get_opening(closes_at, settings=gate.rules)
    not_before = opening + timedelta(seconds=gate.draw_jitter() * gate.rules.opening_jitter_s)
    if not_before >= due.expires_at:
        return _skip(session, due, reason=SkipReason.EXPIRED, now=now)
    session.execute(
        update(Message).where(Message.message_id == due.message_id).values(not_before=not_before, changed_at=now),
        execution_options={"synchronize_session": False},
    )
    return Passed()
