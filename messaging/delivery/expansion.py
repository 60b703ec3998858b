"""From one campaign to its messages: a random draw among the households that need the thing and agreed to be told.

The draw is an order by a hash of campaign and household: nobody can foresee it without the household ids, which leave
the people database nowhere, and after a crash it goes on where it stopped. A shortfall is told to nobody, also not to
somebody who owns phones in the audience: a share of it is held out in any case, so that a message that does not come
says nothing, and messages leave spread over the time that the whole quota would take, however few there are (ADR 0014).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from messaging.campaigns.hours import get_opening, get_sending_span, is_open
from messaging.campaigns.settings import MessagingRules
from messaging.delivery.models import Message, MessageState, Run, RunState
from privacy.people.models import Household, Need, OptOut, Phone

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

_RANK_BITS = 256


@dataclass(frozen=True, slots=True)
class Draw:
    """How a draw goes on: households a transaction, the window, and a source of numbers in [0, 1)."""

    batch: int
    rules: MessagingRules
    draw_jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Drawn:
    household_id: UUID
    lookup_hash: bytes
    rank: bytes


def find_expanding(session: Session) -> list[UUID]:
    """Return the campaigns whose draw is not finished, those that start first before the others."""
    return list(session.scalars(select(Run.campaign_id).where(Run.state == RunState.EXPANDING).order_by(Run.starts_at)))


def expand(sessions: sessionmaker[Session], *, campaign_id: UUID, draw: Draw, now: datetime) -> bool:
    """Draw one more batch of a campaign; messages and cursor in one commit. Returns whether more are to be drawn."""
    with sessions.begin() as session:
        run = session.get(Run, campaign_id, with_for_update={"key_share": True})
        if run is None or run.state != RunState.EXPANDING:
            return False
        wanted = min(draw.batch, run.quota - run.expanded)
        drawn = _draw(session, run, limit=wanted, rules=draw.rules) if wanted > 0 else []
        _plan(session, run, drawn, draw=draw, now=now)
        run.expanded += len(drawn)
        if drawn:
            run.cursor = drawn[-1].rank
        if len(drawn) < wanted or run.expanded >= run.quota:
            run.state = RunState.RUNNING
        return run.state == RunState.EXPANDING


def _draw(session: Session, run: Run, *, limit: int, rules: MessagingRules) -> list[_Drawn]:
    rank = _get_rank(run.campaign_id)
    eligible = (
        select(Household.household_id, Phone.lookup_hash, rank)
        .join(Need, Need.household_id == Household.household_id)
        .join(Phone, Phone.household_id == Household.household_id)
        .where(
            Need.leaf_id.in_(run.leaf_ids),
            Need.category == run.category,
            Household.push_consent.is_(True),
            ~exists().where(OptOut.opt_out_hash == Phone.opt_out_hash),
        )
        .order_by(rank)
        .limit(limit)
        # Whoever is being erased is waited for, and not drawn; an erasure waits for the plan, and takes it along.
        .with_for_update(of=Household, read=True, key_share=True)
    )
    if rules.held_out_share:
        eligible = eligible.where(rank < get_held_out_rank(rules.held_out_share))
    if run.cursor is not None:
        eligible = eligible.where(rank > run.cursor)
    return [_Drawn(*row) for row in session.execute(eligible)]


def _get_rank(campaign_id: UUID) -> ColumnElement[bytes]:
    return func.sha256(func.uuid_send(literal(campaign_id)).concat(func.uuid_send(Need.household_id)))


def get_held_out_rank(share: float) -> bytes:
    """Return the rank from which on households are held out: a share of all hashes, above 0, lies there."""
    return int((1 - share) * 2**_RANK_BITS).to_bytes(_RANK_BITS // 8)


def _plan(session: Session, run: Run, drawn: list[_Drawn], *, draw: Draw, now: datetime) -> None:
    if not drawn:
        return
    start = max(run.starts_at, now)
    rows = [
        {
            "message_id": uuid4(),
            "campaign_id": run.campaign_id,
            "household_id": household.household_id,
            "lookup_hash": household.lookup_hash,
            # All 128 bits are random: the token alone names the message to the gateway.
            "token": UUID(bytes=secrets.token_bytes(16)),
            "state": MessageState.PLANNED,
            "attempt": 0,
            "not_before": _get_start(start, quota=run.quota, draw=draw),
            "absences": 0,
            "resends": 0,
            "changed_at": now,
        }
        for household in drawn
    ]
    session.execute(insert(Message).on_conflict_do_nothing(), rows)


def _get_start(start: datetime, *, quota: int, draw: Draw) -> datetime:
    if is_open(start, settings=draw.rules):
        return start + draw.draw_jitter() * get_sending_span(quota, settings=draw.rules)
    jitter = timedelta(seconds=draw.draw_jitter() * draw.rules.opening_jitter_s)
    return get_opening(start, settings=draw.rules) + jitter
