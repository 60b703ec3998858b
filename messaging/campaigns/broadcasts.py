"""Checking and accepting a broadcast: one commit, then a wake-up that may get lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select

from messaging.campaigns import idempotency, quotas
from messaging.campaigns.audience import check_audience, check_quota, get_shown_need
from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import Verdict, write_findings
from messaging.campaigns.errors import DuplicateBroadcastError, TextRefusedError
from messaging.campaigns.hours import get_done_slot, get_opening
from messaging.campaigns.idempotency import KeyedRequest
from messaging.campaigns.models import Broadcast, BroadcastState, IdempotencyKey
from messaging.campaigns.queries import view_broadcast
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.text import compose
from messaging.campaigns.values import BroadcastView, Preview, Requested

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from messaging.campaigns.content.values import ContentVerdict
    from messaging.campaigns.ports import Clock, JobQueue
    from messaging.campaigns.settings import MessagingRules
    from messaging.campaigns.values import Actor, Audience, BroadcastRequest


def preview(
    sessions: sessionmaker[Session],
    *,
    actor: Actor,
    audience: Audience,
    body: str,
    clock: Clock,
    settings: MessagingRules,
) -> Preview:
    """Return what a request with this text and audience would send and what stands against it; changes nothing."""
    check_audience(audience, actor=actor)
    final = compose(body, settings=settings)
    with sessions() as session:
        content = check_text(body, rules=settings, table=get_rules(session))
        remaining = quotas.get_remaining(session, actor_id=actor.account_id, now=clock(), settings=settings)
    need, need_moe95 = get_shown_need(audience)
    return Preview(
        final_text=final.text,
        segments=final.segments,
        encoding=final.encoding,
        units=final.units,
        verdict=content.verdict,
        findings=content.findings,
        rules_version=content.rules_version,
        need=need,
        need_moe95=need_moe95,
        allowed_quotas=quotas.find_allowed_quotas(audience.need, need_sd=audience.need_sd, settings=settings),
        remaining=remaining,
    )


def request_broadcast(  # noqa: PLR0913 - who, what, the key with its route and body, and what comes from outside
    sessions: sessionmaker[Session],
    *,
    actor: Actor,
    request: BroadcastRequest,
    key: str | None,
    route: str,
    body_sha256: bytes,
    clock: Clock,
    queue: JobQueue,
    settings: MessagingRules,
) -> Requested:
    """Accept a broadcast, or give the first answer to its key again; a refusal counts nothing and keeps no key.

    Raises a CampaignError: for the key, the audience, the quota, the text, a duplicate, or the day's amounts.
    """
    keyed = KeyedRequest(actor.account_id, route, idempotency.check_key(key), body_sha256)
    now = clock()
    with sessions.begin() as session:
        answered = idempotency.find_answer(session, keyed, now=now, settings=settings)
        if answered is not None:
            return Requested(_replay(session, answered=answered, settings=settings), is_replay=True)
        row = _plan(session, actor=actor, request=request, now=now, settings=settings)
        _count(session, row=row, settings=settings)
        session.add(row)
        view = view_broadcast(row, now=now, settings=settings)
        idempotency.remember_answer(session, keyed, resource_id=row.broadcast_id, answer=_keep(view), now=now)
        idempotency.forget_expired(session, now=now, settings=settings)
    if view.state is BroadcastState.ACCEPTED:
        queue.wake(campaign_id=view.broadcast_id)
    return Requested(view, is_replay=False)


def _plan(
    session: Session, *, actor: Actor, request: BroadcastRequest, now: datetime, settings: MessagingRules
) -> Broadcast:
    check_audience(request.audience, actor=actor)
    check_quota(request, settings=settings)
    content = check_text(request.body, rules=settings, table=get_rules(session))
    if content.verdict is Verdict.REFUSE:
        raise TextRefusedError(content=content)
    final = compose(request.body, settings=settings)
    starts_at = get_opening(now, settings=settings)
    return Broadcast(
        broadcast_id=uuid4(),
        actor_id=actor.account_id,
        city_code=request.audience.city_code,
        release_id=request.audience.release_id,
        category=request.audience.category.column,
        leaf_ids=sorted(set(request.audience.leaf_ids)),
        quota=request.quota,
        body=request.body,
        final_text=final.text,
        text_sha256=final.sha256,
        rules_version=content.rules_version,
        state=_first_state(content),
        created_at=now,
        starts_at=starts_at,
        expires_at=starts_at + timedelta(hours=settings.campaign_expires_h),
        done_at=get_done_slot(starts_at, quota=request.quota, settings=settings),
        findings=write_findings(content.findings),
    )


def _first_state(content: ContentVerdict) -> BroadcastState:
    return BroadcastState.ACCEPTED if content.verdict is Verdict.ACCEPT else BroadcastState.IN_REVIEW


def _count(session: Session, *, row: Broadcast, settings: MessagingRules) -> None:
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
            Broadcast.leaf_ids == row.leaf_ids,
        )
        .order_by(Broadcast.created_at)
        .limit(1)
    )
    if same is not None:
        raise DuplicateBroadcastError(broadcast_id=same)
    quotas.use_up(session, usage=usage, quota=row.quota, now=now, settings=settings)


def _keep(view: BroadcastView) -> dict[str, str]:
    times = {name: getattr(view, name).isoformat() for name in ("starts_at", "expires_at", "done_at")}
    return {"state": view.state.value} | times


def _replay(session: Session, *, answered: IdempotencyKey, settings: MessagingRules) -> BroadcastView:
    row = session.get_one(Broadcast, answered.resource_id)
    kept = answered.answer
    return replace(
        view_broadcast(row, now=row.created_at, settings=settings),
        state=BroadcastState(kept["state"]),
        starts_at=datetime.fromisoformat(kept["starts_at"]),
        expires_at=datetime.fromisoformat(kept["expires_at"]),
        done_at=datetime.fromisoformat(kept["done_at"]),
    )
