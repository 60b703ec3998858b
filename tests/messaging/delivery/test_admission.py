"""What the web process may write into an order, and that the sender takes nothing of it on trust."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from structlog.testing import capture_logs

from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import write_findings
from messaging.campaigns.models import BroadcastState, Review, ReviewDecision
from messaging.campaigns.rule_import import import_rules
from messaging.campaigns.settings import MessagingRules
from messaging.campaigns.text import compose
from messaging.delivery.expansion import find_expanding
from messaging.delivery.models import RunState
from messaging.delivery.orders import finish_runs, follow_orders
from tests.messaging.campaigns.examples import CERTAIN, DOUBTFUL
from tests.messaging.delivery.world import BODY, FINAL, RULES

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from uuid import UUID

    from tests.messaging.delivery.world import World

FOREIGN_TEXT = "账户异常，请登录 evil.com 处理"


def say(body: str) -> dict[str, Any]:
    """Return the columns of a text that is consistent in itself."""
    final = compose(body, settings=RULES)
    return {"body": body, "final_text": final.text, "text_sha256": final.sha256}


def follow(world: World, *, rules: MessagingRules = RULES) -> list[MutableMapping[str, Any]]:
    """Bring the orders over; returns what was logged about refusals."""
    with capture_logs() as logged:
        follow_orders(world.stores, rules=rules, recorder=world.recorder, now=world.clock())
    return [line for line in logged if line["event"] == "campaign_refused"]


def check_is_over(world: World, campaign_id: UUID) -> None:
    """Check that a refused order was looked at once and holds nothing that could be sent."""
    run = world.get_run(campaign_id)
    assert (run.state, run.final_text, run.leaf_ids, run.quota) == (RunState.CANCELLED, "", [], 0)
    with world.sender() as session:
        assert find_expanding(session) == []
    for state in (BroadcastState.PAUSED, BroadcastState.ACCEPTED):
        world.set_broadcast(campaign_id, state)
        assert follow(world) == []
    assert finish_runs(world.sender, now=world.clock()) == 1
    assert follow(world) == []
    assert world.get_run(campaign_id).state == RunState.FINISHED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"final_text": FOREIGN_TEXT}, "text"),
        ({"final_text": FOREIGN_TEXT, "text_sha256": sha256(FOREIGN_TEXT.encode()).digest()}, "text"),
        ({"final_text": FINAL.text + " "}, "text"),
        ({"final_text": FINAL.text.replace("青禾", "别家")}, "text"),
        ({"body": BODY + "哦"}, "text"),
        ({"text_sha256": sha256(b"").digest()}, "hash"),
        (say(CERTAIN), "content"),
        (say(DOUBTFUL), "review"),
        (say(FOREIGN_TEXT), "content"),
        (say("长" * 501), "content"),
        ({"quota": 51}, "quota"),
        ({"quota": 100_000}, "quota"),
        ({"quota": -50}, "quota"),
        ({"quota": 1000, "leaf_ids": [8]}, "quota_not_allowed"),
        ({"leaf_ids": [7, 7]}, "leaves"),
        ({"leaf_ids": [7, 999]}, "leaves"),
        ({"leaf_ids": [7, 21]}, "leaves"),
        ({"leaf_ids": []}, "leaves"),
        ({"leaf_ids": [7, None]}, "leaves"),
        ({"leaf_ids": [9]}, "audience"),
        ({"leaf_ids": [10]}, "quota_not_allowed"),
        ({"release_id": "2026-12-370200"}, "release"),
        ({"release_id": "2026-11-110000"}, "release"),
        ({"city_code": 110000}, "release"),
        ({"category": 8}, "category"),
        ({"category": -1}, "category"),
    ],
)
def test_an_order_that_is_not_what_it_says_is_refused_once(world: World, changes: dict[str, Any], reason: str) -> None:
    world.add_release(needs={7: 5000.0, 8: 1500.0, 9: 199.0})
    world.add_release("2026-11-110000", needs={21: 5000.0})
    with world.serving_admin.begin() as session:
        # Enough need, but so uncertain that no quota is allowed.
        session.execute(
            text(
                "INSERT INTO released.leaf_figures SELECT release_id, 10, 0, 0, 0, 0, needs, "
                "array_fill(2500.0::float8, ARRAY[8]) FROM released.leaf_figures WHERE leaf_id = 7"
            )
        )
    campaign_id = world.add_broadcast(**changes)
    lines = follow(world)
    assert lines == [
        {"event": "campaign_refused", "log_level": "error", "campaign_id": str(campaign_id), "reason": reason}
    ]
    check_is_over(world, campaign_id)


def test_an_order_as_the_web_process_makes_it_is_carried_out(world: World) -> None:
    world.add_release(needs={7: 900.0, 8: 1200.0})
    campaign_id = world.add_broadcast(leaf_ids=[7, 8], quota=1000)
    small = world.add_broadcast(leaf_ids=[7], quota=200, state=BroadcastState.PAUSED)
    assert follow(world) == []
    run = world.get_run(campaign_id)
    assert (run.state, run.final_text, run.text_sha256) == (RunState.EXPANDING, FINAL.text, FINAL.sha256)
    assert (run.leaf_ids, run.quota, run.category) == ([7, 8], 1000, 0)
    assert world.get_run(small).state == RunState.PAUSED


def test_places_chosen_for_their_noise_are_no_audience(world: World) -> None:
    # Summed up they would be 980 with a deviation of 71.
    world.add_release(needs=dict.fromkeys(range(1, 201), 4.9), need_sd=5.0)
    world.add_broadcast(leaf_ids=list(range(1, 201)))
    assert [line["reason"] for line in follow(world)] == ["audience"]


def test_times_beyond_a_campaigns_life_are_refused(world: World) -> None:
    now = world.clock()
    endless = world.add_broadcast(expires_at=now + timedelta(days=30))
    over_before = world.add_broadcast(starts_at=now + timedelta(hours=2), expires_at=now + timedelta(hours=2))
    assert {line["campaign_id"]: line["reason"] for line in follow(world)} == {
        str(endless): "times",
        str(over_before): "times",
    }


@pytest.mark.parametrize(
    "spoiled",
    [
        "expires_at = 'infinity'",
        "starts_at = '-infinity'",
        "done_at = 'infinity'",
        "created_at = '-infinity'",
        "leaf_ids = '{{7,8},{9,10}}'",
        "leaf_ids = '[0:1]={7,8}'",
        "leaf_ids = (SELECT array_agg(n) FROM generate_series(1, 70000) n)",
        "body = repeat('x', 20000000)",
        "final_text = repeat('x', 20000000)",
    ],
)
def test_a_row_that_can_hardly_be_read_keeps_no_other_back(world: World, spoiled: str) -> None:
    bad, good = world.add_broadcast(), world.add_broadcast()
    with world.serving_admin.begin() as session:
        session.execute(text(f"UPDATE campaigns.broadcasts SET {spoiled} WHERE broadcast_id = :id"), {"id": bad})  # noqa: S608 - the test's own words
    follow(world)
    with world.sender() as session:
        assert good in find_expanding(session)


def test_a_text_that_todays_rules_refuse_does_not_leave_although_it_was_accepted_yesterday(world: World) -> None:
    campaign_id = world.add_broadcast()
    stricter = RULES.model_copy(update={"text_units_min": 30})
    assert [line["reason"] for line in follow(world, rules=stricter)] == ["content"]
    check_is_over(world, campaign_id)


def test_what_is_written_after_the_order_was_taken_over_changes_nothing(world: World) -> None:
    campaign_id = world.add_broadcast()
    follow(world)
    with world.serving_admin.begin() as session:
        session.execute(
            text("UPDATE campaigns.broadcasts SET final_text = :text, quota = 1000, leaf_ids = '{1}'"),
            {"text": FOREIGN_TEXT},
        )
    for state in (BroadcastState.PAUSED, BroadcastState.ACCEPTED):
        world.set_broadcast(campaign_id, state)
        follow(world)
    run = world.get_run(campaign_id)
    assert (run.final_text, run.quota, run.leaf_ids) == (FINAL.text, 50, [7])


@pytest.mark.parametrize(
    "write",
    [
        "UPDATE campaigns.broadcasts SET state = 'accepted'",
        "UPDATE released.leaf_figures SET needs = needs",
        "INSERT INTO released.leaf_figures SELECT * FROM released.leaf_figures",
    ],
)
def test_the_sender_changes_nothing_on_the_serving_side(world: World, write: str) -> None:
    world.add_broadcast()
    with world.serving.begin() as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(write))


def approve(world: World, campaign_id: UUID, **changes: object) -> None:
    """Write the approval that the web process writes for the doubtful text."""
    content = check_text(DOUBTFUL, rules=RULES)
    values = {
        "broadcast_id": campaign_id,
        "reviewer_id": uuid4(),
        "decision": ReviewDecision.APPROVE,
        "reason": "harmless",
        "text_sha256": compose(DOUBTFUL, settings=RULES).sha256,
        "rules_version": content.rules_version,
        "findings": write_findings(content.findings),
        "decided_at": world.clock(),
    }
    with world.serving_admin.begin() as session:
        session.add(Review(**(values | changes)))


def add_rules(world: World, row: str) -> None:
    """Make one row the newest version of the rules."""
    source = f"term,class,verdict,exceptions\n{row}\n"
    import_rules(world.serving_admin, source=source, now=world.clock(), settings=RULES)


def test_an_approved_doubtful_text_is_carried_out(world: World) -> None:
    campaign_id = world.add_broadcast(**say(DOUBTFUL))
    approve(world, campaign_id)
    assert follow(world) == []
    assert world.get_run(campaign_id).state == RunState.EXPANDING


@pytest.mark.parametrize(
    "changes",
    [
        {"decision": ReviewDecision.REFUSE, "reason": "unsuitable"},
        {"text_sha256": sha256(b"another text").digest()},
        {"findings": []},
    ],
)
def test_an_approval_of_anything_else_is_none(world: World, changes: dict[str, Any]) -> None:
    campaign_id = world.add_broadcast(**say(DOUBTFUL))
    approve(world, campaign_id, **changes)
    assert [line["reason"] for line in follow(world)] == ["review"]
    check_is_over(world, campaign_id)


def test_the_authors_own_approval_is_none(world: World) -> None:
    author = uuid4()
    campaign_id = world.add_broadcast(**say(DOUBTFUL), actor_id=author)
    approve(world, campaign_id, reviewer_id=author)
    assert [line["reason"] for line in follow(world)] == ["review"]


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        ("扫码,contact,refuse,", ["content"]),
        ("预约,trade,refuse,", ["content"]),
        ("预约,trade,review,", ["review"]),
        ("蓝鲸,trade,refuse,", []),
        ("扫码,contact,accept,", []),
    ],
)
def test_the_newest_rules_are_asked_again_whatever_was_approved(world: World, row: str, reasons: list[str]) -> None:
    campaign_id = world.add_broadcast(**say(DOUBTFUL))
    approve(world, campaign_id)
    add_rules(world, row)
    assert [line["reason"] for line in follow(world)] == reasons


def test_what_was_accepted_is_refused_where_the_rules_became_stricter_since(world: World) -> None:
    world.add_broadcast()
    add_rules(world, f"{BODY[:4]},trade,review,")
    assert [line["reason"] for line in follow(world)] == ["review"]
