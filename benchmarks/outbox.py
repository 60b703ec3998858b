"""What the benches of sending share: a people database of their own with fsync on, and messages planned in it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.orm import Session, sessionmaker

from messaging.delivery.composition import SenderParts, build_sender
from messaging.delivery.models import Message, MessageState, Run, RunState
from privacy.people.keys import FileKeyStore, create_key_file
from privacy.people.models import ConsentEntry, DataKey, Household, Need, Phone
from privacy.people.vault import Vault
from stack.cluster import Cluster
from stack.databases import create, get_passwords
from stack.paths import get_run_dir, remove_run_dir

RATE_PER_S = 100_000.0
"""The valve's rate in a bench: never what is waited for."""


@dataclass
class Outbox:
    """A people database, and its ways in: as the superuser, and the address of the sender's role."""

    admin: sessionmaker[Session]
    sender_url: str
    key_file: Path
    vault: Vault
    planned: int = 0

    def plan(self, count: int, *, leaf_id: int = 7) -> UUID:
        """Plan one message each to `count` new households, due now; returns their campaign."""
        now = datetime.now(UTC)
        campaign_id = self.add_run(quota=count, now=now, leaf_ids=[leaf_id])
        people = self.add_households(count, leaf_id=leaf_id, now=now)
        message = {
            "campaign_id": campaign_id, "state": MessageState.PLANNED, "attempt": 0, "not_before": now,
            "absences": 0, "resends": 0, "changed_at": now,
        }  # fmt: skip
        rows = [
            message | {"message_id": uuid4(), "household_id": household_id, "lookup_hash": lookup, "token": uuid4()}
            for household_id, lookup in people
        ]
        with self.admin.begin() as session:
            session.execute(insert(Message), rows)
            session.execute(text("ANALYZE delivery.messages, delivery.runs"))
        return campaign_id

    def add_run(
        self, *, quota: int, now: datetime, leaf_ids: Sequence[int], state: RunState = RunState.RUNNING
    ) -> UUID:
        """Add a campaign with a text of its own, so that no cap on equal texts stands in anybody's way."""
        campaign_id = uuid4()
        final = f"【青禾】旧冰箱换新，门店可预约{campaign_id.hex[:6]} 拒收请回复R"
        run = {
            "campaign_id": campaign_id, "initiator_id": uuid4(), "city_code": 370200, "category": 0,
            "leaf_ids": leaf_ids, "quota": quota, "final_text": final,
            "text_sha256": hashlib.sha256(final.encode()).digest(), "state": state, "expanded": 0,
            "starts_at": now, "expires_at": now + timedelta(hours=48),
        }  # fmt: skip
        with self.admin.begin() as session:
            session.execute(insert(Run), [run])
        return campaign_id

    def add_households(self, count: int, *, leaf_id: int, now: datetime) -> list[tuple[UUID, bytes]]:
        """Add households that need a refrigerator and agreed; returns id and lookup hash of each."""
        made = [self._make_person(self.planned + number) for number in range(count)]
        self.planned += count
        people, keys = [person for person, _ in made], [key for _, key in made]
        its = [{"household_id": person["household_id"]} for person in people]
        home = {"city_code": 370200, "leaf_id": leaf_id, "push_consent": True}
        need = {"city_code": 370200, "leaf_id": leaf_id, "category": 0, "counted": True}
        consent = {"purpose": "push_info", "granted": True, "policy_version": "1", "source": "bench", "at": now}
        with self.admin.begin() as session:
            session.execute(insert(Household), [home | each for each in its])
            session.execute(insert(Need), [need | each for each in its])
            session.execute(insert(ConsentEntry), [consent | each for each in its])
            session.execute(insert(Phone), people)
            session.execute(insert(DataKey), keys)
            session.execute(text("ANALYZE core.households, core.needs, core.consents, vault.phones, vault.data_keys"))
        return [(person["household_id"], person["lookup_hash"]) for person in people]

    def _make_person(self, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
        household_id = uuid4()
        sealed = self.vault.seal(household_id, f"+86154{number:08}")
        its = {"household_id": household_id}
        phone = its | {"ciphertext": sealed.ciphertext, "seal_version": sealed.seal_version}
        return phone | sealed.hashes._asdict(), its | sealed.key._asdict()

    def read_messages(self, campaign_id: UUID) -> list[dict[str, Any]]:
        """Return the rows of a campaign's messages as they were planned."""
        with self.admin() as session:
            rows = session.execute(select(Message.__table__).where(Message.campaign_id == campaign_id))
            return [dict(row) for row in rows.mappings()]

    def count(self, state: MessageState) -> int:
        """Count the messages in a state."""
        with self.admin() as session:
            counted = text("SELECT count(*) FROM delivery.messages WHERE state = :state")
            return int(session.execute(counted, {"state": state}).scalar_one())

    @contextmanager
    def sender(self, *, carrier_url: str, connections: int) -> Iterator[SenderParts]:
        """Give the sender's parts, put together from the environment as the worker's process does."""
        environment = {
            "MODE": "test", "CARRIER": "twilio", "TWILIO_API_BASE": carrier_url, "PEOPLE_URL": self.sender_url,
            "SERVING_URL": self.sender_url, "REDIS_URL": "redis://127.0.0.1:1", "KEY_FILE": str(self.key_file),
            "TWILIO_ACCOUNT_SID": "AC" + "0a" * 16, "TWILIO_AUTH_TOKEN": "not-a-secret-outside-benches",
            "TWILIO_FROM": "+15005550006", "GATEWAY_PUBLIC_URL": "http://127.0.0.1:1", "SENDING_OPENS": "00:00",
            "SENDING_CLOSES": "24:00", "SEND_RATE_PER_S": str(RATE_PER_S), "SENDER_CONNECTIONS": str(connections),
        }  # fmt: skip
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            parts = build_sender()
        finally:
            os.environ.clear()
            os.environ.update(before)
        try:
            yield parts
        finally:
            parts.engine.dispose()


@contextmanager
def open_outbox(name: str) -> Iterator[Outbox]:
    """Start a durable PostgreSQL below `.run/` and give its outbox; nothing is left of it."""
    run_dir = get_run_dir(name)
    cluster, passwords = Cluster.at(run_dir, "people"), get_passwords(run_dir)
    key_file = run_dir / "keys.json"
    if not key_file.exists():
        create_key_file(key_file)
    cluster.start()
    engine = create_engine(cluster.url())
    try:
        create(cluster, database="people", name="people", passwords=passwords)
        sender_url = cluster.url(role="field_sender", password=passwords["field_sender"])
        sessions = sessionmaker(engine, expire_on_commit=False)
        yield Outbox(sessions, sender_url, key_file, Vault(FileKeyStore(key_file)))
    finally:
        engine.dispose()
        cluster.stop()
        remove_run_dir(name)
