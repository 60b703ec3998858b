"""Reads of invitations for the API. What a planner is told is a function of the request, the clock and an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, tuple_

from messaging.campaigns.content.values import read_findings
from messaging.campaigns.errors import BroadcastNotFoundError
from messaging.campaigns.invitation_values import ANSWER_WITHIN, InvitationState, InvitationView, Persona
from messaging.campaigns.models import Broadcast, BroadcastState
from messaging.campaigns.states import get_shown_reason, get_shown_state
from messaging.campaigns.talk_models import Conversation, Invitation
from privacy.release.slots import Activity, AgeBand
from privacy.release.values import CATEGORIES

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from messaging.campaigns.settings import MessagingRules
    from messaging.campaigns.values import BroadcastCursor

_REVIEWED = {
    BroadcastState.IN_REVIEW: InvitationState.IN_REVIEW,
    BroadcastState.REFUSED: InvitationState.REFUSED,
}


def get_invitation_state(
    shown: BroadcastState, *, done_at: datetime, has_answered: bool, now: datetime
) -> InvitationState:
    """Return the state to show: sent at the slot, expired 72 h later to the second, unless somebody answered."""
    if shown in _REVIEWED:
        return _REVIEWED[shown]
    if has_answered:
        return InvitationState.ACCEPTED
    if now < done_at:
        return InvitationState.WAITING
    return InvitationState.SENT if now < done_at + ANSWER_WITHIN else InvitationState.EXPIRED


def view_invitation(
    row: Broadcast, persona: Invitation, *, handle: str | None, now: datetime, settings: MessagingRules
) -> InvitationView:
    """Return what the planner of an invitation is shown at a time."""
    shown = get_shown_state(
        BroadcastState(row.state),
        created_at=row.created_at,
        expires_at=row.expires_at,
        done_at=row.done_at,
        now=now,
        settings=settings,
    )
    return InvitationView(
        invitation_id=row.broadcast_id,
        state=get_invitation_state(shown, done_at=row.done_at, has_answered=handle is not None, now=now),
        persona=Persona(
            persona.district_adcode, AgeBand(persona.age_band), Activity(persona.activity), CATEGORIES[row.category]
        ),
        release_id=row.release_id,
        body=row.body,
        final_text=row.final_text,
        created_at=row.created_at,
        told_at=row.done_at,
        answer_by=row.done_at + ANSWER_WITHIN,
        handle=handle,
        findings=read_findings(row.findings or []),
        refused_for=get_shown_reason(shown, refused_for=row.refused_for),
    )


_ROWS = (
    select(Broadcast, Invitation, Conversation.handle)
    .join(Invitation, Invitation.invitation_id == Broadcast.broadcast_id)
    .outerjoin(Conversation, Conversation.invitation_id == Broadcast.broadcast_id)
)


def get_invitation(
    session: Session, *, actor_id: UUID, invitation_id: UUID, now: datetime, settings: MessagingRules
) -> InvitationView:
    """Return one invitation of a planner; raises BroadcastNotFoundError, also for somebody else's."""
    row = session.execute(
        _ROWS.where(Invitation.invitation_id == invitation_id, Invitation.actor_id == actor_id)
    ).first()
    if row is None:
        raise BroadcastNotFoundError
    return view_invitation(row[0], row[1], handle=row[2], now=now, settings=settings)


def find_invitations(
    session: Session,
    *,
    actor_id: UUID,
    before: BroadcastCursor | None,
    limit: int,
    now: datetime,
    settings: MessagingRules,
) -> list[InvitationView]:
    """Return at most `limit` invitations of a planner, newest first, those after the cursor."""
    query = _ROWS.where(Invitation.actor_id == actor_id)
    place = (Invitation.created_at, Invitation.invitation_id)
    if before is not None:
        query = query.where(tuple_(*place) < (before.created_at, before.broadcast_id))
    query = query.order_by(*(column.desc() for column in place)).limit(limit)
    return [
        view_invitation(row[0], row[1], handle=row[2], now=now, settings=settings) for row in session.execute(query)
    ]
