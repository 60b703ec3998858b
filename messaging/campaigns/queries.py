"""Reads of the campaigns, for the API and for the sender. Nothing here commits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, exists, func, select, tuple_

from messaging.campaigns.content.values import read_findings
from messaging.campaigns.errors import BroadcastNotFoundError
from messaging.campaigns.invitation_values import InvitationOrder
from messaging.campaigns.models import Broadcast, BroadcastState
from messaging.campaigns.states import get_shown_reason, get_shown_state
from messaging.campaigns.talk_models import Invitation
from messaging.campaigns.values import BroadcastCursor, BroadcastView, CampaignOrder
from privacy.release.values import CATEGORIES

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from messaging.campaigns.settings import MessagingRules

_LONGEST_LIFE = timedelta(days=366)
_LONGEST_TEXT = 10_000
_MOST_LEAVES = 100_000
_ORDER_COLUMNS = (
    Broadcast.broadcast_id,
    Broadcast.actor_id,
    Broadcast.state,
    Broadcast.city_code,
    Broadcast.release_id,
    Broadcast.category,
    Broadcast.leaf_ids,
    Broadcast.quota,
    Broadcast.body,
    Broadcast.final_text,
    Broadcast.text_sha256,
    Broadcast.rules_version,
    Broadcast.starts_at,
    Broadcast.expires_at,
)
_ORDERED = (BroadcastState.ACCEPTED, BroadcastState.PAUSED, BroadcastState.CANCELLED)


def view_broadcast(row: Broadcast, *, now: datetime, settings: MessagingRules) -> BroadcastView:
    """Return what the sender of a broadcast is shown at a time."""
    state = get_shown_state(
        BroadcastState(row.state),
        created_at=row.created_at,
        expires_at=row.expires_at,
        done_at=row.done_at,
        now=now,
        settings=settings,
    )
    return BroadcastView(
        broadcast_id=row.broadcast_id,
        state=state,
        city_code=row.city_code,
        category=CATEGORIES[row.category],
        leaf_ids=tuple(row.leaf_ids),
        quota=row.quota,
        body=row.body,
        final_text=row.final_text,
        release_id=row.release_id,
        rules_version=row.rules_version,
        created_at=row.created_at,
        starts_at=row.starts_at,
        expires_at=row.expires_at,
        done_at=row.done_at,
        findings=read_findings(row.findings or []),
        refused_for=get_shown_reason(state, refused_for=row.refused_for),
    )


def get_broadcast(
    session: Session, *, actor_id: UUID, broadcast_id: UUID, now: datetime, settings: MessagingRules
) -> BroadcastView:
    """Return one broadcast of an actor; raises BroadcastNotFoundError, also for somebody else's."""
    row = session.get(Broadcast, broadcast_id)
    if row is None or row.actor_id != actor_id:
        raise BroadcastNotFoundError
    return view_broadcast(row, now=now, settings=settings)


def find_broadcasts(
    session: Session,
    *,
    actor_id: UUID,
    before: BroadcastCursor | None,
    limit: int,
    now: datetime,
    settings: MessagingRules,
) -> list[BroadcastView]:
    """Return at most `limit` broadcasts of an actor, newest first, those after the cursor."""
    query = select(Broadcast).where(Broadcast.actor_id == actor_id)
    if before is not None:
        place = tuple_(Broadcast.created_at, Broadcast.broadcast_id)
        query = query.where(place < (before.created_at, before.broadcast_id))
    query = query.order_by(Broadcast.created_at.desc(), Broadcast.broadcast_id.desc()).limit(limit)
    return [view_broadcast(row, now=now, settings=settings) for row in session.scalars(query)]


def find_control_rows(
    session: Session, *, since: datetime, cities: frozenset[int] | None = None
) -> list[CampaignOrder]:
    """Return every accepted, paused or cancelled campaign, of some cities, that expires after `since`, oldest first.

    All that still matter come each time: the sender may miss any number of calls and be right after the next one.
    Rows of times and sizes that no campaign can have are left out, lest one that can hardly be read keeps the others
    back.
    """
    are_broadcasts = ~exists().where(Invitation.invitation_id == Broadcast.broadcast_id)
    return [_to_order(row) for row in session.execute(_select_orders(since, cities=cities).where(are_broadcasts))]


def find_invitation_orders(
    session: Session, *, since: datetime, cities: frozenset[int] | None = None
) -> list[InvitationOrder]:
    """Return every accepted invitation, to some cities, that expires after `since`, oldest first, in the same way."""
    persona = (Invitation.district_adcode, Invitation.age_band, Invitation.activity)
    query = (
        _select_orders(since, cities=cities)
        .add_columns(*persona)
        .join(Invitation, Invitation.invitation_id == Broadcast.broadcast_id)
        .where(Broadcast.state == BroadcastState.ACCEPTED)
    )
    return [
        InvitationOrder(_to_order(row), row.district_adcode, row.age_band, row.activity)
        for row in session.execute(query)
    ]


def _select_orders(since: datetime, *, cities: frozenset[int] | None) -> Select[*tuple[Any, ...]]:
    query = (
        select(*_ORDER_COLUMNS)
        .where(
            Broadcast.expires_at > since,
            Broadcast.expires_at <= since + _LONGEST_LIFE,
            Broadcast.starts_at.between(since - _LONGEST_LIFE, Broadcast.expires_at),
            func.octet_length(Broadcast.body) <= _LONGEST_TEXT,
            func.octet_length(Broadcast.final_text) <= _LONGEST_TEXT,
            func.cardinality(Broadcast.leaf_ids) <= _MOST_LEAVES,
            Broadcast.state.in_(_ORDERED),
        )
        .order_by(Broadcast.created_at, Broadcast.broadcast_id)
    )
    return query if cities is None else query.where(Broadcast.city_code.in_(cities))


def _to_order(row: Row[*tuple[Any, ...]]) -> CampaignOrder:
    return CampaignOrder(
        campaign_id=row.broadcast_id,
        initiator_id=row.actor_id,
        state=BroadcastState(row.state),
        city_code=row.city_code,
        release_id=row.release_id,
        category=row.category,
        leaf_ids=tuple(row.leaf_ids),
        quota=row.quota,
        body=row.body,
        final_text=row.final_text,
        text_sha256=row.text_sha256,
        rules_version=row.rules_version,
        starts_at=row.starts_at,
        expires_at=row.expires_at,
    )
