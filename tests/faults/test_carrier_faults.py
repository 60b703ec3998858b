"""A carrier, a Redis and a fellow pump that fail while a broadcast is under way: once each message, in the end."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from messaging.campaigns.models import BroadcastState
from messaging.delivery.models import MessageState, SkipReason

if TYPE_CHECKING:
    from tests.faults.house import House


def _begin(house: House, *, audience: int) -> None:
    for _ in range(audience):
        house.world.add_household()
    house.world.add_broadcast(quota=200)
    house.start("pump")


def test_ambiguous_answers_lead_to_no_second_message(house: House) -> None:
    house.environment = {"SENDER_CONNECTIONS": "8", "BREAKER_CONSECUTIVE": "30", "BREAKER_SHARE": "1"}
    modes = ("accepted_dropped", "accepted_500", "error_500", "html_502", "truncated_201", "dropped", "hang", "429")
    for mode in modes:
        house.order(mode=mode, count=3, probability=0.5)
    house.order(mode="listing_late", count=5, seconds=1)
    house.order(mode="listing_fails", count=2)
    house.order(mode="callback_first", count=10)
    house.order(mode="callback_twice", count=10)
    house.start("worker")
    _begin(house, audience=60)
    house.wait_until(lambda: house.world.count_states() == {MessageState.DELIVERED: 60}, within_s=60)
    stats = house.get_stats()
    assert (stats["accepted"], stats["duplicates"], house.world.count_slots()) == (60, 0, 60)
    assert stats["faults"]["accepted_dropped"] == 3


def test_the_second_carrier_sends_nothing_twice_either(house: House) -> None:
    house.environment = {"CARRIER": "aliyun", "SENDER_CONNECTIONS": "8", "BREAKER_SHARE": "1", "FIRST_POLL_S": "1"}
    for mode in ("accepted_dropped", "accepted_500", "error_500", "truncated_201", "dropped", "429"):
        house.order(mode=mode, count=1)
    house.order(mode="listing_fails", count=1)
    _begin(house, audience=15)
    house.wait_until(lambda: house.world.count_states() == {MessageState.DELIVERED: 15}, within_s=60)
    stats = house.get_stats()
    assert (stats["accepted"], stats["duplicates"], house.world.count_slots()) == (15, 0, 15)
    assert stats["faults"]["accepted_dropped"] == 1


def test_without_redis_and_worker_the_pump_sends_within_five_seconds(house: House) -> None:
    house.environment = {"REDIS_URL": "redis://127.0.0.1:1/0"}
    _begin(house, audience=5)
    began = time.monotonic()
    house.wait_until(lambda: house.get_stats()["accepted"] == 5, within_s=20)
    # Starting Python is part of it; from the first tick on it is well below.
    assert time.monotonic() - began < 10


def test_a_redis_that_forgets_everything_loses_nothing(house: House) -> None:
    house.environment = {"IDLE_BEFORE_OWN_DRAIN_S": "30"}
    worker = house.start("worker")
    _begin(house, audience=60)
    for accepted in (10, 30):
        house.wait_until(lambda accepted=accepted: house.get_stats()["accepted"] >= accepted)  # type: ignore[misc]
        house.empty_redis()
    house.wait_until(lambda: house.world.count_states() == {MessageState.DELIVERED: 60})
    assert (house.get_stats()["duplicates"], worker.poll()) == (0, None)


def test_a_worker_stopped_past_its_lease_sends_nothing_twice(house: House) -> None:
    worker = house.start("worker")
    house.environment = {"IDLE_BEFORE_OWN_DRAIN_S": "0.5"}
    _begin(house, audience=50)
    house.wait_until(lambda: house.get_stats()["accepted"] >= 10)
    with house.frozen(worker):
        time.sleep(7)
    house.wait_until(lambda: house.world.count_states() == {MessageState.DELIVERED: 50})
    assert (house.get_stats()["accepted"], house.get_stats()["duplicates"]) == (50, 0)


def test_sigterm_finishes_the_call_in_hand_and_leaves_no_doubt(house: House) -> None:
    worker = house.start("worker")
    house.environment = {"IDLE_BEFORE_OWN_DRAIN_S": "60"}
    _begin(house, audience=60)
    house.wait_until(lambda: house.get_stats()["accepted"] >= 10)
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.wait(timeout=60) == 0
    states = house.world.count_states()
    assert states[MessageState.PLANNED] > 0
    assert MessageState.SENDING not in states
    assert MessageState.UNKNOWN not in states


def test_two_pumps_and_two_workers_send_once(house: House) -> None:
    for _ in range(2):
        house.start("worker")
    house.start("pump")
    _begin(house, audience=60)
    house.wait_until(lambda: house.world.count_states() == {MessageState.DELIVERED: 60})
    assert (house.get_stats()["accepted"], house.get_stats()["duplicates"]) == (60, 0)


def test_a_cancellation_stops_what_is_unclaimed_within_two_seconds(house: House) -> None:
    house.environment = {"SEND_RATE_PER_S": "10", "TICK_S": "1"}
    house.start("worker")
    for _ in range(100):
        house.world.add_household()
    broadcast_id = house.world.add_broadcast(quota=100)
    house.start("pump")
    house.wait_until(lambda: house.get_stats()["accepted"] >= 5)
    house.world.set_broadcast(broadcast_id, BroadcastState.CANCELLED)
    time.sleep(2)
    left = house.get_stats()["accepted"]
    time.sleep(1)
    assert house.get_stats()["accepted"] == left
    house.wait_until(lambda: MessageState.PLANNED not in house.world.count_states())
    assert {SkipReason.CANCELLED} == house.world.find_skip_reasons()


@pytest.mark.parametrize("reply", ["退订", "R"])
def test_a_reply_from_the_phone_ends_it(house: House, reply: str) -> None:
    _begin(house, audience=1)
    house.wait_until(lambda: house.world.count_states() == {MessageState.DELIVERED: 1})
    house.reply(reply)
    house.wait_until(lambda: house.world.count_opt_outs() == 1)
