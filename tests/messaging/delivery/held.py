"""What tests of erasing and exporting share: a household with rows everywhere, and what is left of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import text

from messaging.delivery.claiming import claim
from messaging.delivery.erasing import Erased, erase
from messaging.delivery.exporting import export
from messaging.delivery.models import PastMessage, Receipt, Run, RunState
from messaging.delivery.ports import Accepted
from messaging.delivery.retention import make_month
from messaging.delivery.sending import deliver
from messaging.delivery.values import Claim
from privacy.audit.values import Actor
from privacy.people.models import Customer, Interest, Purchase, Ticket, Topic
from tests.messaging.delivery.fakes import RecordingSmsSender, make_sid

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.messaging.delivery.world import Person, World

_CARRIERS = text("""
SELECT n.nspname || '.' || c.relname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.attname = 'household_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT LIKE 'pg_%'
    AND NOT a.attisdropped
""")


def erase_person(world: World, person: Person) -> Erased:
    """Erase somebody as the eraser does."""
    recorder = replace(world.recorder, actor=Actor.ERASER)
    return erase(world.eraser, phone=person.phone, vault=world.vault, recorder=recorder, now=world.clock())


def export_person(world: World, person: Person) -> dict[str, Any] | None:
    """Export somebody as the eraser does."""
    recorder = replace(world.recorder, actor=Actor.ERASER)
    return export(world.eraser, phone=person.phone, vault=world.vault, recorder=recorder, now=world.clock())


def find_carriers(session: Session) -> list[str]:
    """Return every table with a household's id, as the catalog knows them: none may be forgotten."""
    return sorted(session.scalars(_CARRIERS))


def _count(session: Session, name: str, household_id: UUID) -> int:
    rows = text(f"SELECT count(*) FROM {name} WHERE household_id = :id")  # noqa: S608 - a name from the catalog
    return session.scalar(rows, {"id": household_id}) or 0


def count_rows(world: World, household_id: UUID) -> dict[str, int]:
    """Return how many rows each table has of a household."""
    with world.admin() as session:
        return {name: _count(session, name, household_id) for name in find_carriers(session)}


def fill(world: World) -> Person:
    """Add a household with a row in every table that can hold one."""
    person = world.add_household()
    message_id = world.add_message(person)
    taken = claim(world.sender, gate=world.make_gate(), now=world.clock())
    assert isinstance(taken, Claim)
    deliver(world.make_desk(RecordingSmsSender(lambda _: Accepted(make_sid(1)))), claimed=taken)
    its: dict[str, Any] = {"household_id": person.household_id}
    day = world.clock().date()
    with world.admin.begin() as session:
        session.add(Receipt(message_id=message_id, sid=make_sid(1), status="sent", received_at=world.clock()))
        session.add(Customer(customer_hash=uuid4().bytes, **its))
        session.add(Purchase(category=0, model="BCD-500", bought_on=day, **its))
        session.add(Ticket(category=1, fault_tag="noise", masked_text="响声很大", opened_on=day, **its))
        session.add(Interest(tag="health", weight=0.5, **its))
        session.add(Topic(topic="energy", platform="forum", stance=1, **its))
        session.flush()
        add_past_message(session, person, now=world.clock())
        _fill_newer_tables(session, person)
    return person


def add_past_message(session: Session, person: Person, *, now: datetime, **changes: Any) -> UUID:  # noqa: ANN401
    """Add a message of a campaign long over, among the past ones."""
    ended = now - timedelta(days=200)
    values: dict[str, Any] = {
        "campaign_id": uuid4(), "initiator_id": uuid4(), "city_code": 370200, "category": 0, "leaf_ids": [7],
        "quota": 50, "final_text": "【青禾】很久以前", "text_sha256": b"", "state": RunState.FINISHED, "expanded": 1,
        "starts_at": ended - timedelta(days=2), "expires_at": ended, "past_at": now,
    }  # fmt: skip
    session.add(Run(**values))
    session.flush()
    session.execute(text("SET LOCAL ROLE field_owner"))
    make_month(session, ended.date().replace(day=1))
    message: dict[str, Any] = {
        "message_id": uuid4(), "campaign_id": values["campaign_id"], "household_id": person.household_id,
        "lookup_hash": b"", "token": uuid4(), "state": "delivered", "attempt": 1, "resends": 0, "sid": None,
        "accepted_at": ended, "changed_at": ended, "receipts": [],
    }  # fmt: skip
    session.execute(text("RESET ROLE"))
    row = PastMessage(**(message | changes))
    session.add(row)
    session.flush()
    return row.message_id


def _fill_newer_tables(session: Session, person: Person) -> None:
    """Put a row of made-up values into every table that the lines above do not know yet."""
    for name in find_carriers(session):
        if _count(session, name, person.household_id):
            continue
        session.execute(text("SET LOCAL session_replication_role = replica"))
        columns = text(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema || '.' || table_name = :name AND is_nullable = 'NO' AND is_identity = 'NO'"
        )
        values = {
            column: ":id" if column == "household_id" else _MADE_UP[kind]
            for column, kind in session.execute(columns, {"name": name})
        }
        row = f"INSERT INTO {name} ({', '.join(values)}) VALUES ({', '.join(values.values())})"  # noqa: S608 - the same
        session.execute(text(row), {"id": person.household_id})


_MADE_UP = {
    "uuid": "gen_random_uuid()",
    "text": "'x'",
    "smallint": "1",
    "integer": "1",
    "bigint": "1",
    "boolean": "true",
    "bytea": "'\\x00'",
    "double precision": "0.5",
    "date": "current_date",
    "timestamp with time zone": "now()",
}
