"""One answer to one key, also when the same request comes many times at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from messaging.campaigns import control
from messaging.campaigns.errors import (
    IdempotencyKeyBusyError,
    IdempotencyKeyInvalidError,
    IdempotencyKeyMissingError,
    IdempotencyKeyReusedError,
    QuotaExceededError,
    TextRefusedError,
)
from messaging.campaigns.models import ActorUsage, Broadcast, IdempotencyKey, OrganisationUsage
from tests.messaging.campaigns.examples import CERTAIN, ROUTE, RULES, Desk, make_actor, make_request

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.conftest import FakeClock


def test_the_same_key_and_body_give_the_first_answer_again(desk: Desk, clock: FakeClock) -> None:
    first = desk.ask().view
    clock.advance(hours=20)
    again = desk.ask()
    assert again.is_replay
    assert again.view == first
    assert desk.queue.woken == [first.broadcast_id]


def test_the_first_answer_comes_again_even_when_the_broadcast_has_changed_since(desk: Desk) -> None:
    first = desk.ask().view
    control.change(
        desk.sessions,
        control.CANCEL,
        actor=desk.actor,
        broadcast_id=first.broadcast_id,
        clock=desk.clock,
        queue=desk.queue,
        settings=RULES,
    )
    assert desk.ask().view == first


def test_another_body_under_the_same_key_is_refused(desk: Desk) -> None:
    desk.ask(body=b"one")
    with pytest.raises(IdempotencyKeyReusedError):
        desk.ask(body=b"two")


def test_keys_belong_to_their_actor(desk: Desk) -> None:
    desk.ask()
    assert not replace(desk, actor=make_actor()).ask().is_replay


def test_a_key_is_kept_48_hours_and_then_forgotten(desk: Desk, clock: FakeClock) -> None:
    desk.ask()
    desk.ask(make_request(leaf_ids=(7,)), key="key-other")
    clock.advance(hours=47, minutes=59)
    assert desk.ask().is_replay
    clock.advance(minutes=1)
    assert not desk.ask().is_replay
    with desk.sessions() as session:
        assert session.scalars(select(IdempotencyKey.key)).all() == ["key-00001"]


def test_a_refused_request_may_be_corrected_under_its_key(desk: Desk) -> None:
    with pytest.raises(TextRefusedError):
        desk.ask(make_request(body=CERTAIN), body=b"bad")
    assert not desk.ask(body=b"good").is_replay


@pytest.mark.parametrize("key", ["", None])
def test_a_missing_key_is_refused(desk: Desk, key: str | None) -> None:
    with pytest.raises(IdempotencyKeyMissingError):
        desk.ask(key=key)


@pytest.mark.parametrize("key", ["short-7", "x" * 129, "with space", "umlaut-ü-key", "line\nbreak", "tail-key\n"])
def test_a_key_is_8_to_128_visible_ascii_characters(desk: Desk, key: str) -> None:
    with pytest.raises(IdempotencyKeyInvalidError):
        desk.ask(key=key)


@pytest.mark.parametrize("key", ["!" * 8, "~" * 128])
def test_the_shortest_and_the_longest_key_are_taken(desk: Desk, key: str) -> None:
    assert not desk.ask(key=key).is_replay


def test_a_key_in_use_is_busy(desk: Desk, serving_engine: Engine) -> None:
    name = f"{desk.actor.account_id}\n{ROUTE}\nkey-00001"
    with serving_engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
        with pytest.raises(IdempotencyKeyBusyError) as caught:
            desk.ask()
    assert caught.value.retry_after_s == 1
    assert not desk.ask().is_replay


def test_twenty_parallel_requests_with_one_key_are_one_broadcast(desk: Desk) -> None:
    def ask(_: int) -> str:
        try:
            return "again" if desk.ask().is_replay else "first"
        except IdempotencyKeyBusyError:
            return "busy"

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    assert answers.count("first") == 1
    with desk.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Broadcast)) == 1
        assert session.scalars(select(ActorUsage.recipients)).all() == [100]


def test_twenty_parallel_requests_of_one_actor_never_exceed_the_day(desk: Desk) -> None:
    def ask(number: int) -> int:
        try:
            return desk.ask(make_request(leaf_ids=(number,), quota=200), key=f"key-{number:05d}").view.quota
        except QuotaExceededError:
            return 0

    with ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(ask, range(20)))
    assert sum(sent) == 600
    with desk.sessions() as session:
        assert session.scalars(select(ActorUsage.broadcasts)).all() == [3]
        assert session.scalars(select(OrganisationUsage.messages)).all() == [600]


def test_twenty_actors_at_once_never_exceed_the_organisation(desk: Desk) -> None:
    settings = RULES.model_copy(update={"organisation_messages_per_day": 700})

    def ask(_: int) -> int:
        try:
            return replace(desk, actor=make_actor(), settings=settings).ask().view.quota
        except QuotaExceededError:
            return 0

    with ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(ask, range(20)))
    assert sum(sent) == 700
    with desk.sessions() as session:
        assert session.scalars(select(OrganisationUsage.messages)).all() == [700]


def test_two_at_once_with_the_same_content_and_other_keys_are_one_broadcast(desk: Desk) -> None:
    def ask(number: int) -> str:
        try:
            desk.ask(key=f"key-{number:05d}")
        except Exception as error:  # noqa: BLE001 - the kind of refusal is what is counted
            return type(error).__name__
        return "accepted"

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(ask, range(10)))
    assert sorted(set(answers)) == ["DuplicateBroadcastError", "accepted"]
    assert answers.count("accepted") == 1
