"""Accepting a broadcast: what is checked, what is kept, and what is told to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import smsutil
from sqlalchemy import func, select

from messaging.campaigns.broadcasts import preview
from messaging.campaigns.errors import (
    AudienceEmptyError,
    AudienceTooSmallError,
    CampaignError,
    DuplicateBroadcastError,
    OutsideTerritoryError,
    QuotaNotAllowedError,
    TextRefusedError,
)
from messaging.campaigns.models import ActorUsage, Broadcast, BroadcastState, IdempotencyKey
from messaging.campaigns.values import BroadcastRequest, Preview, Remaining, Verdict
from privacy.release.values import Category
from tests.messaging.campaigns.examples import CERTAIN, DOUBTFUL, HONEST, RULES, Desk, make_actor, make_request

if TYPE_CHECKING:
    from tests.conftest import FakeClock


def look(desk: Desk, request: BroadcastRequest) -> Preview:
    return preview(
        desk.sessions,
        actor=desk.actor,
        audience=request.audience,
        body=request.body,
        clock=desk.clock,
        settings=RULES,
    )


def count_rows(desk: Desk) -> int:
    with desk.sessions() as session:
        tables = (Broadcast, IdempotencyKey, ActorUsage)
        return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def test_an_accepted_broadcast_is_kept_as_it_will_be_sent(desk: Desk) -> None:
    requested = desk.ask()
    view = requested.view
    assert not requested.is_replay
    assert view.state is BroadcastState.ACCEPTED
    assert view.starts_at == view.created_at == desk.clock()
    assert view.expires_at == view.starts_at + timedelta(hours=48)
    assert desk.queue.woken == [view.broadcast_id]
    with desk.sessions() as session:
        row = session.get_one(Broadcast, view.broadcast_id)
    assert row.final_text == f"【青禾】{HONEST}App内退订"
    assert row.text_sha256 == sha256(row.final_text.encode()).digest()
    assert (row.leaf_ids, row.category, row.quota) == ([1, 2, 3], Category.REFRIGERATOR.column, 100)


def test_the_preview_shows_the_final_text_exactly_as_it_is_sent_and_changes_nothing(desk: Desk) -> None:
    seen = look(desk, make_request())
    assert count_rows(desk) == 0
    assert desk.ask().view.final_text == seen.final_text
    assert (seen.verdict, seen.findings, seen.segments) == (Verdict.ACCEPT, (), 1)
    assert seen.allowed_quotas == (50, 100, 200, 500, 1000)
    assert seen.need == 4000.0
    assert seen.need_moe95 == pytest.approx(39.2)
    assert look(desk, make_request()).remaining == Remaining(broadcasts=2, recipients=900)


@pytest.mark.parametrize(
    "body",
    [f"  {HONEST} ", "满３０００减３００，到店有礼", "冰箱  换新   到店看", "BCD-520WD到店2999元~", "好" * 58],
    ids=["spaces around", "full width", "spaces inside", "model", "longest"],
)
def test_whatever_is_typed_the_preview_is_what_is_kept_for_sending(desk: Desk, body: str) -> None:
    seen = look(desk, make_request(body=body))
    view = desk.ask(make_request(body=body)).view
    with desk.sessions() as session:
        row = session.get_one(Broadcast, view.broadcast_id)
    assert seen.final_text == row.final_text == f"【青禾】{body.strip(' ')}App内退订"
    assert row.text_sha256 == sha256(seen.final_text.encode()).digest()
    assert seen.segments == len(smsutil.split(row.final_text).parts)


def test_a_need_below_two_deviations_is_not_shown(desk: Desk) -> None:
    seen = look(desk, make_request(need=39.9))
    assert (seen.need, seen.need_moe95, seen.allowed_quotas) == (None, None, ())


def test_the_preview_of_a_refused_text_says_where(desk: Desk) -> None:
    seen = look(desk, make_request(body=CERTAIN))
    assert seen.verdict is Verdict.REFUSE
    assert "加我" in {CERTAIN[each.start : each.end] for each in seen.findings}


def test_the_preview_of_a_foreign_area_is_refused_too(desk: Desk) -> None:
    with pytest.raises(OutsideTerritoryError):
        look(desk, make_request(districts=frozenset({370203})))


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (make_request(leaf_ids=()), AudienceEmptyError),
        (make_request(districts=frozenset({370202, 370203})), OutsideTerritoryError),
        (make_request(districts=frozenset()), OutsideTerritoryError),
        (make_request(need=199.0, quota=50), AudienceTooSmallError),
        (make_request(need=240.0, quota=200), QuotaNotAllowedError),
        (make_request(quota=60), QuotaNotAllowedError),
        (make_request(body=CERTAIN), TextRefusedError),
        (make_request(body="你好"), TextRefusedError),
        (make_request(body="好" * 59), TextRefusedError),
    ],
)
def test_a_refused_request_leaves_no_trace(desk: Desk, request_: BroadcastRequest, error: type[CampaignError]) -> None:
    with pytest.raises(error):
        desk.ask(request_)
    assert count_rows(desk) == 0
    assert desk.queue.woken == []


def test_errors_carry_no_text_of_a_user(desk: Desk) -> None:
    with pytest.raises(TextRefusedError) as caught:
        desk.ask(make_request(body=CERTAIN))
    assert "冰箱" not in f"{caught.value} {caught.value!r}"
    assert caught.value.content.verdict is Verdict.REFUSE


def test_a_doubtful_text_waits_for_review_and_is_refused_after_a_day(desk: Desk, clock: FakeClock) -> None:
    view = desk.ask(make_request(body=DOUBTFUL)).view
    assert view.state is BroadcastState.IN_REVIEW
    assert desk.queue.woken == []
    clock.advance(hours=24)
    assert desk.ask(make_request(body=DOUBTFUL)).view.state is BroadcastState.IN_REVIEW  # the first answer
    with desk.sessions() as session:
        assert session.get_one(Broadcast, view.broadcast_id).state == BroadcastState.IN_REVIEW


def test_outside_the_window_a_broadcast_starts_at_the_next_opening(desk: Desk, clock: FakeClock) -> None:
    clock.advance(hours=10)
    view = desk.ask().view
    assert view.starts_at == view.created_at + timedelta(hours=11)
    assert view.expires_at == view.starts_at + timedelta(hours=48)


def test_the_same_audience_and_text_within_ten_minutes_names_the_first(desk: Desk, clock: FakeClock) -> None:
    first = desk.ask(make_request(leaf_ids=(1, 2))).view
    clock.advance(minutes=9, seconds=59)
    with pytest.raises(DuplicateBroadcastError) as caught:
        desk.ask(make_request(leaf_ids=(2, 1, 2), quota=50), key="key-00002")
    assert caught.value.broadcast_id == first.broadcast_id
    clock.advance(seconds=1)
    assert not desk.ask(make_request(leaf_ids=(1, 2)), key="key-00002").is_replay


def test_another_actor_area_or_text_is_no_duplicate(desk: Desk) -> None:
    views = [
        desk.ask(),
        desk.ask(make_request(leaf_ids=(1, 2)), key="key-00002"),
        desk.ask(make_request(body=HONEST + "起"), key="key-00003"),
        replace(desk, actor=make_actor()).ask(),
    ]
    assert len({each.view.broadcast_id for each in views}) == 4
