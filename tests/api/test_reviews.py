"""Reviews by HTTP: who may see and decide what, and what the author is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, text

from tests.api import world
from tests.api.conftest import Headers, RecordingQueue, bearer
from tests.messaging.campaigns.examples import DOUBTFUL

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.conftest import FakeClock

BROADCASTS = "/v1/yingxiaobao/broadcasts"
REVIEWS = "/v1/reviews"
CODES = [f"370202{row}{column}" for row in range(2) for column in range(8)]
APPROVE = {"decision": "approve", "reason": "harmless"}
REFUSE = {"decision": "refuse", "reason": "private_contact"}


@pytest.fixture
def reviewer(client: FlaskClient) -> Headers:
    return bearer(client, "reviewer")


def ask(client: FlaskClient, headers: Headers, *, body: str = DOUBTFUL) -> dict[str, Any]:
    area = {"community_codes": CODES, "category": "freezer", "body": body, "quota": 50}
    answer = client.post(BROADCASTS, json=area, headers=headers | {"Idempotency-Key": f"key-{len(body):08}"})
    assert answer.status_code == 202, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def decide(client: FlaskClient, headers: Headers, review_id: str, decision: dict[str, str]) -> TestResponse:
    return client.post(f"{REVIEWS}/{review_id}", json=decision, headers=headers)


def test_a_reviewer_sees_text_places_and_category_and_nobody(
    client: FlaskClient, sales: Headers, reviewer: Headers
) -> None:
    asked = ask(client, sales)
    (item,) = client.get(REVIEWS, headers=reviewer).get_json()["items"]
    assert item["review_id"] == asked["broadcast_id"]
    assert set(item) == {
        "review_id", "state", "created_at", "decide_by", "category", "areas", "body", "final_text", "findings",
        "rules_version", "reason",
    }  # fmt: skip
    assert (item["state"], item["category"], item["body"]) == ("waiting", "freezer", DOUBTFUL)
    assert item["final_text"] == asked["final_text"]
    (area,) = item["areas"]
    assert (area["district"], area["elsewhere"], len(area["communities"])) == ("市南区", False, 16)
    assert area["communities"][0] == "370202小区00"
    assert [(one["rule"], one["class"]) for one in item["findings"]] == [("private_contact_hint", "words")]


def test_an_approval_starts_the_broadcast_and_the_author_never_learns_by_whom(
    client: FlaskClient, sales: Headers, reviewer: Headers, queue: RecordingQueue, clock: FakeClock
) -> None:
    asked = ask(client, sales)
    assert (asked["state"], queue.woken) == ("in_review", [])
    assert asked["findings"][0]["detail"] == "可能涉及私人联系方式，需要人工审核。"
    clock.advance(minutes=30)
    reviewer = bearer(client, "reviewer")
    answer = decide(client, reviewer, asked["broadcast_id"], APPROVE)
    assert (answer.status_code, answer.get_json()["state"]) == (200, "approved")
    assert [str(one) for one in queue.woken] == [asked["broadcast_id"]]
    seen = client.get(f"{BROADCASTS}/{asked['broadcast_id']}", headers=bearer(client))
    assert seen.get_json()["state"] == "accepted"
    assert seen.get_json()["starts_at"] > asked["starts_at"]
    assert str(world.get_account_id("reviewer")) not in seen.get_data(as_text=True)
    assert client.get(REVIEWS, headers=reviewer).get_json()["items"] == []


def test_a_refusal_tells_the_author_why(client: FlaskClient, sales: Headers, reviewer: Headers) -> None:
    asked = ask(client, sales)
    assert decide(client, reviewer, asked["broadcast_id"], REFUSE).get_json()["state"] == "refused"
    seen = client.get(f"{BROADCASTS}/{asked['broadcast_id']}", headers=sales).get_json()
    assert (seen["state"], seen["refused_for"]) == ("refused", "private_contact")
    assert [one["rule"] for one in seen["findings"]] == ["private_contact_hint"]


def test_the_second_reviewer_comes_too_late_and_the_first_may_repeat(
    client: FlaskClient, sales: Headers, reviewer: Headers
) -> None:
    review_id = ask(client, sales)["broadcast_id"]
    first = decide(client, reviewer, review_id, APPROVE)
    assert decide(client, reviewer, review_id, APPROVE).get_json() == first.get_json()
    late = decide(client, bearer(client, "reviewer-two"), review_id, APPROVE)
    assert (late.status_code, late.get_json()["type"]) == (409, "/problems/review-closed")


def test_an_author_who_became_a_reviewer_cannot_decide_about_the_own_text(
    client: FlaskClient, sales: Headers, reviewer: Headers, serving_engine: Engine
) -> None:
    review_id = ask(client, sales)["broadcast_id"]
    with serving_engine.begin() as connection:
        connection.execute(
            text("UPDATE campaigns.broadcasts SET actor_id = :id"), {"id": world.get_account_id("reviewer")}
        )
    answer = decide(client, reviewer, review_id, APPROVE)
    assert (answer.status_code, answer.get_json()["type"]) == (403, "/problems/own-review")


@pytest.mark.parametrize(
    "decision",
    [
        {"decision": "approve", "reason": "private_contact"},
        {"decision": "refuse", "reason": "harmless"},
        {"decision": "refuse", "reason": "no_decision"},
        {"decision": "approve"},
        {"decision": "perhaps", "reason": "harmless"},
        {"decision": "approve", "reason": "harmless", "note": "a person"},
    ],
)
def test_a_decision_has_one_of_its_reasons_and_nothing_else(
    client: FlaskClient, sales: Headers, reviewer: Headers, decision: dict[str, str]
) -> None:
    answer = decide(client, reviewer, ask(client, sales)["broadcast_id"], decision)
    assert (answer.status_code, answer.get_json()["type"]) == (422, "/problems/invalid-arguments")


def test_only_reviewers_review(client: FlaskClient, sales: Headers) -> None:
    review_id = ask(client, sales)["broadcast_id"]
    for headers in (sales, bearer(client, "operator"), bearer(client, "planner")):
        assert client.get(REVIEWS, headers=headers).status_code == 403
        assert decide(client, headers, review_id, APPROVE).status_code == 403


def test_what_needs_no_review_is_not_found(client: FlaskClient, sales: Headers, reviewer: Headers) -> None:
    review_id = ask(client, sales, body="秋季家电清洗服务开始了")["broadcast_id"]
    assert decide(client, reviewer, review_id, APPROVE).status_code == 404


def test_the_list_goes_on_from_its_cursor(client: FlaskClient, sales: Headers, reviewer: Headers) -> None:
    asked = [ask(client, sales, body=DOUBTFUL + "吧" * number)["broadcast_id"] for number in range(3)]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(f"{REVIEWS}?limit=2" + (f"&cursor={cursor}" if cursor else ""), headers=reviewer).get_json()
        found += [item["review_id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(found) == sorted(asked)


def test_a_new_version_shows_in_the_catalog(client: FlaskClient, sales: Headers, serving_engine: Engine) -> None:
    before = client.get("/v1/catalog", headers=sales).get_json()["rules_version"]
    with serving_engine.begin() as connection:
        connection.execute(
            text("INSERT INTO campaigns.rule_versions VALUES (1, 'x', 1, :source, now())"),
            {"source": "term,class,verdict,exceptions\n蓝鲸,trade,review,\n"},
        )
    after = client.get("/v1/catalog", headers=sales).get_json()["rules_version"]
    assert after != before
    assert after.endswith("-1")
