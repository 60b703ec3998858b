"""City groups: drops, broadcasts, receipts, requests and releases reach the right database; a group down is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from messaging.delivery.commands import messages, send
from messaging.delivery.everywhere import GatewayParts
from messaging.delivery.gateway import make_gateway
from messaging.delivery.household_commands import household
from messaging.delivery.values import Timings
from monthly import intake, publish
from privacy.people.audit_commands import audit
from privacy.release.commands import ledger, release
from tests.api import world as places
from tests.end_to_end.country import (
    BEIJING,
    CITIES,
    EAST,
    NORTH,
    QINGDAO,
    Country,
    Sent,
    get_last_month,
    get_phone,
    make_homes,
    open_country,
)
from tests.end_to_end.test_outcomes import CUSTOMERS
from tests.messaging.delivery.callbacks import ACCOUNT, make_settings, post
from tests.messaging.delivery.fakes import make_sid
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

HALF = CUSTOMERS // 2
QUOTA = 50
MOVED = frozenset(range(5))


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    with open_country(tmp_path_factory.mktemp("country")) as opened:
        yield opened


@pytest.fixture
def client(country: Country) -> FlaskClient:
    """Give a gateway over both groups."""
    east, north = (
        GatewayParts(world.gateway, world.vault, world.clock, Timings()) for world in country.worlds.values()
    )
    return make_gateway(make_settings(), parts=east, others=[north]).test_client()


def tell(client: FlaskClient, sent: Sent, **changes: str) -> int:
    """Post that a message arrived at its phone, and return the answer's status."""
    form = {"AccountSid": ACCOUNT, "MessageSid": sent.sid, "MessageStatus": "delivered", "To": get_phone(sent.number)}
    return post(client, f"/twilio/status/{sent.token}", form | changes).status_code


def write(client: FlaskClient, number: int, body: str) -> int:
    """Write from a customer's phone, and return the answer's status."""
    form = {"AccountSid": ACCOUNT, "From": get_phone(number), "MessageSid": make_sid(500 + number), "Body": body}
    return post(client, "/twilio/inbound", form).status_code


def test_a_drop_brings_each_household_to_the_group_of_its_city(country: Country) -> None:
    drop = country.write_drop("first", month=get_last_month(), homes=make_homes())
    told = country.call(intake, drop, role="field_intake")
    assert (told.exit_code, told.output.count("taken in")) == (0, 2), told.output
    assert told.output.count(f"{HALF} left out") >= 2 * 3
    for group, city in CITIES.items():
        assert country.count(group, f"core.households WHERE city_code = {city} AND city_from IS NULL") == HALF
        assert country.count(group, "core.households") == country.count(group, "core.needs") == HALF


def test_each_broadcast_leaves_from_the_group_of_its_city(country: Country) -> None:
    country.start("pump", group=EAST)
    country.start("worker", group=EAST)
    country.start("pump", group=NORTH)
    for group in CITIES:
        country.order(group)
    for group in CITIES:
        wait_until(lambda group=group: country.count_accepted(group) == QUOTA)  # type: ignore[misc]
        assert country.count(group, "delivery.runs") == 1
    assert country.find_messages(EAST)[-1].number < HALF <= country.find_messages(NORTH)[0].number


def test_receipts_find_their_group_and_a_forged_one_changes_nothing(country: Country, client: FlaskClient) -> None:
    east, north = (country.find_messages(group)[0] for group in CITIES)
    delivered = "delivery.messages WHERE state = 'delivered'"
    assert tell(client, east, To=get_phone(north.number)) == 403
    assert tell(client, replace(east, token=uuid4())) == 404
    assert [country.count(group, delivered) for group in CITIES] == [0, 0]
    assert (tell(client, east), tell(client, north)) == (204, 204)
    assert [country.count(group, delivered) for group in CITIES] == [1, 1]


def test_a_refusal_by_text_or_by_the_carrier_counts_in_every_group(country: Country, client: FlaskClient) -> None:
    assert write(client, 7, "退订") == 200
    assert [country.count(group, "vault.opt_outs") for group in CITIES] == [1, 1]
    refused = country.find_messages(NORTH)[-1]
    assert tell(client, refused, MessageStatus="failed", ErrorCode="21610") == 204
    assert [country.count(group, "vault.opt_outs") for group in CITIES] == [2, 2]


def test_a_person_who_asks_is_answered_and_erased_wherever_it_is(country: Country) -> None:
    shown = country.call(household, "export", role="field_eraser", phone=HALF + 10)
    assert list(json.loads(shown.stdout)) == [NORTH]
    erased = country.call(household, "erase", "--yes", role="field_eraser", phone=HALF + 10)
    assert erased.exit_code == 0, erased.output
    assert [country.count(group, "core.households") for group in CITIES] == [HALF, HALF - 1]
    assert [country.count(group, "vault.erasures") for group in CITIES] == [1, 1]


