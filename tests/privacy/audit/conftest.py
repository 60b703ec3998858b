"""A people database of the audit's own: its tests commit, and what is committed there can never be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from privacy.audit.checking import check_chain
from privacy.audit.queries import get_head, stream_entries
from privacy.audit.recording import Recorder
from privacy.audit.values import Actor, AuditKey, Head, StoredEntry
from stack.test_services import run_services

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stack.test_services import TestServices

KEY = AuditKey(bytes(range(32)))
NOW = datetime(2026, 11, 18, 4, 0, 0, 125, tzinfo=UTC)


@pytest.fixture(scope="package")
def own_services() -> Iterator[TestServices]:
    """Give a database pair that no other test writes to."""
    with run_services() as running:
        yield running


@dataclass
class Book:
    """The audit of one test: an empty chain, writers with the sender's rights, and a superuser who may do anything."""

    services: TestServices
    owner: Engine
    sender: sessionmaker[Session]
    recorder: Recorder

    def read(self) -> list[StoredEntry]:
        """Return every row."""
        with Session(self.owner) as session:
            return list(stream_entries(session))

    def check(self, kept: Sequence[Head] = ()) -> int:
        """Check the chain as `audit verify` does."""
        with Session(self.owner) as session:
            return check_chain(stream_entries(session), key=KEY, head=get_head(session), kept=kept)

    def get_head(self) -> Head:
        """Return where the chain ends."""
        with Session(self.owner) as session:
            return get_head(session)

    def tamper(self, statement: str, **values: object) -> None:
        """Change rows as one can who owns the machine: no trigger and no grant holds."""
        with self.owner.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(statement), values)


@pytest.fixture
def book(own_services: TestServices) -> Iterator[Book]:
    """Give an empty chain."""
    owner = create_engine(own_services.url("people"), hide_parameters=True)
    sender = create_engine(own_services.url("people", role="field_sender"), hide_parameters=True, pool_size=20)
    made = Book(own_services, owner, sessionmaker(sender), Recorder(KEY, Actor.SENDER))
    made.tamper("TRUNCATE audit.entries")
    made.tamper("UPDATE audit.head SET number = 0, mac = decode(repeat('00', 32), 'hex')")
    yield made
    sender.dispose()
    owner.dispose()
