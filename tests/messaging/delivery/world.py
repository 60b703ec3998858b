"""A small people database that tests of delivery fill and look at, through the roles that really work there."""

# ruff: noqa: ANN401 - a row is made from any of its columns

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import Engine, delete, insert
from sqlalchemy.orm import Session, sessionmaker

from messaging.campaigns.models import (
    Broadcast,
    BroadcastState,
)
from messaging.campaigns.settings import MessagingRules
from messaging.campaigns.text import compose
from messaging.delivery.claiming import Gate
from messaging.delivery.expansion import Draw
from messaging.delivery.finishing import Finish
from messaging.delivery.models import Message, MessageState, Run, RunState, Valve
from messaging.delivery.orders import Stores
from messaging.delivery.reconcile import Inquiry
from messaging.delivery.sending import Desk
from messaging.delivery.values import Timings
from messaging.delivery.valve import ValveLimits
from privacy.audit.recording import Recorder
from privacy.audit.values import Actor, AuditKey
from privacy.engines import open_engine
from privacy.people.caps import CapLimits
from privacy.people.consent import record_consent
from privacy.people.errors import KeyName
from privacy.people.handles import Handles
from privacy.people.models import DataKey, Household, Need, Phone
from privacy.release.models import LeafFigures, Release
from tests.messaging.delivery.emptying import PUBLISHED, TABLES
from tests.messaging.delivery.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from messaging.delivery.ports import Clock, SmsSender
    from privacy.people.keys import KeyStore
    from privacy.people.vault import SealedPhone, Vault
    from stack.test_services import TestServices

# Nobody is held out, so that a test knows who is drawn.
RULES = MessagingRules.model_validate({"mode": "test", "opening_jitter_s": 600, "held_out_share": 0})
BODY = "旧冰箱换新，门店可预约"
FINAL = compose(BODY, settings=RULES)
TEXT = FINAL.text
RELEASE = "2026-11-370200"
QUICK = ValveLimits(rate_per_s=10_000.0)


@dataclass(frozen=True, slots=True)
class Person:
    """A household with its phone, as only a test knows it."""

    household_id: UUID
    phone: str


def make_recorder(keys: KeyStore) -> Recorder:
    """Return the sender's recorder with the audit key of a store."""
    return Recorder(AuditKey(keys.get_key(KeyName.AUDIT)), Actor.SENDER)


def make_sealed(household_id: UUID, sealed: SealedPhone) -> tuple[Phone, DataKey]:
    """Return the rows of a sealed phone and its key."""
    its: dict[str, Any] = {"household_id": household_id}
    phone = Phone(ciphertext=sealed.ciphertext, seal_version=sealed.seal_version, **sealed.hashes._asdict(), **its)
    return phone, DataKey(**sealed.key._asdict(), **its)


