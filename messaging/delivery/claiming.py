"""The claim: due messages, every gate judged again under their households' row locks, and a lease, in one commit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, all_, bindparam, literal_column, select, text, update

from messaging.campaigns.hours import get_closing, get_opening, is_open
from messaging.campaigns.settings import MessagingRules
from messaging.delivery.judging import Due, Fit, judge
from messaging.delivery.links import fill_link
from messaging.delivery.models import Message, MessageState, Run, RunState, SkipReason
from messaging.delivery.outbox import check_arrows, move
from messaging.delivery.standing import find_standings
from messaging.delivery.values import Claim, Passed, Timings
from privacy.audit.recording import Act, PhoneRead, Recorder
from privacy.audit.values import ReadPurpose
from privacy.people.caps import CapLimits, Slot, lock_households, reserve
from privacy.people.errors import KeyName
from privacy.people.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

LIVE_RUNS = (RunState.EXPANDING, RunState.RUNNING)
"""Runs whose messages may be claimed: those drawn already need not wait for the rest."""

_MESSAGES, _RUNS = Message.__table__, Run.__table__
# Made once, of tables, not of entities: these stand in the way of every message. States are written out, so that the
# planner sees that they fit the partial index before it knows any parameter.
IS_LIVE = _RUNS.c.state.in_([literal_column(f"'{state}'") for state in LIVE_RUNS])
_DUE = (
    select(
        *(_MESSAGES.c[name] for name in ("message_id", "campaign_id", "household_id", "lookup_hash", "lookup_version")),
        *(_MESSAGES.c[name] for name in ("token", "attempt", "resends")),
        *(_RUNS.c[name] for name in ("initiator_id", "final_text", "text_sha256", "expires_at")),
    )
    .join_from(_MESSAGES, _RUNS, _RUNS.c.campaign_id == _MESSAGES.c.campaign_id)
    .where(
        _MESSAGES.c.state == literal_column(f"'{MessageState.PLANNED}'"),
        _MESSAGES.c.not_before <= bindparam("now"),
        _MESSAGES.c.message_id != all_(bindparam("besides", type_=ARRAY(Uuid))),
        IS_LIVE,
        _RUNS.c.starts_at <= bindparam("now"),
    )
    .order_by(_MESSAGES.c.not_before)
    .limit(bindparam("most"))
)
_DUE_AND_FREE = _DUE.with_for_update(of=_MESSAGES, skip_locked=True)
_TAKE = text(
    "UPDATE delivery.messages AS m SET state = 'sending', attempt = t.attempt, lease_until = :lease_until,"
    " check_at = NULL, absences = 0, changed_at = :now, lookup_hash = t.lookup_hash, lookup_version = t.lookup_version"
    " FROM unnest(CAST(:message_ids AS uuid[]), CAST(:attempts AS int[]), CAST(:lookup_hashes AS bytea[]),"
    " CAST(:lookup_versions AS int[])) AS t (message_id, attempt, lookup_hash, lookup_version)"
    " WHERE m.message_id = t.message_id AND m.state = 'planned' AND m.attempt = t.attempt - 1"
)


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
class Batch:
    """What became of the messages that were looked at: taken, passed over, or left, as somebody holds the household."""

    claims: tuple[Claim, ...] = ()
    passed: int = 0
    held: frozenset[UUID] = frozenset()


def has_due(session: Session, *, now: datetime) -> bool:
    """Say whether a message of a live campaign waits to be claimed."""
    return session.execute(_DUE, {"now": now, "most": 1, "besides": []}).first() is not None


def claim(sessions: sessionmaker[Session], *, gate: Gate, now: datetime) -> Claim | Passed | None:
    """Take the longest due message, or skip it, or put it off; None when none is due. Waits for its household."""
    batch = _claim(sessions, gate=gate, now=now, limits={"most": 1, "besides": []}, waits=True)
    return batch.claims[0] if batch.claims else (Passed() if batch.passed else None)


def claim_many(
    sessions: sessionmaker[Session], *, gate: Gate, now: datetime, most: int, besides: Collection[UUID] = ()
) -> Batch:
    """Take up to `most` of the longest due messages, or skip them, or put them off, in one commit, waiting for nobody.

    Those `besides` are left. So are those whose household somebody holds: see to them with `claim`, which waits.
    """
    return _claim(sessions, gate=gate, now=now, limits={"most": most, "besides": list(besides)}, waits=False)


def _claim(
    sessions: sessionmaker[Session], *, gate: Gate, now: datetime, limits: Mapping[str, object], waits: bool
) -> Batch:
    """Whoever gets a phone by it has left an entry in the audit: without the commit there is neither."""
    with gate.recorder.begin(sessions) as act:
        rows = act.session.execute(_DUE_AND_FREE, {"now": now, **limits})
        due = [Due(*cast("tuple[Any, ...]", row)) for row in rows]
        live = [one for one in due if one.expires_at > now]
        for one in due:
            if one.expires_at <= now:
                _skip(act.session, one, reason=SkipReason.EXPIRED, now=now)
        closes_at = get_closing(now, settings=gate.rules)
        if not is_open(now, settings=gate.rules) or closes_at - now < gate.timings.minimum_validity:
            for one in live:
                _put_off(act.session, one, gate=gate, now=now)
            return Batch(passed=len(due))
        locked = lock_households(act.session, {one.household_id for one in live}, waits=waits) if live else frozenset()
        ours = [one for one in live if one.household_id in locked]
        others = [one for one in live if one.household_id not in locked]
        if waits:
            for gone in others:
                _skip(act.session, gone, reason=SkipReason.NUMBER, now=now)
        claims = _take_fit(act, ours, gate=gate, now=now, closes_at=closes_at) if ours else ()
        held = frozenset() if waits else frozenset(one.message_id for one in others)
        return Batch(claims, passed=len(due) - len(claims) - len(held), held=held)


def _take_fit(act: Act, due: Sequence[Due], *, gate: Gate, now: datetime, closes_at: datetime) -> tuple[Claim, ...]:
    """Take what consent, opt-out, number and caps let through, once the households' rows are ours; skip the rest."""
    fit = _judge(act, due, gate=gate, now=now)
    slots = [
        Slot(one.due.message_id, one.due.household_id, one.due.initiator_id, one.due.text_sha256, now) for one in fit
    ]
    granted = reserve(act.session, slots, limits=gate.caps)
    for one in fit:
        if one.due.message_id not in granted:
            _skip(act.session, one.due, reason=SkipReason.CAP, now=now)
    taken = [one for one in fit if one.due.message_id in granted]
    _take(act.session, taken, lease_until=now + gate.timings.lease, now=now)
    return tuple(_hand_out(one, gate=gate, now=now, closes_at=closes_at) for one in taken)


