"""Accepting an invitation: a broadcast to one, ordered by a persona. Whether there is anybody is not known here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select

from messaging.campaigns import idempotency, quotas
from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import Verdict, write_findings
from messaging.campaigns.errors import DuplicateBroadcastError, TextRefusedError
from messaging.campaigns.hours import get_done_slot, get_opening
from messaging.campaigns.idempotency import KeyedRequest
from messaging.campaigns.invitation_queries import view_invitation
from messaging.campaigns.invitation_values import ANSWER_WITHIN, InvitationPreview, InvitationRequested, InvitationState
from messaging.campaigns.models import Broadcast, BroadcastState
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.talk_models import Invitation
from messaging.campaigns.text import compose_invitation

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from messaging.campaigns.invitation_values import InvitationRequest, InvitationView
    from messaging.campaigns.models import IdempotencyKey
    from messaging.campaigns.ports import Clock, JobQueue
    from messaging.campaigns.settings import MessagingRules
    from messaging.campaigns.values import Actor


def preview_invitation(sessions: sessionmaker[Session], *, body: str, settings: MessagingRules) -> InvitationPreview:
    """Return what an invitation with this text would send and what stands against it; changes and counts nothing."""
    with sessions() as session:
        content = check_text(body, rules=settings, table=get_rules(session))
    return InvitationPreview(compose_invitation(body, settings=settings), content.verdict, content.findings)


def request_invitation(  # noqa: PLR0913 - who, what, the key with its route and body, and what comes from outside
    sessions: sessionmaker[Session],
    *,
    actor: Actor,
    request: InvitationRequest,
    key: str | None,
    route: str,
    body_sha256: bytes,
    clock: Clock,
    queue: JobQueue,
    settings: MessagingRules,
) -> InvitationRequested:
    """Accept an invitation, or give the first answer to its key again; a refusal counts nothing and keeps no key.

    Raises a CampaignError: for the key, the text, a duplicate, or the amounts of day and week.
    """
    keyed = KeyedRequest(actor.account_id, route, idempotency.check_key(key), body_sha256)
    now = clock()
    with sessions.begin() as session:
        answered = idempotency.find_answer(session, keyed, now=now, settings=settings)
        if answered is not None:
            return InvitationRequested(_replay(session, answered=answered, settings=settings), is_replay=True)
        row = _plan(session, actor=actor, request=request, now=now, settings=settings)
        persona = _plan_persona(row, request=request)
        _count(session, row=row, persona=persona, settings=settings)
        session.add_all([row, persona])
        view = view_invitation(row, persona, handle=None, now=now, settings=settings)
        idempotency.remember_answer(session, keyed, resource_id=row.broadcast_id, answer=_keep(view), now=now)
        idempotency.forget_expired(session, now=now, settings=settings)
    if view.state is not InvitationState.IN_REVIEW:
        queue.wake(campaign_id=view.invitation_id)
    return InvitationRequested(view, is_replay=False)


def _plan(
    session: Session, *, actor: Actor, request: InvitationRequest, now: datetime, settings: MessagingRules
) -> Broadcast:
    content = check_text(request.body, rules=settings, table=get_rules(session))
    if content.verdict is Verdict.REFUSE:
        raise TextRefusedError(content=content)
    final = compose_invitation(request.body, settings=settings)
    starts_at = get_opening(now, settings=settings)
    is_clear = content.verdict is Verdict.ACCEPT
    return Broadcast(
        broadcast_id=uuid4(),
        actor_id=actor.account_id,
        city_code=request.city_code,
        release_id=request.release_id,
        category=request.persona.category.column,
        leaf_ids=[],
        quota=1,
        body=request.body,
        final_text=final.text,
        text_sha256=final.sha256,
        rules_version=content.rules_version,
        state=BroadcastState.ACCEPTED if is_clear else BroadcastState.IN_REVIEW,
        created_at=now,
        starts_at=starts_at,
        expires_at=starts_at + timedelta(hours=settings.campaign_expires_h),
        done_at=get_done_slot(starts_at, quota=1, settings=settings),
        findings=write_findings(content.findings),
    )


def _plan_persona(row: Broadcast, *, request: InvitationRequest) -> Invitation:
    return Invitation(
        invitation_id=row.broadcast_id,
        actor_id=row.actor_id,
        district_adcode=request.persona.district_adcode,
        age_band=request.persona.age_band,
        activity=request.persona.activity,
        created_at=row.created_at,
    )


def _count(session: Session, *, row: Broadcast, persona: Invitation, settings: MessagingRules) -> None:
    now = row.created_at
    # The lock comes before the look for a duplicate: of two at the same moment one waits, and then sees the other.
    usage = quotas.lock_usage(session, actor_id=row.actor_id, now=now, settings=settings)
    same = session.scalar(
        select(Broadcast.broadcast_id)
        .join(Invitation, Invitation.invitation_id == Broadcast.broadcast_id)
        .where(
            Broadcast.actor_id == row.actor_id,
            Broadcast.created_at > now - timedelta(minutes=settings.duplicate_window_min),
            Broadcast.text_sha256 == row.text_sha256,
            Broadcast.category == row.category,
            Invitation.district_adcode == persona.district_adcode,
            Invitation.age_band == persona.age_band,
            Invitation.activity == persona.activity,
        )
        .order_by(Broadcast.created_at)
        .limit(1)
    )
    if same is not None:
        raise DuplicateBroadcastError(broadcast_id=same)
    quotas.use_up_invitation(session, usage=usage, now=now, settings=settings)


def _keep(view: InvitationView) -> dict[str, str]:
    return {"state": view.state.value, "told_at": view.told_at.isoformat()}


def _replay(session: Session, *, answered: IdempotencyKey, settings: MessagingRules) -> InvitationView:
    row = session.get_one(Broadcast, answered.resource_id)
    persona = session.get_one(Invitation, answered.resource_id)
    told_at = datetime.fromisoformat(answered.answer["told_at"])
    return replace(
        view_invitation(row, persona, handle=None, now=row.created_at, settings=settings),
        state=InvitationState(answered.answer["state"]),
        told_at=told_at,
        answer_by=told_at + ANSWER_WITHIN,
    )
