"""A refusal arrives while nobody can take it: the carrier tells once, so its list must be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from messaging.delivery.models import MessageState

if TYPE_CHECKING:
    from tests.faults.house import House

_LISTENING = {"CARRIER_INBOUND": "true", "INBOUND_LISTING_S": "0.5", "LONGEST_INBOUND_PAUSE_S": "2"}


def _close_the_gateways_database(house: House) -> None:
    with house.world.admin.begin() as session:
        session.execute(text("REVOKE ALL ON vault.opt_outs FROM field_gateway"))


def _send_one(house: House) -> None:
    delivered = house.world.count_states().get(MessageState.DELIVERED, 0) + 1
    house.world.add_message(house.world.add_household())
    house.wait_until(lambda: house.world.count_states().get(MessageState.DELIVERED) == delivered)


def test_a_refusal_answered_503_while_the_pump_was_down_is_heard_in_the_end(house: House) -> None:
    house.environment = _LISTENING
    pump = house.start("pump")
    _send_one(house)
    house.kill(pump)
    _close_the_gateways_database(house)
    house.reply("請勿打擾")
    house.wait_until(lambda: house.get_stats()["callbacks"].get("callback_refused_503") == 1)
    assert house.world.count_opt_outs() == 0
    house.start("pump")
    house.wait_until(lambda: house.world.count_opt_outs() == 1)


def test_a_list_that_fails_for_a_while_stops_no_message_and_loses_no_refusal(house: House) -> None:
    house.environment = _LISTENING
    house.start("pump")
    _send_one(house)
    _close_the_gateways_database(house)
    house.order(mode="listing_fails", count=6)
    house.reply("R，谢谢")
    _send_one(house)
    house.wait_until(lambda: house.world.count_opt_outs() == 1)
    assert house.get_stats()["faults"]["listing_fails"] == 6


def test_a_carrier_without_inbound_is_not_asked(house: House) -> None:
    house.environment = _LISTENING | {"CARRIER_INBOUND": "false"}
    house.start("pump")
    _send_one(house)
    assert house.get_stats()["list_requests"] == 0