def _judge(act: Act, due: Sequence[Due], *, gate: Gate, now: datetime) -> list[Fit]:
    """Return what may be written to, and how; whatever else was found is settled."""
    standings = find_standings(act.session, {one.household_id for one in due})
    found: list[Fit] = []
    for one in due:
        read = PhoneRead(act, now, ReadPurpose.SEND, one.message_id)
        fit = judge(act.session, one, standing=standings[one.household_id], vault=gate.vault, read=read)
        if isinstance(fit, SkipReason):
            _skip(act.session, one, reason=fit, now=now)
        elif fit.has_changed and one.resends > 0:
            _leave_unconfirmed(act.session, one, now=now)
        else:
            found.append(fit)
    return found


def _hand_out(fit: Fit, *, gate: Gate, now: datetime, closes_at: datetime) -> Claim:
    due = fit.due
    return Claim(
        message_id=due.message_id,
        attempt=due.attempt + 1,
        token=due.token,
        household_id=due.household_id,
        opt_out_hashes=fit.opt_out_hashes,
        opt_out_version=gate.vault.find_versions(KeyName.OPT_OUT)[0],
        phone=fit.phone,
        text=fill_link(due.text, message_id=due.message_id, vault=gate.vault),
        lease_until=now + gate.timings.lease,
        window_closes_at=closes_at,
        has_resent=due.resends > 0,
    )


def _take(session: Session, taken: Sequence[Fit], *, lease_until: datetime, now: datetime) -> None:
    """Lease messages. One that goes to another number than planned stands under its hash: receipts come from there."""
    check_arrows((MessageState.PLANNED,), target=MessageState.SENDING)
    if not taken:
        return
    columns = {
        "message_ids": [one.due.message_id for one in taken],
        "attempts": [one.due.attempt + 1 for one in taken],
        "lookup_hashes": [one.lookup_hash for one in taken],
        "lookup_versions": [one.lookup_version for one in taken],
    }
    session.execute(_TAKE, columns | {"lease_until": lease_until, "now": now})


def _skip(session: Session, due: Due, *, reason: SkipReason, now: datetime) -> None:
    move(
        session,
        message_id=due.message_id,
        sources=(MessageState.PLANNED,),
        target=MessageState.SKIPPED,
        now=now,
        changes={"reason": reason},
    )


def _leave_unconfirmed(session: Session, due: Due, *, now: datetime) -> None:
    """Send nothing a second time to a number that the first did not go to: nobody can say that it did not arrive."""
    sources, target = (MessageState.PLANNED,), MessageState.UNCONFIRMED
    move(session, message_id=due.message_id, sources=sources, target=target, now=now, changes={"check_at": None})


def _put_off(session: Session, due: Due, *, gate: Gate, now: datetime) -> None:
    """Wait for the next opening, a random moment after it, so that a night's messages do not leave in one rush."""
    closes_at = get_closing(now, settings=gate.rules) if is_open(now, settings=gate.rules) else now
    opening = get_opening(closes_at, settings=gate.rules)
    not_before = opening + timedelta(seconds=gate.draw_jitter() * gate.rules.opening_jitter_s)
    if not_before >= due.expires_at:
        _skip(session, due, reason=SkipReason.EXPIRED, now=now)
        return
    session.execute(
        update(Message).where(Message.message_id == due.message_id).values(not_before=not_before, changed_at=now),
        execution_options={"synchronize_session": False},
    )
