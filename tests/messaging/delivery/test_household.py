"""Erasing takes everything that has a household's id, whole or not at all; exporting shows it to whom it is about."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from messaging.delivery.claiming import claim
from messaging.delivery.erasing import Erased, erase
from messaging.delivery.errors import HouseholdBusyError
from messaging.delivery.expansion import expand
from messaging.delivery.exporting import export
from messaging.delivery.household_commands import household
from messaging.delivery.models import MessageState, Receipt, RunState
from messaging.delivery.ports import Accepted
from messaging.delivery.sending import deliver
from messaging.delivery.values import Claim
from privacy.audit.values import Actor
from privacy.people.consent import is_opted_out, record_opt_out
from privacy.people.drop.errors import IntakeRunningError
from privacy.people.loading import journal
from privacy.people.models import Customer, Erasure, Household, Interest, Purchase, Ticket, Topic
from tests.messaging.delivery.fakes import RecordingSmsSender, make_sid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import Person, World

_CARRIERS = text("""
SELECT n.nspname || '.' || c.relname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.attname = 'household_id' AND c.relkind = 'r' AND n.nspname NOT LIKE 'pg_%' AND NOT a.attisdropped
""")


def _erase(world: World, person: Person) -> Erased:
    recorder = replace(world.recorder, actor=Actor.ERASER)
    return erase(world.eraser, phone=person.phone, vault=world.vault, recorder=recorder, now=world.clock())


def _export(world: World, person: Person) -> dict[str, Any] | None:
    recorder = replace(world.recorder, actor=Actor.ERASER)
    return export(world.eraser, phone=person.phone, vault=world.vault, recorder=recorder, now=world.clock())


def _find_carriers(session: Session) -> list[str]:
    """Return every table with a household's id, as the catalog knows them: none may be forgotten."""
    return sorted(session.scalars(_CARRIERS))


def _count(session: Session, name: str, household_id: UUID) -> int:
    rows = text(f"SELECT count(*) FROM {name} WHERE household_id = :id")  # noqa: S608 - a name from the catalog
    return session.scalar(rows, {"id": household_id}) or 0


def _count_rows(world: World, household_id: UUID) -> dict[str, int]:
    with world.admin() as session:
        return {name: _count(session, name, household_id) for name in _find_carriers(session)}


@pytest.fixture
def filled(world: World) -> Iterator[Person]:
    """Give somebody about whom every table knows something."""
    person = _fill(world)
    yield person
    _erase(world, person)


def _fill(world: World) -> Person:
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
        _fill_newer_tables(session, person)
    return person


def _fill_newer_tables(session: Session, person: Person) -> None:
    """Put a row of made-up values into every table that the lines above do not know yet."""
    for name in _find_carriers(session):
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


def test_no_table_that_has_a_household_is_forgotten(world: World, filled: Person) -> None:
    other, person = world.add_household(), filled
    assert min(_count_rows(world, person.household_id).values()) > 0
    before = _count_rows(world, other.household_id)
    erased = _erase(world, person)
    assert set(_count_rows(world, person.household_id).values()) == {0}
    assert _count_rows(world, other.household_id) == before
    assert erased.messages == 1
    with world.admin() as session:
        assert session.scalars(select(Receipt)).all() == []
        assert is_opted_out(session, opt_out_hashes=world.vault.opt_out_hashes(person.phone))


def test_a_second_erasure_finds_nothing_and_keeps_the_note(world: World, clock: FakeClock) -> None:
    person = world.add_household()
    assert _erase(world, person).rows > 0
    clock.advance(days=1)
    assert _erase(world, person) == Erased(0, 0)
    with world.admin() as session:
        assert session.scalars(select(Erasure.at)).all() == [clock()]
        told = session.execute(
            text("SELECT actor, action FROM audit.entries WHERE subject = :id"), {"id": str(person.household_id)}
        )
        assert told.all() == [("eraser", "household_erased")]


def test_an_opt_out_outlives_the_erasure(world: World) -> None:
    person = world.add_household()
    hashes = world.vault.hash_phone(person.phone)
    with world.admin.begin() as session:
        record_opt_out(session, opt_out_hash=hashes.opt_out_hash, version=1, source="inbound", at=world.clock())
    _erase(world, person)
    assert world.count_opt_outs() == 1


def test_a_planned_message_goes_with_the_household_and_is_never_sent(world: World) -> None:
    person = world.add_household()
    world.add_message(person)
    assert _erase(world, person).messages == 1
    assert claim(world.sender, gate=world.make_gate(), now=world.clock()) is None


def test_a_message_on_its_way_is_waited_for(world: World, clock: FakeClock) -> None:
    person = world.add_household()
    message_id = world.add_message(person)
    assert isinstance(claim(world.sender, gate=world.make_gate(), now=clock()), Claim)
    before = _count_rows(world, person.household_id)
    with pytest.raises(HouseholdBusyError):
        _erase(world, person)
    assert _count_rows(world, person.household_id) == before
    assert world.get_message(message_id).state == MessageState.SENDING
    with world.admin() as session:
        assert session.scalars(select(Erasure)).all() == []
    clock.advance(seconds=91)
    assert _erase(world, person).messages == 1


