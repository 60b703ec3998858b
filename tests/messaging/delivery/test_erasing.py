"""Erasing takes everything that has a household's id, whole or not at all, and never a message on its way."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, event, select, text

from messaging.delivery.claiming import claim
from messaging.delivery.erasing import Erased, erase_keyless
from messaging.delivery.errors import HouseholdBusyError
from messaging.delivery.expansion import expand
from messaging.delivery.models import MessageState, Receipt, RunState
from messaging.delivery.values import Claim
from privacy.audit.values import Actor
from privacy.people.consent import is_opted_out, record_opt_out
from privacy.people.drop.errors import IntakeRunningError
from privacy.people.erasures import find_keyless
from privacy.people.loading import journal
from privacy.people.models import DataKey, Erasure, Household
from tests.messaging.delivery.held import count_rows, erase_person, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import Person, World


@pytest.fixture
def filled(world: World) -> Iterator[Person]:
    """Give somebody about whom every table knows something."""
    person = fill(world)
    yield person
    erase_person(world, person)


def test_no_table_that_has_a_household_is_forgotten(world: World, filled: Person) -> None:
    other, person = world.add_household(), filled
    assert min(count_rows(world, person.household_id).values()) > 0
    before = count_rows(world, other.household_id)
    erased = erase_person(world, person)
    assert set(count_rows(world, person.household_id).values()) == {0}
    assert count_rows(world, other.household_id) == before
    assert erased.messages == 2  # one of them among the past ones
    with world.admin() as session:
        assert session.scalars(select(Receipt)).all() == []
        assert is_opted_out(session, opt_out_hashes=world.vault.opt_out_hashes(person.phone))


def test_a_second_erasure_finds_nothing_and_keeps_the_note(world: World, clock: FakeClock) -> None:
    person = world.add_household()
    assert erase_person(world, person).rows > 0
    clock.advance(days=1)
    assert erase_person(world, person) == Erased(0, 0)
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
    erase_person(world, person)
    assert world.count_opt_outs() == 1


def test_a_planned_message_goes_with_the_household_and_is_never_sent(world: World) -> None:
    person = world.add_household()
    world.add_message(person)
    assert erase_person(world, person).messages == 1
    assert claim(world.sender, gate=world.make_gate(), now=world.clock()) is None


def test_a_message_on_its_way_is_waited_for(world: World, clock: FakeClock) -> None:
    person = world.add_household()
    message_id = world.add_message(person)
    assert isinstance(claim(world.sender, gate=world.make_gate(), now=clock()), Claim)
    before = count_rows(world, person.household_id)
    with pytest.raises(HouseholdBusyError):
        erase_person(world, person)
    assert count_rows(world, person.household_id) == before
    assert world.get_message(message_id).state == MessageState.SENDING
    with world.admin() as session:
        assert session.scalars(select(Erasure)).all() == []
    clock.advance(seconds=91)
    assert erase_person(world, person).messages == 1


def test_a_claim_and_an_erasure_at_once_end_with_one_of_them(world: World) -> None:
    gate = world.make_gate()
    for _ in range(6):
        person = world.add_household()
        message_id = world.add_message(person)
        with ThreadPoolExecutor(2) as pool:
            claiming = pool.submit(claim, world.sender, gate=gate, now=world.clock())
            erasing = pool.submit(erase_person, world, person)
            outcome = claiming.result()
            try:
                erasing.result()
            except HouseholdBusyError:
                assert isinstance(outcome, Claim)
                assert world.get_message(message_id).state == MessageState.SENDING
            else:
                assert not isinstance(outcome, Claim)
                assert set(count_rows(world, person.household_id).values()) == {0}


def test_an_erasure_waits_for_the_draw_that_has_chosen_the_household(world: World) -> None:
    person = world.add_household(leaf_id=70)
    campaign_id = world.add_run(state=RunState.EXPANDING, leaf_ids=[70])
    with ThreadPoolExecutor(1) as pool:
        erasing: list[Future[Erased]] = []

        @event.listens_for(world.sender.kw["bind"], "commit", once=True)
        def erase_meanwhile(_: object) -> None:
            erasing.append(pool.submit(erase_person, world, person))
            assert not wait(erasing, timeout=0.3).done

        expand(world.sender, campaign_id=campaign_id, draw=world.make_draw(), now=world.clock())
        assert erasing[0].result().messages == 1
    assert set(count_rows(world, person.household_id).values()) == {0}


def test_nobody_is_erased_while_an_intake_may_bring_rows_of_the_household(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SHORT_WAIT", "50ms")
    person = world.add_household()
    with world.admin() as session:
        session.execute(text(f"SELECT pg_advisory_lock({journal.LOCK_KEY})"))
        with pytest.raises(IntakeRunningError):
            erase_person(world, person)
        session.execute(text("SELECT pg_advisory_unlock_all()"))
    assert erase_person(world, person).rows > 0


def test_an_erasure_without_its_entry_does_not_happen(world: World) -> None:
    person = world.add_household()
    with world.admin.begin() as session:
        session.execute(text("REVOKE INSERT ON audit.entries FROM field_eraser"))
    try:
        with pytest.raises(Exception, match="permission denied"):
            erase_person(world, person)
    finally:
        with world.admin.begin() as session:
            session.execute(text("GRANT INSERT ON audit.entries TO field_eraser"))
    with world.admin() as session:
        assert session.get(Household, person.household_id) is not None


def test_whoever_got_a_key_again_after_somebody_looked_is_not_erased_as_keyless(world: World) -> None:
    person, gone = world.add_household(), world.add_household()
    with world.admin.begin() as session:
        session.execute(delete(DataKey))
    with world.eraser() as session:
        household_ids = find_keyless(session)
    assert set(household_ids) == {person.household_id, gone.household_id}
    # Before anybody says yes, an intake seals the phone again.
    with world.admin.begin() as session:
        session.add(DataKey(household_id=person.household_id, wrapped_key=b"", kek_version=1))
    recorder = replace(world.recorder, actor=Actor.ERASER)
    erased = erase_keyless(world.eraser, recorder=recorder, now=world.clock(), household_ids=household_ids)
    assert len(erased) == 1
    assert count_rows(world, person.household_id)["core.households"] == 1
    assert set(count_rows(world, gone.household_id).values()) == {0}
