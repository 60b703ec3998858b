"""Both sides of the house at once: the web application with its role, and the sender's steps with theirs.

A play goes the same way whatever the people side holds; what is written down of it is every byte that a sender sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from sqlalchemy import delete, select, text, update

from api.models import LoginAttempts, RefreshToken
from messaging.campaigns.models import ActorUsage, Broadcast, IdempotencyKey, OrganisationUsage
from messaging.delivery.draining import drain
from messaging.delivery.expansion import Draw, expand, find_expanding
from messaging.delivery.models import HeldOut, Message, Receipt, Run, Valve
from messaging.delivery.orders import finish_runs, follow_orders, skip_hopeless
from privacy.people.consent import record_consent, record_opt_out
from privacy.people.models import ConsentEntry, Contact, DataKey, Household, Need, OptOut, Phone
from tests.api import world as places
from tests.messaging.delivery.fakes import RecordingSmsSender
from tests.messaging.delivery.world import make_sealed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from flask import Flask
    from flask.testing import FlaskClient

    from messaging.campaigns.settings import MessagingRules
    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World

Line: TypeAlias = tuple[object, ...]

PATH = "/v1/yingxiaobao/broadcasts"
CODES = [f"370202{row}{column}" for row in range(2) for column in range(8)]
ORDER: Mapping[str, Any] = {
    "community_codes": CODES, "category": "refrigerator", "body": "秋季家电清洗服务开始了", "quota": 50,
}  # fmt: skip
LEAF_QUERY = "SELECT leaf_id FROM places.leaves WHERE community_code = ANY(:codes) ORDER BY leaf_id"
_WRITTEN_IN_FRONT = (Broadcast, IdempotencyKey, ActorUsage, OrganisationUsage, RefreshToken, LoginAttempts)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Different for every request by their nature; a cursor holds an id.
_PER_REQUEST = ("X-Request-Id", "Date", "Content-Length", "ETag")
_CURSOR = re.compile(r'("next_cursor": ?)"[A-Za-z0-9_-]+"')


@dataclass(slots=True)
class Stage:
    """One sender in front, and behind all that the sender must not be able to tell apart."""

    app: Flask
    world: World
    clock: FakeClock
    rules: MessagingRules
    carrier: RecordingSmsSender = field(default_factory=RecordingSmsSender)
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[Line] = field(default_factory=list)
    is_away: bool = False
    _names: dict[str, str] = field(default_factory=dict)

    @property
    def client(self) -> FlaskClient:
        """Return a client of the web application."""
        return self.app.test_client()

    def sign_in(self, login: str = "sales") -> None:
        """Sign in anew, since the clock outlives tokens."""
        credentials = {"login": login, "password": places.PASSWORD}
        answer = self.client.post("/v1/auth/token", json=credentials)
        self.headers = {"Authorization": f"Bearer {answer.get_json()['access_token']}"}

    def ask(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - the test client's options
        """Make a request, write down all that comes back, and return its body."""
        headers = self.headers | options.pop("headers", {})
        answer = self.client.open(path, method=method, headers=headers, **options)
        shown = sorted((name, self._mask(value)) for name, value in answer.headers if name not in _PER_REQUEST)
        body = _CURSOR.sub(r'\1"cursor"', answer.get_data(as_text=True))
        self.seen.append((method, self._mask(path), answer.status_code, tuple(shown), self._mask(body)))
        return answer.get_json(silent=True)

    def order(self, key: str, **changes: object) -> str:
        """Order a broadcast, and return its id."""
        found = self.ask("POST", PATH, json={**ORDER, **changes}, headers={"Idempotency-Key": key})
        return str(found["broadcast_id"])

    def _mask(self, written: str) -> str:
        """Name ids by the order in which they appeared, so that a wrong one still shows."""
        return _ID.sub(lambda found: self._names.setdefault(found[0], f"<id {len(self._names)}>"), written)

    def adopt(self) -> None:
        """Let the pump read the orders."""
        follow_orders(self.world.stores, rules=self.rules, recorder=self.world.recorder, now=self.clock())

    def draw(self, *, batch: int = 500, rounds: int = 2) -> None:
        """Let the pump draw."""
        drawing = Draw(batch=batch, rules=self.rules, draw_jitter=lambda: 0.0)
        for _ in range(rounds):
            with self.world.sender() as session:
                expanding = find_expanding(session)
            for campaign_id in expanding:
                expand(self.world.sender, campaign_id=campaign_id, draw=drawing, now=self.clock())

    def send(self, *, most: int = 1000) -> None:
        """Let a worker send what is due, or some of it."""
        until = len(self.carrier.calls) + most
        desk = self.world.make_desk(self.carrier)
        drain(desk, connections=1, stop=Event(), is_late=lambda: len(self.carrier.calls) >= until)

    def tidy(self) -> None:
        """Let the pump skip and close what is over."""
        skip_hopeless(self.world.sender, now=self.clock())
        finish_runs(self.world.sender, now=self.clock())

    def go_on(self) -> None:
        """Let the people side do all that it can do at this moment."""
        for step in () if self.is_away else (self.adopt, self.draw, self.send, self.tidy):
            step()

    def count_reached(self) -> int:
        """Count the phones that the carrier was asked to reach."""
        return len({sms.phone for sms in self.carrier.calls})

    def clear(self, *, at: datetime) -> None:
        """Forget every broadcast on both sides, and begin at a time."""
        self.clock.now = at
        self.seen, self._names, self.carrier = [], {}, RecordingSmsSender()
        with self.world.admin.begin() as session:
            for table in (Receipt, HeldOut, Message, Run, Contact):
                session.execute(delete(table))
            valve = session.get_one(Valve, 1)
            valve.is_paused, valve.pause_reason, valve.recent_in_doubt = False, None, ""
            valve.tokens, valve.refilled_at = 0.0, at
        with self.world.serving_admin.begin() as session:
            for written in _WRITTEN_IN_FRONT:
                session.execute(delete(written))
        self.sign_in()


@dataclass(slots=True)
class Audience:
    """The households of the area that is ordered for, as the play wants them."""

    world: World

    def fill(self, people: int) -> None:
        """Make the area's only households: all need the thing, agreed, and have a phone."""
        with self.world.serving_admin() as session:
            leaf_id = int(session.scalars(text(LEAF_QUERY), {"codes": CODES}).all()[0])
        with self.world.admin.begin() as session:
            for table in (ConsentEntry, Need, Phone, DataKey, OptOut, Household):
                session.execute(delete(table))
            session.add_all(
                row
                for number in range(people)
                for row in self._make(uuid4(), leaf_id=leaf_id, phone=f"+861540000{number:04d}")
            )

    def _make(self, household_id: UUID, *, leaf_id: int, phone: str) -> Iterator[object]:
        yield Household(household_id=household_id, city_code=370200, leaf_id=leaf_id, push_consent=True)
        yield Need(household_id=household_id, category=0, city_code=370200, leaf_id=leaf_id, counted=True)
        yield from make_sealed(household_id, self.world.vault.seal(household_id, phone))
        yield ConsentEntry(
            household_id=household_id, purpose="push_info", granted=True, policy_version="2026-01", source="test",
            at=self.world.clock() - timedelta(days=90),
        )  # fmt: skip

    def withdraw_consent(self) -> None:
        """Let every household take its consent back."""
        with self.world.admin.begin() as session:
            for household_id in session.scalars(select(Household.household_id)).all():
                record_consent(
                    session, household_id=household_id, granted=False, policy_version="2026-01", source="test",
                    at=self.world.clock(),
                )  # fmt: skip

    def opt_out(self) -> None:
        """Let every phone opt out."""
        with self.world.admin.begin() as session:
            for opt_out_hash in session.scalars(select(Phone.opt_out_hash)).all():
                record_opt_out(session, opt_out_hash=opt_out_hash, version=1, source="inbound", at=self.world.clock())

    def use_up_caps(self) -> None:
        """Let every household have had a message an hour ago, from somebody else."""
        with self.world.admin.begin() as session:
            for household_id in session.scalars(select(Household.household_id)).all():
                session.add(
                    Contact(
                        message_id=uuid4(), household_id=household_id, initiator_id=uuid4(), text_sha256=b"x",
                        reserved_at=self.world.clock() - timedelta(hours=1),
                    )
                )  # fmt: skip

    def lose_phones(self) -> None:
        """Leave no household a phone."""
        with self.world.admin.begin() as session:
            session.execute(delete(Phone))

    def spoil_phones(self) -> None:
        """Let no ciphertext open."""
        with self.world.admin.begin() as session:
            session.execute(update(Phone).values(ciphertext=b"\x00" * 40))