class World(Findings):
    """Sessions of each role, and short ways to make what a test starts from."""

    def __init__(self, services: TestServices, *, vault: Vault, recorder: Recorder, clock: Clock) -> None:
        """Connect as each role."""
        self.services = services
        self.vault = vault
        self.recorder = recorder
        self.clock = clock
        self.handles = Handles(vault._keys)
        self._engines: list[Engine] = []
        self.admin = self._connect("people", "postgres")
        self.sender = self._connect("people", "field_sender")
        self.gateway = self._connect("people", "field_gateway")
        self.eraser = self._connect("people", "field_eraser")
        self.keeper = self._connect("people", "field_keeper")
        self.migrator = self._connect("people", "field_migrator")
        self.serving_admin = self._connect("serving", "postgres")
        self.serving = self._connect("serving", "field_sender")
        self.web = self._connect("serving", "field_web")
        self.stores = Stores(serving=self.serving, people=self.sender)
        self._phones = 0

    def _connect(self, database: Any, role: str) -> sessionmaker[Session]:
        url = SecretStr(self.services.url(database, role=role))
        engine = open_engine(url, pool_size=40, pool_pre_ping=True)
        self._engines.append(engine)
        return sessionmaker(engine, expire_on_commit=False)

    def close(self) -> None:
        """Leave nothing behind, neither rows nor connections."""
        with self.admin.begin() as session:
            for table in TABLES:
                session.execute(delete(table))
            valve = session.get_one(Valve, 1)
            valve.is_paused, valve.pause_reason, valve.recent_in_doubt, valve.tokens = False, None, "", 0.0
            valve.refilled_at = datetime(2020, 1, 1, tzinfo=UTC)
        with self.serving_admin.begin() as session:
            for published in PUBLISHED:
                session.execute(delete(published))
        for engine in self._engines:
            engine.dispose()

    def add_household(self, *, phone: str | None = None, consent: bool = True, leaf_id: int = 7) -> Person:
        """Add a household that needs a refrigerator."""
        with self.admin.begin() as session:
            person = self._add(session, phone=phone, consent=consent, leaf_id=leaf_id)
            session.flush()
            self.set_consent(session, person, granted=consent, at=self.clock() - timedelta(days=90))
        return person

    def add_households(self, count: int, *, leaf_id: int = 7) -> list[Person]:
        """Add many households that need a refrigerator and agreed, in one transaction."""
        with self.admin.begin() as session:
            people = [self._add(session, phone=None, consent=True, leaf_id=leaf_id) for _ in range(count)]
            session.flush()
            for person in people:
                self.set_consent(session, person, granted=True, at=self.clock() - timedelta(days=90))
        return people

    def _add(self, session: Session, *, phone: str | None, consent: bool, leaf_id: int) -> Person:
        self._phones += 1
        person = Person(uuid4(), phone or f"+861990000{self._phones:04d}")
        session.add(
            Household(household_id=person.household_id, city_code=370200, leaf_id=leaf_id, push_consent=consent)
        )
        session.add(Need(household_id=person.household_id, category=0, city_code=370200, leaf_id=leaf_id, counted=True))
        session.add_all(make_sealed(person.household_id, self.vault.seal(person.household_id, person.phone)))
        return person

    def rehash(self, person: Person, vault: Vault) -> None:
        """Bring a phone's hashes to the newest versions, as the keeper does."""
        with self.admin.begin() as session:
            phone = session.get_one(Phone, person.household_id)
            for name, value in vault.hash_phone(person.phone)._asdict().items():
                setattr(phone, name, value)

    def forget_phone(self, person: Person) -> None:
        """Take a phone out of the vault, as an intake does with an empty household."""
        with self.admin.begin() as session:
            for table in (Phone, DataKey):
                session.execute(delete(table).where(table.household_id == person.household_id))

    def set_consent(self, session: Session, person: Person, *, granted: bool, at: datetime | None = None) -> None:
        """Append to the consent ledger."""
        record_consent(
            session,
            household_id=person.household_id,
            granted=granted,
            policy_version="2026-01",
            source="test",
            at=at or self.clock(),
        )

    def add_run(self, *, state: RunState = RunState.RUNNING, text: str = TEXT, **changes: Any) -> UUID:
        """Add a campaign on the people side, by default under way."""
        now = self.clock()
        values: dict[str, Any] = {
            "campaign_id": uuid4(),
            "initiator_id": uuid4(),
            "city_code": 370200,
            "category": 0,
            "leaf_ids": [7],
            "quota": 50,
            "final_text": text,
            "text_sha256": hashlib.sha256(text.encode()).digest(),
            "state": state,
            "expanded": 0,
            "starts_at": now,
            "expires_at": now + timedelta(hours=48),
        }
        with self.admin.begin() as session:
            run = Run(**(values | changes))
            session.add(run)
        return run.campaign_id

    def add_message(self, person: Person, *, campaign_id: UUID | None = None, **changes: Any) -> UUID:
        """Plan one message, due now."""
        values: dict[str, Any] = {
            "message_id": uuid4(),
            "campaign_id": campaign_id or self.add_run(),
            "household_id": person.household_id,
            "lookup_hash": self.vault.lookup_hash(person.phone),
            "token": uuid4(),
            "state": MessageState.PLANNED,
            "attempt": 0,
            "not_before": self.clock(),
            "absences": 0,
            "resends": 0,
            "changed_at": self.clock(),
        }
        with self.admin.begin() as session:
            message = Message(**(values | changes))
            session.add(message)
        return message.message_id

    def add_release(self, release_id: str = RELEASE, *, needs: Mapping[int, float], need_sd: float = 5.0) -> None:
        """Publish the need for refrigerators of some leaves; everything else is as large, so that a mix-up shows."""
        now = self.clock()
        with self.serving_admin.begin() as session:
            session.add(
                Release(
                    release_id=release_id, month=now.date().replace(day=1), city_code=int(release_id[-6:]), as_of=now,
                    published_at=now, parameters={}, figures_sha256=b"", signature=None,
                )
            )  # fmt: skip
            session.flush()
            session.add_all(
                LeafFigures(
                    release_id=release_id, leaf_id=leaf_id, customers=9e6, customers_sd=1.0, any_need=9e6,
                    any_need_sd=1.0, needs=[need, *[9e6] * 7], needs_sd=[need_sd, *[0.0] * 7],
                )
                for leaf_id, need in needs.items()
            )  # fmt: skip

    def add_broadcast(self, **changes: Any) -> UUID:
        """Order a broadcast on the serving side, by default one that may be sent; its release is made with it."""
        now = self.clock()
        broadcast_id = uuid4()
        values: dict[str, Any] = {
            "broadcast_id": broadcast_id, "actor_id": uuid4(), "city_code": 370200, "release_id": RELEASE,
            "category": 0, "leaf_ids": [7], "quota": 50, "body": BODY, "final_text": FINAL.text,
            "text_sha256": FINAL.sha256, "rules_version": "1", "state": BroadcastState.ACCEPTED, "created_at": now,
            "starts_at": now, "expires_at": now + timedelta(hours=48), "done_at": now + timedelta(hours=6),
        }  # fmt: skip
        with self.serving_admin() as session:
            has_release = session.get(Release, RELEASE) is not None
        if not has_release:
            self.add_release(needs={7: 5000.0})
        with self.serving_admin.begin() as session:
            session.execute(insert(Broadcast).values(values | changes))
        return broadcast_id

    def set_broadcast(self, broadcast_id: UUID, state: BroadcastState) -> None:
        """Change an order as the web process does."""
        with self.serving_admin.begin() as session:
            session.get_one(Broadcast, broadcast_id).state = state

    def get_message(self, message_id: UUID) -> Message:
        """Read one message."""
        with self.admin() as session:
            return session.get_one(Message, message_id)

    def get_run(self, campaign_id: UUID) -> Run:
        """Read one run."""
        with self.admin() as session:
            return session.get_one(Run, campaign_id)

    def make_gate(self, **changes: Any) -> Gate:
        """Return the gate with production's numbers and no jitter."""
        gate = Gate(
            vault=self.vault,
            recorder=self.recorder,
            rules=RULES,
            caps=CapLimits(),
            timings=Timings(),
            draw_jitter=lambda: 0.0,
        )
        return replace(gate, **changes)

    def make_desk(self, sender: SmsSender, **changes: Any) -> Desk:
        """Return a desk that sends at once."""
        timings = changes.pop("timings", Timings())
        return Desk(
            sessions=self.sender,
            sender=sender,
            clock=self.clock,
            gate=self.make_gate(timings=timings, **changes),
            finish=Finish(timings=timings, valve=QUICK),
        )

    def make_inquiry(self, sender: SmsSender, **changes: Any) -> Inquiry:
        """Return the means to ask the carrier."""
        inquiry = Inquiry(self.sender, sender, self.vault, self.recorder, self.clock, Timings())
        return replace(inquiry, **changes)

    def make_draw(self, *, batch: int = 500, held_out_share: float = 0.0) -> Draw:
        """Return a draw without jitter."""
        rules = RULES.model_copy(update={"held_out_share": held_out_share})
        return Draw(batch=batch, rules=rules, draw_jitter=lambda: 0.0)