def test_each_city_is_published_from_its_group_and_the_budget_is_one(country: Country) -> None:
    places.remove_release(country.engine, f"2026-11-{QINGDAO}")
    places.remove_release(country.engine, f"2026-11-{BEIJING}")
    month = f"{datetime.now(UTC):%Y-%m}"
    for city in CITIES.values():
        told = country.call(publish, month, "--city", str(city), role="field_release")
        assert told.exit_code == 0, told.output
    for group, city in CITIES.items():
        own = country.count(group, f"ledger.charges WHERE city_code = {city}")
        assert 0 < own == country.count(group, "ledger.charges")
    shown = country.call(ledger, role="field_release")
    assert (shown.exit_code, [name in shown.output for name in CITIES]) == (0, [True, True])
    verified = country.call(release, "verify", role="field_release")
    assert verified.output.count("ok (figures, ledger)") == 2
    assert "no group" in country.call(publish, month, "--city", "999999", role="field_release").output


def test_a_group_that_is_down_is_named_and_holds_no_other_back(country: Country, client: FlaskClient) -> None:
    east, north = (country.find_messages(group)[1] for group in CITIES)
    country.north.stop(mode="immediate")
    try:
        assert (tell(client, east), tell(client, north)) == (204, 503)
        assert (write(client, 8, "退订"), country.count(EAST, "vault.opt_outs")) == (503, 3)
        for command, arguments, role, phone in (
            (messages, ["status"], "field_sender", None),
            (send, ["stop"], "field_sender", None),
            (send, ["resume"], "field_sender", None),
            (household, ["erase", "--yes"], "field_eraser", 9),
        ):
            told = country.call(command, *arguments, role=role, phone=phone)
            assert (told.exit_code, "not done in north; done in 1 of 2" in told.output) == (1, True), told.output
        assert country.count(EAST, "core.households") == HALF - 1
        refused = country.call(household, "export", role="field_eraser", phone=10)
        assert (refused.exit_code, "north does not answer" in refused.output) == (1, True)
        country.order(EAST)
        wait_until(lambda: country.count(EAST, "delivery.runs") == 2)
    finally:
        country.north.start()
    assert (tell(client, north), write(client, 8, "退订")) == (204, 200)
    assert country.count(NORTH, "vault.opt_outs") == 3
    assert country.call(messages, "status", role="field_sender").exit_code == 0


def test_who_moves_to_another_groups_city_leaves_nothing_behind_and_counts_there_from_the_next_month(
    country: Country,
) -> None:
    country.stop_processes()
    homes = make_homes(moved=MOVED)
    told = country.call(intake, country.write_drop("second", month=datetime.now(UTC), homes=homes), role="field_intake")
    assert told.exit_code == 0, told.output
    # One of each half was erased.
    assert country.count(EAST, "core.households") == HALF - len(MOVED) - 1
    assert country.count(EAST, "vault.phones") == HALF - len(MOVED) - 1
    assert country.count(NORTH, "core.households") == HALF + len(MOVED) - 1
    assert country.count(NORTH, "core.households WHERE city_from > now()") == len(MOVED)
    hashes = {country.vault.lookup_hash(get_phone(number)) for number in MOVED}
    with country.worlds[EAST].services.connect("people") as connection:
        left = connection.execute("SELECT count(*) FROM vault.phones WHERE lookup_hash = ANY(%s)", (list(hashes),))
        assert left.fetchone() == (0,)


def test_a_city_that_changes_its_group_is_refused_until_its_households_are_let_go(country: Country) -> None:
    swapped = {EAST: BEIJING, NORTH: QINGDAO}
    drop = country.write_drop("third", month=datetime.now(UTC), homes=make_homes(moved=MOVED))
    told = country.call(intake, drop, role="field_intake", cities=swapped)
    assert told.exit_code == 1
    assert f"households of {QINGDAO} live here" in told.output
    assert country.count(EAST, "core.drops WHERE drop_id = 'third'") == 0
    assert country.call(intake, drop, "--let-go", "--group", EAST, role="field_intake", cities=swapped).exit_code == 0
    assert country.count(EAST, f"core.households WHERE city_code = {QINGDAO}") == 0
    assert country.count(EAST, f"core.households WHERE city_code = {BEIJING} AND city_from > now()") > 0


def test_each_group_has_a_chain_of_its_own(country: Country) -> None:
    for group in CITIES:
        assert country.call(audit, "verify", "--group", group, role="field_eraser").exit_code == 0
    for command, arguments, role in (
        (audit, ["verify"], "field_eraser"),
        (messages, ["after-restore"], "field_sender"),
    ):
        told = country.call(command, *arguments, role=role)
        assert (told.exit_code, "--group is one of: east, north" in told.output) == (1, True)
