"""Checking a broadcast, and what accepting one adds to accepting a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from messaging.campaigns import quotas
from messaging.campaigns.acceptance import accept
from messaging.campaigns.audience import check_audience, check_quota, get_shown_need
from messaging.campaigns.content.check import check_text
from messaging.campaigns.models import Broadcast
from messaging.campaigns.queries import view_broadcast
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.text import compose
from messaging.campaigns.values import BroadcastView, Preview

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session, sessionmaker

    from messaging.campaigns.idempotency import KeyedRequest
    from messaging.campaigns.models import ActorUsage, Campaigns
    from messaging.campaigns.ports import Clock, JobQueue
    from messaging.campaigns.settings import MessagingRules
    from messaging.campaigns.values import Actor, Audience, BroadcastRequest, Requested


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


def request_broadcast(
    sessions: sessionmaker[Session],
    *,
    actor: Actor,
    request: BroadcastRequest,
    keyed: KeyedRequest,
    clock: Clock,
    queue: JobQueue,
    settings: MessagingRules,
) -> Requested[BroadcastView]:
    """Accept a broadcast, or give the first answer to its key again; a refusal counts nothing and keeps no key.

    Raises a CampaignError: for the key, the audience, the quota, the text, a duplicate, or the day's amounts.
    """
    order = _Order(actor, request, settings)
    return accept(sessions, order=order, keyed=keyed, clock=clock, queue=queue, settings=settings)


@dataclass(frozen=True, slots=True)
class _Order:
    actor: Actor
    request: BroadcastRequest
    settings: MessagingRules

    def write(self) -> Broadcast:
        request, audience = self.request, self.request.audience
        check_audience(audience, actor=self.actor)
        check_quota(request, settings=self.settings)
        final = compose(request.body, settings=self.settings)
        return Broadcast(
            city_code=audience.city_code,
            release_id=audience.release_id,
            category=audience.category.column,
            leaf_ids=self._leaf_ids,
            quota=request.quota,
            body=request.body,
            final_text=final.text,
            text_sha256=final.sha256,
        )

    def list_rows(self, row: Broadcast) -> list[Campaigns]:
        return [row]

    def match(self) -> list[ColumnElement[bool]]:
        return [Broadcast.leaf_ids == self._leaf_ids]

    @property
    def _leaf_ids(self) -> list[int]:
        return sorted(set(self.request.audience.leaf_ids))

    def use_up(self, session: Session, *, usage: ActorUsage, now: datetime) -> None:
        quotas.use_up(session, usage=usage, quota=self.request.quota, now=now, settings=self.settings)

    def view(self, row: Broadcast) -> BroadcastView:
        return view_broadcast(row, now=row.created_at, settings=self.settings)