def test_a_claim_and_an_erasure_at_once_end_with_one_of_them(world: World) -> None:
    gate = world.make_gate()
    for _ in range(12):
        person = world.add_household()
        message_id = world.add_message(person)
        with ThreadPoolExecutor(2) as pool:
            claiming = pool.submit(claim, world.sender, gate=gate, now=world.clock())
            erasing = pool.submit(_erase, world, person)
            outcome = claiming.result()
            try:
                erasing.result()
            except HouseholdBusyError:
                assert isinstance(outcome, Claim)
                assert world.get_message(message_id).state == MessageState.SENDING
            else:
                assert not isinstance(outcome, Claim)
                assert set(_count_rows(world, person.household_id).values()) == {0}


def test_a_draw_and_an_erasure_at_once_leave_no_message_behind(world: World) -> None:
    for _ in range(8):
        person = world.add_household(leaf_id=70)
        campaign_id = world.add_run(state=RunState.EXPANDING, leaf_ids=[70])
        with ThreadPoolExecutor(2) as pool:
            drawing = pool.submit(
                expand, world.sender, campaign_id=campaign_id, draw=world.make_draw(), now=world.clock()
            )
            erasing = pool.submit(_erase, world, person)
            drawing.result()
            erasing.result()
        assert set(_count_rows(world, person.household_id).values()) == {0}


def test_nobody_is_erased_while_an_intake_may_bring_rows_of_the_household(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SHORT_WAIT", "50ms")
    person = world.add_household()
    with world.admin() as session:
        session.execute(text(f"SELECT pg_advisory_lock({journal.LOCK_KEY})"))
        with pytest.raises(IntakeRunningError):
            _erase(world, person)
        session.execute(text("SELECT pg_advisory_unlock_all()"))
    assert _erase(world, person).rows > 0


def test_an_export_shows_what_is_held_and_no_inner_number(world: World, filled: Person) -> None:
    person = filled
    held = _export(world, person)
    assert held is not None
    assert held["texts"][0]["text"].startswith("【")
    assert held["core.purchases"] == [
        {"purchase_id": held["core.purchases"][0]["purchase_id"], "category": "refrigerator", "model": "BCD-500",
         "bought_on": world.clock().date().isoformat()}
    ]  # fmt: skip
    assert held["core.consents"][0]["granted"] is True
    assert held["vault.phones"] == {"rows": 1, "held_as": "encrypted or hashed"}
    with world.admin() as session:
        assert {*_find_carriers(session), "delivery.receipts"} <= held.keys()
    written = json.dumps(held, ensure_ascii=False)
    assert str(person.household_id) not in written
    assert person.phone not in written
    assert "\\\\x" not in written


def test_an_export_is_told_and_one_of_nobody_says_so(world: World) -> None:
    person = world.add_household()
    _export(world, person)
    with world.admin() as session:
        told = text("SELECT action, actor FROM audit.entries WHERE subject = :id")
        assert session.execute(told, {"id": str(person.household_id)}).all() == [("household_exported", "eraser")]
    assert _export(world, replace(person, phone="+8615400000001")) is None


def test_an_erasure_without_its_entry_does_not_happen(world: World) -> None:
    person = world.add_household()
    with world.admin.begin() as session:
        session.execute(text("REVOKE INSERT ON audit.entries FROM field_eraser"))
    try:
        with pytest.raises(Exception, match="permission denied"):
            _erase(world, person)
    finally:
        with world.admin.begin() as session:
            session.execute(text("GRANT INSERT ON audit.entries TO field_eraser"))
    with world.admin() as session:
        assert session.get(Household, person.household_id) is not None


def test_the_commands_take_the_phone_from_standard_input_and_print_none(
    world: World, key_file: Path, tmp_path: Path
) -> None:
    person = world.add_household()
    url = world.services.url("people", role="field_eraser")
    runner = CliRunner(env={"MODE": "test", "PEOPLE_URL": url, "KEY_FILE": str(key_file)})
    out = tmp_path / "held.json"
    asked = f"{person.phone}\n"
    exported = runner.invoke(household, ["export", "--out", str(out)], input=asked)
    assert (exported.exit_code, out.stat().st_mode & 0o777) == (0, 0o600)
    assert "core.households" in json.loads(out.read_text())
    assert runner.invoke(household, ["export", "--out", str(out)], input=asked).exit_code == 1
    aborted = runner.invoke(household, ["erase"], input=asked + "n\n")
    assert aborted.exit_code == 1
    first, second = (runner.invoke(household, ["erase", "--yes"], input=asked) for _ in range(2))
    assert first.output.startswith("erased ")
    assert second.output.startswith("nothing is held")
    for said in (exported, aborted, first, second):
        assert person.phone.removeprefix("+86") not in said.output
    assert runner.invoke(household, ["erase", "--yes"], input="none\n").exit_code == 1
    assert runner.invoke(household, ["erase", person.phone], input="").exit_code == 2
