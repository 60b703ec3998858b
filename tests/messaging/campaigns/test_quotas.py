"""Quotas that the released need allows, and the amounts of a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import text

from messaging.campaigns.errors import QuotaExceededError, QuotaUnreadableError
from messaging.campaigns.models import ActorUsage, OrganisationUsage
from messaging.campaigns.quotas import find_allowed_quotas, get_remaining, get_reset
from messaging.campaigns.settings import MessagingRules, Mode
from messaging.campaigns.values import QuotaKind, Remaining
from tests.messaging.campaigns.examples import RULES, Desk, make_actor, make_request

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.conftest import FakeClock

DAY = datetime(2026, 11, 18, tzinfo=UTC).date()


@pytest.mark.parametrize(
    ("need", "need_sd", "allowed"),
    [
        (199.9, 0.0, ()),
        (200.0, 0.0, (50, 100)),
        (200.0, 50.1, ()),
        (240.0, 20.0, (50, 100)),
        (239.0, 20.0, (50,)),
        (2040.0, 20.0, (50, 100, 200, 500, 1000)),
        (2039.0, 20.0, (50, 100, 200, 500)),
    ],
)
def test_a_quota_is_at_most_half_of_the_need_that_is_sure(
    need: float, need_sd: float, allowed: tuple[int, ...]
) -> None:
    assert find_allowed_quotas(need, need_sd=need_sd, settings=RULES) == allowed


def test_a_day_ends_at_midnight_of_shanghai() -> None:
    assert get_reset(datetime(2026, 11, 18, 15, 59, tzinfo=UTC)) == datetime(2026, 11, 18, 16, tzinfo=UTC)
    assert get_reset(datetime(2026, 11, 18, 16, 0, tzinfo=UTC)) == datetime(2026, 11, 19, 16, tzinfo=UTC)


def test_three_broadcasts_a_day_and_again_tomorrow(desk: Desk, clock: FakeClock) -> None:
    for number in range(3):
        desk.ask(make_request(quota=50, leaf_ids=(number + 1,)), key=f"key-0000{number}")
    with pytest.raises(QuotaExceededError) as caught:
        desk.ask(make_request(quota=50, leaf_ids=(9,)), key="key-00009")
    assert (caught.value.kind, caught.value.limit) == (QuotaKind.BROADCASTS, 3)
    assert caught.value.reset_at == datetime(2026, 11, 18, 16, tzinfo=UTC)
    clock.advance(hours=12)
    assert not desk.ask(make_request(quota=50, leaf_ids=(9,)), key="key-00009").is_replay


def test_a_thousand_recipients_a_day_and_a_refused_request_uses_nothing_up(desk: Desk) -> None:
    desk.ask(make_request(quota=500))
    with pytest.raises(QuotaExceededError) as caught:
        desk.ask(make_request(quota=1000, leaf_ids=(9,)), key="key-00002")
    assert caught.value.kind is QuotaKind.RECIPIENTS
    with desk.sessions() as session:
        usage = session.get_one(ActorUsage, (desk.actor.account_id, DAY))
        assert (usage.broadcasts, usage.recipients) == (1, 500)
        assert session.get_one(OrganisationUsage, DAY).messages == 500
        remaining = get_remaining(session, actor_id=desk.actor.account_id, now=desk.clock(), settings=RULES)
    assert remaining == Remaining(broadcasts=2, recipients=500)


def test_the_organisation_has_an_amount_of_its_own(desk: Desk) -> None:
    settings = MessagingRules(mode=Mode.TEST, organisation_messages_per_day=120)
    replace(desk, settings=settings).ask(make_request(quota=100))
    other = replace(desk, settings=settings, actor=make_actor())
    with pytest.raises(QuotaExceededError) as caught:
        other.ask(make_request(quota=50))
    assert caught.value.kind is QuotaKind.ORGANISATION
    with desk.sessions() as session:
        assert session.get(ActorUsage, (other.actor.account_id, DAY)) is None
        remaining = get_remaining(session, actor_id=other.actor.account_id, now=desk.clock(), settings=settings)
    assert remaining == Remaining(broadcasts=3, recipients=20)


def test_nothing_used_is_everything_left(desk: Desk) -> None:
    with desk.sessions() as session:
        remaining = get_remaining(session, actor_id=uuid4(), now=desk.clock(), settings=RULES)
    assert remaining == Remaining(broadcasts=3, recipients=1000)


def test_a_counter_that_cannot_be_read_lets_nothing_through(desk: Desk, serving_engine: Engine) -> None:
    hasty = replace(desk, settings=MessagingRules(mode=Mode.TEST, quota_lock_timeout_ms=50))
    with serving_engine.begin() as connection:
        connection.execute(text("LOCK TABLE campaigns.organisation_usage IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(QuotaUnreadableError):
            hasty.ask()
    assert not hasty.ask().is_replay
