"""Brings invitations over from the serving side: each is judged again, and finds somebody, or silently nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Select, column, func, select, table
from sqlalchemy.exc import SQLAlchemyError

from messaging.campaigns.clock_time import ClockTime, get_day
from messaging.campaigns.hours import get_done_slot
from messaging.campaigns.invitation_values import ANSWER_WITHIN, LEAST_COUNT, SURE_SD, InvitationOrder, Persona
from messaging.campaigns.queries import find_invitation_orders
from messaging.campaigns.quotas import get_monday
from messaging.campaigns.text import compose_invitation
from messaging.delivery.admission import Refusal, judge_text
from messaging.delivery.binding import Member, Wanted, draw_member
from messaging.delivery.expansion import Draw, get_start
from messaging.delivery.links import hash_code, make_code
from messaging.delivery.models import Message, MessageState, Run, RunState
from messaging.delivery.orders import plan_refused, plan_run
from messaging.delivery.talk_models import BoundInvitation
from privacy.audit.values import Action
from privacy.release.models import DistrictFigures, Release
from privacy.release.slots import Activity, AgeBand, get_slot_names
from privacy.release.values import CATEGORIES, Product

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from messaging.campaigns.settings import MessagingRules
    from messaging.delivery.claiming import Gate
    from messaging.delivery.orders import Stores

log = structlog.get_logger(__name__)

_LEAVES: Final = table("leaves", column("leaf_id"), column("city_code"), column("district_adcode"), schema="places")


def follow_invitations(stores: Stores, *, gate: Gate, draw: Draw, now: datetime) -> int:
    """Bring over every invitation that is new; returns how many there were."""
    with stores.serving() as session:
        orders = find_invitation_orders(session, since=now, cities=stores.cities)
    with stores.people() as session:
        ids = [each.order.campaign_id for each in orders]
        known = set(session.scalars(select(Run.campaign_id).where(Run.campaign_id.in_(ids))))
    new = [each for each in orders if each.order.campaign_id not in known]
    return sum(_adopt(stores, each, gate=gate, draw=draw, now=now) for each in new)


def _adopt(stores: Stores, invitation: InvitationOrder, *, gate: Gate, draw: Draw, now: datetime) -> bool:
    wanted = _judge(stores, invitation, rules=gate.rules, now=now)
    campaign_id = invitation.order.campaign_id
    with gate.recorder.begin(stores.people) as act:
        if act.session.get(Run, campaign_id) is not None:
            return False
        if isinstance(wanted, Refusal):
            act.session.add(plan_refused(invitation.order))
            act.note(Action.CAMPAIGN_REFUSED, subject=str(campaign_id), at=now, reason=wanted.value)
        else:
            member = draw_member(act.session, wanted, caps=gate.caps, now=now)
            _write(act.session, invitation, member, gate=gate, draw=draw, now=now)
            count = 0 if member is None else 1
            act.note(Action.CAMPAIGN_ADOPTED, subject=str(campaign_id), at=now, count=count)
    if isinstance(wanted, Refusal):
        log.error("invitation_refused", campaign_id=str(campaign_id), reason=wanted.value)
    return True


def _write(
    session: Session, invitation: InvitationOrder, member: Member | None, *, gate: Gate, draw: Draw, now: datetime
) -> None:
    run = plan_run(invitation.order)
    run.state = RunState.RUNNING if member else RunState.FINISHED
    session.add(run)
    session.flush()
    if member is None:
        return
    message_id = uuid4()
    session.add(_plan_message(run, member, message_id=message_id, draw=draw, now=now))
    told_at = get_done_slot(run.starts_at, quota=1, settings=gate.rules)
    session.add(
        BoundInvitation(
            campaign_id=run.campaign_id,
            household_id=member.household_id,
            initiator_id=run.initiator_id,
            message_id=message_id,
            token_hash=hash_code(make_code(message_id, vault=gate.vault)),
            bound_at=now,
            answer_by=told_at + ANSWER_WITHIN,
        )
    )


def _plan_message(run: Run, member: Member, *, message_id: UUID, draw: Draw, now: datetime) -> Message:
    run.expanded = 1
    return Message(
        message_id=message_id,
        campaign_id=run.campaign_id,
        household_id=member.household_id,
        lookup_hash=member.lookup_hash,
        lookup_version=member.lookup_version,
        token=uuid4(),
        state=MessageState.PLANNED,
        attempt=0,
        not_before=get_start(max(run.starts_at, now), quota=1, draw=draw),
        absences=0,
        resends=0,
        changed_at=now,
    )


def _judge(stores: Stores, invitation: InvitationOrder, *, rules: MessagingRules, now: datetime) -> Wanted | Refusal:
    try:
        with stores.serving() as session:
            found = _judge_order(session, invitation, rules=rules)
        if isinstance(found, Refusal):
            return found
        with stores.people() as session:
            if _has_used_up(session, invitation.order.initiator_id, rules=rules, now=now):
                return Refusal.QUOTA
    except SQLAlchemyError:
        # A database is away, which says nothing about the order.
        raise
    except Exception:  # noqa: BLE001 - an order that breaks the judgement must not keep the others back
        return Refusal.UNREADABLE
    return found


def _judge_order(session: Session, invitation: InvitationOrder, *, rules: MessagingRules) -> Wanted | Refusal:
    order = invitation.order
    final = compose_invitation(order.body, settings=rules) if len(order.body) <= rules.text_chars_max else None
    refusal = Refusal.CONTENT if final is None else judge_text(session, order, final=final, rules=rules)
    if refusal is not None:
        return refusal
    lasts_h = (order.expires_at - order.starts_at).total_seconds() / 3600
    if not 0 < lasts_h <= rules.campaign_expires_h:
        return Refusal.TIMES
    if order.quota != 1 or order.leaf_ids:
        return Refusal.QUOTA
    persona = _read_persona(invitation)
    if persona is None:
        return Refusal.PERSONA
    if not _is_listed(session, persona, release_id=order.release_id, city_code=order.city_code):
        return Refusal.AUDIENCE
    leaf_ids = list(session.scalars(_select_leaves(persona.district_adcode, city_code=order.city_code)))
    return Wanted(order.campaign_id, order.initiator_id, leaf_ids, order.category, persona.age_band, persona.activity)


def _read_persona(invitation: InvitationOrder) -> Persona | None:
    try:
        age_band, activity = AgeBand(invitation.age_band), Activity(invitation.activity)
    except ValueError:
        return None
    if not 0 <= invitation.order.category < len(CATEGORIES):
        return None
    return Persona(invitation.district_adcode, age_band, activity, CATEGORIES[invitation.order.category])


def _is_listed(session: Session, persona: Persona, *, release_id: str, city_code: int) -> bool:
    """Say whether a release of the city shows the persona as a card: a count of at least 50 and two standard errors."""
    slot = get_slot_names(Product.ACTIVE_USERS).index(persona.slot_name)
    figures = session.execute(
        select(DistrictFigures.counts[slot + 1], DistrictFigures.sd)  # an array in SQL begins at 1
        .join(Release, Release.release_id == DistrictFigures.release_id)
        .where(
            DistrictFigures.release_id == release_id,
            DistrictFigures.product == Product.ACTIVE_USERS,
            DistrictFigures.district_adcode == persona.district_adcode,
            Release.city_code == city_code,
        )
    ).first()
    return figures is not None and figures[0] is not None and figures[0] >= LEAST_COUNT + SURE_SD * figures[1]


def _select_leaves(district_adcode: int, *, city_code: int) -> Select[int]:
    its = (_LEAVES.c.district_adcode == district_adcode, _LEAVES.c.city_code == city_code)
    return select(_LEAVES.c.leaf_id).where(*its).order_by(_LEAVES.c.leaf_id)


def _has_used_up(session: Session, initiator_id: UUID, *, rules: MessagingRules, now: datetime) -> bool:
    """Count what this planner reached, by day and week: a request too many, however written, invites nobody.

    The day has room for as many again: those that a reviewer approves a day later count on that day.
    """
    day = get_day(now)
    its = select(func.count()).where(BoundInvitation.initiator_id == initiator_id)
    today = session.scalar(its.where(BoundInvitation.bound_at >= ClockTime(0).on(day))) or 0
    week = session.scalar(its.where(BoundInvitation.bound_at >= ClockTime(0).on(get_monday(day)))) or 0
    return today >= 2 * rules.actor_invitations_per_day or week >= rules.actor_invitations_per_week
