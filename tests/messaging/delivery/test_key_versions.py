"""While keys are rotated messages leave, receipts fit, refusals count, and nobody is written to twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from messaging.delivery.claiming import claim
from messaging.delivery.everywhere import GatewayParts
from messaging.delivery.expansion import expand
from messaging.delivery.gateway import make_gateway
from messaging.delivery.models import Message, MessageState, RunState, SkipReason
from messaging.delivery.values import Claim, Passed, Timings
from privacy.people.consent import is_opted_out, record_opt_out
from privacy.people.errors import KeyInUseError, KeyName
from privacy.people.key_uses import retire
from privacy.people.keys import FileKeyStore, add_version, copy_key_file
from privacy.people.models import DataKey
from privacy.people.vault import Vault, WrappedKey
from tests.messaging.delivery.callbacks import ACCOUNT, BASE, Sent, make_settings, post

if TYPE_CHECKING:
    from pathlib import Path

    from tests.messaging.delivery.world import World


@pytest.fixture
def own_file(key_file: Path, tmp_path: Path) -> Path:
    """Give a copy of the key file that a test may change."""
    copied = tmp_path / "own.json"
    copy_key_file(key_file, target=copied, names=frozenset(KeyName))
    return copied


@pytest.fixture
def renewed(own_file: Path) -> Vault:
    """Give a vault in which every key that rotates has a second version."""
    for name in (KeyName.KEK, KeyName.LOOKUP, KeyName.OPT_OUT):
        add_version(own_file, name=name)
    return Vault(FileKeyStore(own_file))


def test_a_sender_that_runs_on_opens_what_was_wrapped_anew_meanwhile(world: World, own_file: Path) -> None:
    running = Vault(FileKeyStore(own_file))
    gate = world.make_gate(vault=running)
    for is_rotated in (False, True):
        person = world.add_household()
        world.add_message(person)
        if is_rotated:
            add_version(own_file, name=KeyName.KEK)
            with world.admin.begin() as session:
                held = session.get_one(DataKey, person.household_id)
                rotated = Vault(FileKeyStore(own_file)).rewrap(
                    person.household_id, WrappedKey(held.wrapped_key, held.kek_version)
                )
                held.wrapped_key, held.kek_version = rotated.wrapped_key, rotated.kek_version
        taken = claim(world.sender, gate=gate, now=world.clock())
        assert isinstance(taken, Claim)
        assert taken.phone == person.phone


def test_a_receipt_fits_a_message_planned_under_the_former_key(world: World, renewed: Vault) -> None:
    sent = Sent(world)
    parts = GatewayParts(world.gateway, renewed, world.clock, Timings())
    client = make_gateway(make_settings(), parts=parts).test_client()
    assert post(client, sent.path, sent.form("delivered")).status_code == 204
    assert sent.message.state == MessageState.DELIVERED


@pytest.mark.parametrize("noted_under", ["former", "newest"])
def test_a_refusal_counts_under_whichever_key_it_was_noted(world: World, renewed: Vault, noted_under: str) -> None:
    person = world.add_household()
    message_id = world.add_message(person)
    newest, former = renewed.opt_out_hashes(person.phone)
    if noted_under == "newest":
        noted, version = newest, 2
    else:
        # The phone stands under the new key already, the note of a gateway that lagged behind under the old one.
        world.rehash(person, renewed)
        noted, version = former, 1
    with world.admin.begin() as session:
        record_opt_out(session, opt_out_hash=noted, version=version, source="inbound", at=world.clock())
    assert isinstance(claim(world.sender, gate=world.make_gate(vault=renewed), now=world.clock()), Passed)
    assert world.get_message(message_id).reason == SkipReason.OPT_OUT


def test_a_campaign_reaches_a_phone_once_though_its_hash_changed_in_between(world: World, renewed: Vault) -> None:
    campaign_id = world.add_run()
    first = world.add_household()
    world.add_message(first, campaign_id=campaign_id)
    gate = world.make_gate(vault=renewed)
    assert isinstance(claim(world.sender, gate=gate, now=world.clock()), Claim)
    # Whoever had the phone is gone; another household has it now, and was drawn under the new key.
    world.forget_phone(first)
    second = world.add_household(phone=first.phone)
    world.rehash(second, renewed)
    message_id = world.add_message(
        replace(second), campaign_id=campaign_id, lookup_hash=renewed.lookup_hash(second.phone)
    )
    assert isinstance(claim(world.sender, gate=gate, now=world.clock()), Passed)
    assert world.get_message(message_id).reason == SkipReason.CAP


def test_the_gateway_notes_a_refusal_under_the_newest_key(world: World, renewed: Vault) -> None:
    sent = Sent(world)
    parts = GatewayParts(world.gateway, renewed, world.clock, Timings())
    client = make_gateway(make_settings(), parts=parts).test_client()
    post(client, sent.path, sent.form("undelivered", ErrorCode="21610"))
    with world.admin() as session:
        assert is_opted_out(session, opt_out_hashes=[renewed.opt_out_hash(sent.person.phone)])


def test_a_lookup_key_stays_until_the_carrier_has_said_how_its_messages_ended(world: World, renewed: Vault) -> None:
    sent = Sent(world)
    world.rehash(sent.person, renewed)
    with world.keeper() as session, pytest.raises(KeyInUseError, match="1 messages on their way"):
        retire(session, name=KeyName.LOOKUP, version=1)
    parts = GatewayParts(world.gateway, renewed, world.clock, Timings())
    client = make_gateway(make_settings(), parts=parts).test_client()
    assert post(client, sent.path, sent.form("delivered")).status_code == 204
    with world.keeper() as session:
        retire(session, name=KeyName.LOOKUP, version=1)


def test_messages_are_planned_under_the_version_of_their_phones_key(world: World, renewed: Vault) -> None:
    person = world.add_household(leaf_id=71)
    world.rehash(person, renewed)
    campaign_id = world.add_run(state=RunState.EXPANDING, leaf_ids=[71])
    expand(world.sender, campaign_id=campaign_id, draw=world.make_draw(), now=world.clock())
    with world.admin() as session:
        assert session.scalar(select(Message.lookup_version).where(Message.campaign_id == campaign_id)) == 2


def test_a_gateway_that_was_forgotten_takes_no_refusal_under_a_retired_key(world: World, renewed: Vault) -> None:
    forgotten, person = world.vault, world.add_household()
    clients = [
        make_gateway(make_settings(), parts=GatewayParts(world.gateway, vault, world.clock, Timings())).test_client()
        for vault in (forgotten, renewed)
    ]
    world.rehash(person, renewed)
    with world.keeper.begin() as session:
        retire(session, name=KeyName.OPT_OUT, version=1)
    url = f"{BASE}/twilio/inbound"
    form = {
        "AccountSid": ACCOUNT,
        "MessageSid": "SM" + "1" * 32,
        "From": person.phone,
        "To": "+861069000000",
        "Body": "TD",
    }
    told = [post(client, "/twilio/inbound", form, url=url).status_code for client in clients]
    assert (told, world.count_opt_outs()) == ([503, 200], 1)


def test_a_key_is_not_retired_past_a_refusal_that_is_being_noted(world: World, renewed: Vault) -> None:
    person = world.add_household()
    world.rehash(person, renewed)
    with ThreadPoolExecutor(1) as pool, world.gateway.begin() as session:
        noted = world.vault.opt_out_hash(person.phone)
        record_opt_out(session, opt_out_hash=noted, version=1, source="inbound", at=world.clock())
        retiring = pool.submit(_retire, world)
        assert not wait([retiring], timeout=0.3).done
        session.commit()
        with pytest.raises(KeyInUseError):
            retiring.result()


def _retire(world: World) -> None:
    with world.keeper.begin() as session:
        retire(session, name=KeyName.OPT_OUT, version=1)
