"""Invitations and conversations by HTTP: whom a card lets in, what is refused, and what a planner sees."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from messaging.campaigns.talk_models import Answer, Conversation
from privacy.release.slots import Activity, AgeBand
from privacy.release.values import Category
from radar.allowance import get_day
from radar.cards import Card, Persona, write_card
from tests.api import world
from tests.api.conftest import Headers, RecordingQueue, bearer
from tests.messaging.campaigns.examples import CERTAIN, DOUBTFUL

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from api.resources import Resources
    from tests.conftest import FakeClock

INVITATIONS = "/v1/jiaohubao/invitations"
CONVERSATIONS = "/v1/jiaohubao/conversations"
BODY = "想请教您对冰箱的使用感受"
PERSONA = Persona(370202, AgeBand.UNDER_5_YEARS, Activity.ACTIVE, Category.FREEZER)


@pytest.fixture
def planner(client: FlaskClient) -> Headers:
    return bearer(client, "planner")


def make_card(resources: Resources, *, login: str = "planner", persona: Persona = PERSONA, days: int = 0) -> str:
    day = get_day(resources.clock()) - timedelta(days=days)
    card = Card(persona, "2026-11-370200", day)
    return write_card(card, planner_id=world.get_account_id(login), key=resources.card_keys[0])


def invite(client: FlaskClient, headers: Headers, card_id: str, *, body: str = BODY, key: str = "") -> TestResponse:
    asked = {"card_id": card_id, "body": body}
    return client.post(INVITATIONS, json=asked, headers=headers | {"Idempotency-Key": key or uuid4().hex})


def add_conversation(engine: Engine, invitation_id: str, *, at: Any, handle: str = "h" * 43) -> str:  # noqa: ANN401 - a time
    """Open a conversation as the sender does, with three answers."""
    with Session(engine) as session, session.begin():
        session.add(
            Conversation(
                handle=handle, invitation_id=UUID(invitation_id), actor_id=world.get_account_id("planner"),
                opened_at=at, expires_at=at + timedelta(days=14),
            )
        )  # fmt: skip
        for number in range(3):
            session.add(
                Answer(answer_id=uuid4(), handle=handle, body=f"第{number}句", at=at + timedelta(minutes=number))
            )
    return handle


def test_an_invitation_is_accepted_once_and_shown_to_its_planner_alone(
    client: FlaskClient, planner: Headers, resources: Resources, queue: RecordingQueue
) -> None:
    card = make_card(resources)
    first, again = (invite(client, planner, card, key="key-00001") for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    shown = first.get_json()
    assert [str(each) for each in queue.woken] == [shown["invitation_id"]]
    assert (shown["state"], shown["handle"]) == ("waiting", None)
    assert shown["persona"] == {
        "district_adcode": 370202, "age_band": "under_5_years", "activity": "active", "category": "freezer",
    }  # fmt: skip
    assert shown["final_text"] == f"【青禾】{BODY}App内退订"
    assert client.get(f"{INVITATIONS}/{shown['invitation_id']}", headers=planner).get_json() == shown
    assert client.get(INVITATIONS, headers=planner).get_json() == {"items": [shown], "next_cursor": None}
    other = bearer(client, "planner-two")
    assert client.get(f"{INVITATIONS}/{shown['invitation_id']}", headers=other).status_code == 404
    assert client.get(INVITATIONS, headers=other).get_json()["items"] == []


def test_a_text_is_checked_while_typing_and_nothing_is_kept_or_used_up(
    client: FlaskClient, planner: Headers, resources: Resources, queue: RecordingQueue
) -> None:
    card = make_card(resources)
    for body, verdict in ((BODY, "accept"), (DOUBTFUL, "review"), (CERTAIN, "refuse")):
        answer = client.post(f"{INVITATIONS}/preview", json={"card_id": card, "body": body}, headers=planner)
        assert answer.status_code == 200
        seen = answer.get_json()
        assert (seen["verdict"], bool(seen["findings"])) == (verdict, verdict != "accept")
    clear = client.post(f"{INVITATIONS}/preview", json={"card_id": card, "body": BODY}, headers=planner).get_json()
    assert clear["final_text"] == invite(client, planner, card).get_json()["final_text"]
    assert len(queue.woken) == len(client.get(INVITATIONS, headers=planner).get_json()["items"]) == 1
    stale = client.post(
        f"{INVITATIONS}/preview", json={"card_id": make_card(resources, days=1), "body": BODY}, headers=planner
    )
    assert stale.status_code == 410


def test_a_card_is_good_for_its_planner_and_day_only(
    client: FlaskClient, planner: Headers, resources: Resources
) -> None:
    assert invite(client, planner, make_card(resources, login="planner-two")).status_code == 404
    assert invite(client, planner, "A" * 60).status_code == 404
    assert invite(client, planner, make_card(resources, days=1)).status_code == 410
    nowhere = Persona(999999, PERSONA.age_band, PERSONA.activity, PERSONA.category)
    assert invite(client, planner, make_card(resources, persona=nowhere)).status_code == 404


def test_texts_duplicates_and_amounts_are_judged_as_for_broadcasts(
    client: FlaskClient, planner: Headers, resources: Resources, clock: FakeClock
) -> None:
    card = make_card(resources)
    assert invite(client, planner, card, body=CERTAIN).status_code == 422
    assert invite(client, planner, card, body=DOUBTFUL).get_json()["state"] == "in_review"
    assert invite(client, planner, card).status_code == 202
    assert invite(client, planner, card).get_json()["type"].endswith("duplicate-broadcast")
    for number in "一二三四五六七八":
        assert invite(client, planner, card, body=BODY + number).status_code == 202
    refused = invite(client, planner, card, body=BODY + "九")
    assert (refused.status_code, refused.headers["RateLimit"].split(";")[0]) == (429, '"invitations"')
    clock.advance(days=1)
    planner = bearer(client, "planner")
    assert invite(client, planner, make_card(resources), body=BODY + "九").status_code == 202


def test_a_week_holds_fifty_invitations_and_a_monday_begins_anew(
    client: FlaskClient, planner: Headers, resources: Resources, clock: FakeClock
) -> None:
    clock.now -= timedelta(days=2)  # a Monday
    numbers = iter([a + b for a in "甲乙丙丁戊己庚" for b in "一二三四五六七八九十"])
    headers = {**planner}
    for day in range(6):
        headers = bearer(client, "planner")
        wanted = 10 if day < 5 else 1
        answers = [invite(client, headers, make_card(resources), body=BODY + next(numbers)) for _ in range(wanted)]
        assert {answer.status_code for answer in answers} == ({202} if day < 5 else {429})
        clock.advance(days=1)
    clock.advance(days=1)
    headers = bearer(client, "planner")
    assert invite(client, headers, make_card(resources), body=BODY + next(numbers)).status_code == 202


def test_a_reviewer_decides_about_a_doubtful_invitation_and_a_refusal_gives_the_amount_back(
    client: FlaskClient, planner: Headers, resources: Resources
) -> None:
    reviewer = bearer(client, "reviewer")
    for decision, state in (("refuse", "refused"), ("approve", "waiting")):
        asked = invite(client, planner, make_card(resources), body=DOUBTFUL + decision[:1])
        path = f"{INVITATIONS}/{asked.get_json()['invitation_id']}"
        reason = "unsuitable" if decision == "refuse" else "harmless"
        decided = client.post(
            f"/v1/reviews/{path.rsplit('/', 1)[-1]}", json={"decision": decision, "reason": reason}, headers=reviewer
        )
        assert decided.status_code == 200
        assert client.get(path, headers=planner).get_json()["state"] == state
    for number in "一二三四五六七八九":
        assert invite(client, planner, make_card(resources), body=BODY + number).status_code == 202
    assert invite(client, planner, make_card(resources), body=BODY + "十").status_code == 429


def test_an_inbox_counts_what_is_unread_and_pages(
    client: FlaskClient, planner: Headers, resources: Resources, serving_engine: Engine, clock: FakeClock
) -> None:
    made = []
    for number, letter in zip("一二三", "abc", strict=True):
        shown = invite(client, planner, make_card(resources), body=BODY + number).get_json()
        made.append(add_conversation(serving_engine, shown["invitation_id"], at=clock(), handle=letter * 43))
        clock.advance(minutes=4)
        assert client.get(f"{INVITATIONS}/{shown['invitation_id']}", headers=planner).get_json()["handle"] == made[-1]
    first = client.get(CONVERSATIONS, query_string={"limit": "2"}, headers=planner).get_json()
    rest = client.get(CONVERSATIONS, query_string={"cursor": first["next_cursor"]}, headers=planner).get_json()
    assert [one["handle"] for one in first["items"] + rest["items"]] == made[::-1]
    assert {one["unread"] for one in first["items"]} == {3}
    assert client.post(f"{CONVERSATIONS}/{made[2]}/read", headers=planner).status_code == 204
    assert [one["unread"] for one in client.get(CONVERSATIONS, headers=planner).get_json()["items"]] == [0, 3, 3]
    assert client.get(CONVERSATIONS, headers=bearer(client, "planner-two")).get_json()["items"] == []


def test_both_sides_read_in_order_and_page_by_page(
    client: FlaskClient, planner: Headers, resources: Resources, serving_engine: Engine, clock: FakeClock
) -> None:
    shown = invite(client, planner, make_card(resources)).get_json()
    handle = add_conversation(serving_engine, shown["invitation_id"], at=clock())
    clock.advance(minutes=5)
    path = f"{CONVERSATIONS}/{handle}/messages"
    headers = planner | {"Idempotency-Key": "key-00001"}
    wrote, again = (client.post(path, json={"body": "请问用了几年"}, headers=headers) for _ in range(2))
    assert (wrote.status_code, wrote.get_json()) == (202, again.get_json())
    assert again.headers["Idempotent-Replayed"] == "true"
    first = client.get(path, query_string={"limit": "2"}, headers=planner).get_json()
    rest = client.get(path, query_string={"cursor": first["next_cursor"]}, headers=planner).get_json()
    said = [(one["speaker"], one["body"]) for one in first["items"] + rest["items"]]
    assert said == [("planner", "请问用了几年"), ("user", "第2句"), ("user", "第1句"), ("user", "第0句")]


def test_a_conversation_refuses_strangers_rule_breakers_the_hasty_and_the_late(
    client: FlaskClient, planner: Headers, resources: Resources, serving_engine: Engine, clock: FakeClock
) -> None:
    shown = invite(client, planner, make_card(resources)).get_json()
    handle = add_conversation(serving_engine, shown["invitation_id"], at=clock())
    path = f"{CONVERSATIONS}/{handle}/messages"

    def write(body: str, headers: Headers = planner) -> int:
        return client.post(path, json={"body": body}, headers=headers | {"Idempotency-Key": uuid4().hex}).status_code

    other = bearer(client, "planner-two")
    assert (client.get(path, headers=other).status_code, write("您好", other)) == (404, 404)
    assert client.post(f"{CONVERSATIONS}/{handle}/read", headers=other).status_code == 404
    assert client.get(f"{CONVERSATIONS}/{'x' * 43}/messages", headers=planner).status_code == 404
    assert {write(body) for body in ("打13912345678", "加我微信聊", DOUBTFUL, "", "好的\x00再见")} == {422}
    assert client.post(path, json={"body": "您好"}, headers=planner).status_code == 400
    assert [write("好的，谢谢") for _ in range(21)] == [202] * 20 + [429]
    clock.advance(days=14)
    assert write("您好", bearer(client, "planner")) == 409


@pytest.mark.parametrize("cursor", ["x", "MjAyNi0xMS0wMXxhYmM", "/"])
def test_a_cursor_that_is_none_of_ours_is_refused(client: FlaskClient, planner: Headers, cursor: str) -> None:
    for path in (INVITATIONS, CONVERSATIONS):
        assert client.get(path, query_string={"cursor": cursor}, headers=planner).status_code == 422
