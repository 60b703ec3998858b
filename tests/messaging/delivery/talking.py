"""A district with a persona in it, a planner who invites, and a person who answers by text message or on the page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session, sessionmaker

from messaging.campaigns.idempotency import KeyedRequest
from messaging.campaigns.invitation_queries import get_invitation
from messaging.campaigns.invitation_values import InvitationRequest, InvitationView, Persona
from messaging.campaigns.invitations import request_invitation
from messaging.campaigns.talk_models import Answer, Conversation
from messaging.campaigns.values import Actor
from messaging.delivery.carrying import carry
from messaging.delivery.claiming import claim
from messaging.delivery.invitation_orders import follow_invitations
from messaging.delivery.models import Message
from messaging.delivery.sending import deliver
from messaging.delivery.talk_models import BoundInvitation
from messaging.delivery.values import Claim
from privacy.people.models import Household
from privacy.release.models import DistrictFigures
from privacy.release.slots import Activity, AgeBand
from privacy.release.values import Category
from tests.messaging.campaigns.examples import RecordingJobQueue
from tests.messaging.delivery.callbacks import ACCOUNT, BASE, CURRENT, post
from tests.messaging.delivery.fakes import RecordingSmsSender
from tests.messaging.delivery.world import RELEASE, RULES, Person

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.messaging.delivery.world import World

SHINAN, LEAF = 370202, 7
TALK_RULES = RULES.model_copy(update={"gateway_public_url": BASE, "carrier_inbound": True})
BODY = "想请教您对冰箱的使用感受"
ROUTE = "POST /v1/jiaohubao/invitations"
PERSONA = Persona(SHINAN, AgeBand.FROM_5_TO_10_YEARS, Activity.VERY_ACTIVE, Category.REFRIGERATOR)
_PLACES = (
    (
        "INSERT INTO places.districts (adcode, name, city_code, city_name, outline) VALUES (370202, '市南区', 370200,"
        " '青岛市', ST_GeomFromEWKT('SRID=4326;MULTIPOLYGON(((120 36,121 36,121 37,120 36)))')) ON CONFLICT DO NOTHING"
    ),
    (
        "INSERT INTO places.leaves (leaf_id, kind, city_code, district_adcode, cell8, parent7, position)"
        " OVERRIDING SYSTEM VALUE VALUES (7, 'remainder', 370200, 370202, 7, 7,"
        " ST_GeogFromText('SRID=4326;POINT(120.4 36.1)')) ON CONFLICT DO NOTHING"
    ),
)


@dataclass
class Planner:
    """One planner, and the world in which invitations travel."""

    world: World
    actor: Actor = field(default_factory=lambda: Actor(uuid4(), "planner", frozenset()))
    rules: Any = TALK_RULES
    sender: RecordingSmsSender = field(default_factory=RecordingSmsSender)

    @property
    def sessions(self) -> sessionmaker[Session]:
        """Return sessions that may write what the web process may."""
        return self.world.web

    def invite(self, *, body: str = BODY, persona: Persona = PERSONA, key: str | None = None) -> InvitationView:
        """Ask for one invitation."""
        return request_invitation(
            self.sessions,
            request=InvitationRequest(persona, 370200, RELEASE, body),
            keyed=KeyedRequest(self.actor.account_id, ROUTE, key or uuid4().hex, sha256(body.encode()).digest()),
            clock=self.world.clock,
            queue=RecordingJobQueue(),
            settings=self.rules,
        ).view

    def look(self, invitation_id: UUID) -> InvitationView:
        """Look at one invitation."""
        with self.sessions() as session:
            return get_invitation(
                session,
                actor_id=self.actor.account_id,
                invitation_id=invitation_id,
                now=self.world.clock(),
                settings=self.rules,
            )

    def pump(self) -> None:
        """Bring invitations over, send what is due, carry what was said."""
        gate = self.world.make_gate(rules=self.rules)
        follow_invitations(self.world.stores, gate=gate, draw=self.world.make_draw(), now=self.world.clock())
        desk = self.world.make_desk(self.sender, rules=self.rules)
        while (taken := claim(self.world.sender, gate=gate, now=self.world.clock())) is not None:
            if isinstance(taken, Claim):
                deliver(desk, claimed=taken)
        self.carry()

    def carry(self) -> int:
        """Carry what was said."""
        stores, world = self.world.stores, self.world
        return carry(stores, handles=world.handles, rules=self.rules, now=world.clock())


def people_district(world: World, members: int = 20, **columns: Any) -> list[Person]:  # noqa: ANN401 - any columns
    """Publish a release with cards and put households into the persona, by default exactly enough of them."""
    with world.serving_admin.begin() as session:
        for statement in _PLACES:
            session.execute(text(statement))
    world.add_release(needs={LEAF: 5000.0})
    with world.serving_admin.begin() as session:
        session.add(
            DistrictFigures(
                release_id=RELEASE, product="active_users", district_adcode=SHINAN, counts=[200.0] * 48, sd=27.0
            )
        )
    return add_members(world, members, **columns)


def add_members(world: World, count: int, **columns: Any) -> list[Person]:  # noqa: ANN401 - any columns
    """Add households of the persona."""
    people = world.add_households(count)
    its = {"persona_category": 0, "persona_age_band": 1, "activity_score": 75} | columns
    with world.admin.begin() as session:
        ids = [person.household_id for person in people]
        session.execute(update(Household).where(Household.household_id.in_(ids)).values(its))
    return people


def get_bound(world: World, invitation_id: UUID) -> BoundInvitation | None:
    """Return whom an invitation found."""
    with world.admin() as session:
        return session.get(BoundInvitation, invitation_id)


def find_phone(world: World, people: list[Person], invitation_id: UUID) -> str:
    """Return the phone of whom an invitation found."""
    bound = get_bound(world, invitation_id)
    assert bound is not None
    return next(person.phone for person in people if person.household_id == bound.household_id)


def read_link(sms: str) -> str:
    """Return the path of the page that a text message links to."""
    found = re.search(rf" {re.escape(BASE)}(/t/[A-Za-z0-9_-]{{22}}) ", sms)
    assert found is not None
    return found[1]


def text_back(client: FlaskClient, phone: str, body: str, *, sid: str = "SM" + "5" * 32) -> int:
    """Write to us as a phone does, by way of the carrier; returns the status."""
    form = {"AccountSid": ACCOUNT, "MessageSid": sid, "From": phone, "To": "+861069000000", "Body": body}
    return post(client, "/twilio/inbound", form, token=CURRENT).status_code


def read_form(html: str) -> str:
    """Return the id of the form on a page."""
    found = re.search(r'name="form" value="([0-9a-f]{32})"', html)
    assert found is not None
    return found[1]


def find_answers(world: World) -> list[tuple[str, str]]:
    """Return what planners can read, with its handle, oldest first."""
    with world.serving_admin() as session:
        return [(answer.handle, answer.body) for answer in session.scalars(select(Answer).order_by(Answer.at))]


def find_handles(world: World) -> list[str]:
    """Return the handles of all conversations."""
    with world.serving_admin() as session:
        return list(session.scalars(select(Conversation.handle)))


def count_messages(world: World) -> int:
    """Count the messages that were planned."""
    with world.admin() as session:
        return len(session.scalars(select(Message.message_id)).all())
