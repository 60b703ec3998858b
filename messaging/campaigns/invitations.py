"""Accepting an invitation: a broadcast to one, ordered by a persona. Whether there is anybody is not known here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists

from messaging.campaigns import quotas
from messaging.campaigns.acceptance import accept
from messaging.campaigns.content.check import check_text
from messaging.campaigns.invitation_queries import view_invitation
from messaging.campaigns.invitation_values import InvitationPreview, InvitationView
from messaging.campaigns.models import Broadcast
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.talk_models import Invitation
from messaging.campaigns.text import compose_invitation

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session, sessionmaker

    from messaging.campaigns.idempotency import KeyedRequest
    from messaging.campaigns.invitation_values import InvitationRequest
    from messaging.campaigns.models import ActorUsage, Campaigns
    from messaging.campaigns.ports import Clock, JobQueue
    from messaging.campaigns.settings import MessagingRules
    from messaging.campaigns.values import Requested

_PERSONA = ("district_adcode", "age_band", "activity")


def preview_invitation(sessions: sessionmaker[Session], *, body: str, settings: MessagingRules) -> InvitationPreview:
    """Return what an invitation with this text would send and what stands against it; changes and counts nothing."""
    with sessions() as session:
        content = check_text(body, rules=settings, table=get_rules(session))
    return InvitationPreview(compose_invitation(body, settings=settings), content.verdict, content.findings)


def request_invitation(
    sessions: sessionmaker[Session],
    *,
    request: InvitationRequest,
    keyed: KeyedRequest,
    clock: Clock,
    queue: JobQueue,
    settings: MessagingRules,
) -> Requested[InvitationView]:
    """Accept an invitation, or give the first answer to its key again; a refusal counts nothing and keeps no key.

    Raises a CampaignError: for the key, the text, a duplicate, or the amounts of day and week.
    """
    order = _Order(request, settings)
    return accept(sessions, order=order, keyed=keyed, clock=clock, queue=queue, settings=settings)


@dataclass(frozen=True, slots=True)
class _Order:
    request: InvitationRequest
    settings: MessagingRules

    def write(self) -> Broadcast:
        request, final = self.request, compose_invitation(self.request.body, settings=self.settings)
        return Broadcast(
            city_code=request.city_code,
            release_id=request.release_id,
            category=request.persona.category.column,
            leaf_ids=[],
            quota=1,
            body=request.body,
            final_text=final.text,
            text_sha256=final.sha256,
        )

    def list_rows(self, row: Broadcast) -> list[Campaigns]:
        return [row, self._describe(row)]

    def match(self) -> list[ColumnElement[bool]]:
        same = (getattr(Invitation, name) == getattr(self.request.persona, name) for name in _PERSONA)
        return [exists().where(Invitation.invitation_id == Broadcast.broadcast_id, *same)]

    def use_up(self, session: Session, *, usage: ActorUsage, now: datetime) -> None:
        quotas.use_up_invitation(session, usage=usage, now=now, settings=self.settings)

    def view(self, row: Broadcast) -> InvitationView:
        return view_invitation(row, self._describe(row), handle=None, now=row.created_at, settings=self.settings)

    def _describe(self, row: Broadcast) -> Invitation:
        persona = {name: getattr(self.request.persona, name) for name in _PERSONA}
        return Invitation(invitation_id=row.broadcast_id, actor_id=row.actor_id, created_at=row.created_at, **persona)
