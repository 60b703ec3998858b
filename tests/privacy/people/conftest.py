"""A vault with fresh keys, the intake role's own engine, and a people database that each test leaves empty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from privacy.audit.recording import Act, PhoneRead, Recorder
from privacy.audit.values import Actor, AuditKey, ReadPurpose
from privacy.people.errors import KeyName
from privacy.people.intake import take_in
from privacy.people.keys import FileKeyStore, copy_key_file, create_key_file
from privacy.people.loading.tools import Tools
from privacy.people.ports import find_no_tags
from privacy.people.vault import Vault, WrappedKey
from tests.privacy.people.drops import DropWriter
from tests.privacy.people.locators import GridLocator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from privacy.people.drop.values import IntakeReport
    from stack.test_services import TestServices
    from tests.conftest import FakeClock

TABLES = (
    "core.drops, core.households, core.needs, core.consents, core.contacts, core.purchases, core.tickets,"
    " core.interests, core.topics, core.pain_points, vault.customers, vault.phones, vault.data_keys,"
    " vault.opt_outs, vault.erasures, vault.retired_keys, staging.runs, staging.parts, staging.roll, staging.present,"
    " staging.consents, staging.scores, staging.activity, staging.purchases, staging.tickets, staging.interests,"
    " staging.topics"
)

RECORDER = Recorder(AuditKey(b"k" * 32), Actor.INTAKE)

# The advisory locks of this database; the cluster may serve other test runs at the same time.
LOCKS = """
SELECT l.pid FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND d.datname = current_database()
"""


def make_read() -> PhoneRead:
    """Return what the vault asks for, in an act that is never committed."""
    return PhoneRead(Act(Session(), Actor.OPERATOR), datetime(2026, 11, 18, 4, 0, tzinfo=UTC), ReadPurpose.EXPORT)


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a key file with every key."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    create_key_file(path)
    return path


@pytest.fixture
def own_file(key_file: Path, tmp_path: Path) -> Path:
    """Give a copy of the key file that a test may change."""
    copied = tmp_path / "own.json"
    copy_key_file(key_file, target=copied, names=frozenset(KeyName))
    return copied


@pytest.fixture(scope="session")
def vault(key_file: Path) -> Vault:
    """Give a vault with every key."""
    return Vault(FileKeyStore(key_file))


@pytest.fixture
def intake_engine(services: TestServices, people_engine: Engine) -> Iterator[Engine]:
    """Give an engine that logs in as field_intake, on empty tables."""
    engine = create_engine(services.url("people", role="field_intake"), hide_parameters=True)
    yield engine
    engine.dispose()
    with people_engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {TABLES}"))


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes drops in as field_intake; looks at what came of it as superuser."""

    intake_engine: Engine
    people_engine: Engine
    vault: Vault
    clock: FakeClock
    folder: Path

    def __call__(self, writer_or_folder: DropWriter | Path, **arguments: Any) -> IntakeReport:  # noqa: ANN401 - as take_in
        """Take in a written drop, in small parts."""
        folder = writer_or_folder.folder if isinstance(writer_or_folder, DropWriter) else writer_or_folder
        locator = arguments.pop("locator", GridLocator())
        return take_in(
            Tools(
                self.intake_engine,
                locator,
                self.vault,
                arguments.pop("find_tags", find_no_tags),
                newcomers_wait=arguments.pop("newcomers_wait", False),
            ),
            drop_dir=folder,
            recorder=RECORDER,
            clock=self.clock,
            **{"chunk_rows": 64, **arguments},
        )

    def writer(self, name: str = "drop", **arguments: Any) -> DropWriter:  # noqa: ANN401 - as DropWriter
        """Return a writer of a drop in a folder of its own."""
        return DropWriter(self.folder / name, **arguments)

    def ask(self, query: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self.people_engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), parameters)]

    def get_household(self, customer_id: str) -> UUID | None:
        """Return the household id of a customer."""
        customer = self.vault.customer_hash(customer_id)
        rows = self.ask("SELECT household_id FROM vault.customers WHERE customer_hash = :customer", customer=customer)
        return rows[0][0] if rows else None

    def get_phone(self, customer_id: str) -> str:
        """Return the phone of a customer's household, read back from the vault."""
        [(household_id, wrapped_key, kek_version, ciphertext, seal_version)] = self.ask(
            "SELECT household_id, wrapped_key, kek_version, ciphertext, seal_version"
            " FROM vault.phones JOIN vault.data_keys USING (household_id) WHERE household_id = :id",
            id=self.get_household(customer_id),
        )
        key = WrappedKey(wrapped_key, kek_version)
        return self.vault.open(
            household_id, key=key, ciphertext=ciphertext, seal_version=seal_version, read=make_read()
        )


@pytest.fixture
def intake(intake_engine: Engine, people_engine: Engine, vault: Vault, clock: FakeClock, tmp_path: Path) -> Intake:
    """Give an intake whose drops live in the test's own folder."""
    return Intake(intake_engine, people_engine, vault, clock, tmp_path)
