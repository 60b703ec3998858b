"""Accepting a text, for many or for one: judged, counted, kept and remembered in one commit; a wake-up may get lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import uuid4

from sqlalchemy import select

from messaging.campaigns import idempotency, quotas
from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import Verdict, write_findings
from messaging.campaigns.errors import DuplicateBroadcastError, TextRefusedError
from messaging.campaigns.hours import get_done_slot, get_opening
from messaging.campaigns.models import Broadcast, BroadcastState
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.values import Requested

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session, sessionmaker

    from messaging.campaigns.idempotency import KeyedRequest
    from messaging.campaigns.models import ActorUsage, Campaigns, IdempotencyKey
    from messaging.campaigns.ports import Clock, JobQueue
    from messaging.campaigns.settings import MessagingRules

View_co = TypeVar("View_co", covariant=True)
_TIMES = ("starts_at", "expires_at", "done_at")


class Order(Protocol[View_co]):
    """What one kind of request adds to the text: its target, what it counts as, and what its initiator is told."""

    def write(self) -> Broadcast:
        """Return a row with target, quota and text; whoever may not ask for it is refused (CampaignError)."""
        ...

    def list_rows(self, row: Broadcast, /) -> Sequence[Campaigns]:
        """Return all that is to be kept, the row among it."""
        ...

    def match(self) -> Sequence[ColumnElement[bool]]:
        """Return what else a broadcast of this text must have to be the same request."""
        ...

    def use_up(self, session: Session, /, *, usage: ActorUsage, now: datetime) -> None:
        """Count it on the initiator's locked row. Raises QuotaExceededError."""
        ...

    def view(self, row: Broadcast, /) -> View_co:
        """Return what the initiator is told of a row that was just accepted."""
        ...


def accept(
    sessions: sessionmaker[Session],
    *,
    order: Order[View_co],
    keyed: KeyedRequest,
    clock: Clock,
    queue: JobQueue,
    settings: MessagingRules,
) -> Requested[View_co]:
    """Accept what is ordered, or give the first answer to its key again; a refusal counts nothing and keeps no key.

    Raises a CampaignError: for the key, the order, the text, a duplicate, or the amounts of day and week.
    """
    now = clock()
    with sessions.begin() as session:
        answered = idempotency.find_answer(session, keyed, now=now, settings=settings)
        if answered is not None:
            return Requested(order.view(_recall(session, answered)), is_replay=True)
        row = order.write()
        row.broadcast_id, row.actor_id, row.created_at = uuid4(), keyed.actor_id, now
        _judge(session, row, now=now, settings=settings)
        _count(session, row, order=order, settings=settings)
        session.add_all(order.list_rows(row))
        view = order.view(row)
        answer = {"state": row.state} | {name: getattr(row, name).isoformat() for name in _TIMES}
        idempotency.remember_answer(session, keyed, resource_id=row.broadcast_id, answer=answer, now=now)
        idempotency.forget_expired(session, now=now, settings=settings)
        is_clear = row.state == BroadcastState.ACCEPTED
    if is_clear:
        queue.wake(campaign_id=row.broadcast_id)
    return Requested(view, is_replay=False)


def _recall(session: Session, answered: IdempotencyKey) -> Broadcast:
    """Return the row as it was when it was accepted, apart from the session, which shall not write that."""
    row = session.get_one(Broadcast, answered.resource_id)
    session.expunge(row)
    row.state = answered.answer["state"]
    for name in _TIMES:
        setattr(row, name, datetime.fromisoformat(answered.answer[name]))
    return row


def _judge(session: Session, row: Broadcast, *, now: datetime, settings: MessagingRules) -> None:
    content = check_text(row.body, rules=settings, table=get_rules(session))
    if content.verdict is Verdict.REFUSE:
        raise TextRefusedError(content=content)
    row.rules_version, row.findings = content.rules_version, write_findings(content.findings)
    row.state = BroadcastState.ACCEPTED if content.verdict is Verdict.ACCEPT else BroadcastState.IN_REVIEW
    schedule(row, now=now, settings=settings)


def schedule(row: Broadcast, *, now: datetime, settings: MessagingRules) -> None:
    """Set the times of what may leave from now on: when it starts, expires, and is told as done."""
    row.starts_at = get_opening(now, settings=settings)
    row.expires_at = row.starts_at + timedelta(hours=settings.campaign_expires_h)
    row.done_at = get_done_slot(row.starts_at, quota=row.quota, settings=settings)


def _count(session: Session, row: Broadcast, *, order: Order[View_co], settings: MessagingRules) -> None:
    now = row.created_at
    # The lock comes before the look for a duplicate: of two at the same moment one waits, and then sees the other.
    usage = quotas.lock_usage(session, actor_id=row.actor_id, now=now, settings=settings)
    same = session.scalar(
        select(Broadcast.broadcast_id)
        .where(
            Broadcast.actor_id == row.actor_id,
            Broadcast.created_at > now - timedelta(minutes=settings.duplicate_window_min),
            Broadcast.text_sha256 == row.text_sha256,
            Broadcast.category == row.category,
            *order.match(),
        )
        .order_by(Broadcast.created_at)
        .limit(1)
    )
    if same is not None:
        raise DuplicateBroadcastError(broadcast_id=same)
    order.use_up(session, usage=usage, now=now)
