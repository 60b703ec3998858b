"""An invitation that reached somebody, and what both sides then do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select

from messaging.campaigns.idempotency import KeyedRequest
from messaging.campaigns.talk import Said, say
from messaging.campaigns.values import Actor
from messaging.delivery.talk_models import Line
from tests.messaging.campaigns.examples import RecordingJobQueue
from tests.messaging.delivery.talking import (
    TALK_RULES,
    Planner,
    find_handles,
    find_phone,
    people_district,
    text_back,
)  # fmt: skip

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.messaging.delivery.world import Person, World


class Talk:
    """An invitation that reached somebody."""

    def __init__(self, world: World) -> None:
        """Invite one of twenty."""
        self.world = world
        self.members = people_district(world, 20)
        self.planner = Planner(world)
        self.sent = self.planner.invite()
        self.planner.pump()
        self.phone = find_phone(world, self.members, self.sent.invitation_id)

    @property
    def person(self) -> Person:
        """Return who was reached."""
        return next(member for member in self.members if member.phone == self.phone)

    def answer(self, client: FlaskClient, body: str = "声音有点大", **changes: str) -> str:
        """Answer by text message; returns the conversation's handle."""
        assert text_back(client, self.phone, body, **changes) == 200
        self.planner.carry()
        return find_handles(self.world)[0]

    def say(
        self, handle: str, body: str = "请问用了几年", *, actor: Actor | None = None, key: str | None = None
    ) -> bool:
        """Write as the planner; returns whether the key was answered before."""
        said = Said((actor or self.planner.actor).account_id, handle, body)
        return say(
            self.world.web,
            said=said,
            keyed=KeyedRequest(said.actor_id, "POST x", key or uuid4().hex, body.encode()),
            clock=self.world.clock,
            queue=RecordingJobQueue(),
            settings=TALK_RULES,
        )[1]

    def find_lines(self) -> list[tuple[bool, str]]:
        """Return what the person's page can show, oldest first."""
        with self.world.admin() as session:
            lines = session.scalars(select(Line).order_by(Line.at))
            return [(line.is_users, line.body) for line in lines]
