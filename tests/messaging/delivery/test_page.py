"""The invited person's page, as a browser without scripts uses it: links, forms, redirects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from messaging.delivery.page_words import WORDS, Language
from tests.messaging.delivery.talking import (
    Planner,
    find_answers,
    find_handles,
    find_phone,
    get_bound,
    people_district,
    read_form,
    read_link,
    text_back,
)  # fmt: skip

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World

_TABLES = text(
    "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
    " WHERE schemaname IN ('delivery', 'campaigns', 'core', 'vault', 'audit')"
)
ZH, EN = WORDS[Language.ZH], WORDS[Language.EN]


class Visitor:
    """Somebody who got an invitation and opens its link."""

    def __init__(self, world: World, client: FlaskClient) -> None:
        """Invite one of twenty."""
        self.client = client
        self.members = people_district(world, 20)
        self.planner = Planner(world)
        self.sent = self.planner.invite()
        self.planner.pump()
        self.sms = self.planner.sender.calls[0]
        self.path = read_link(self.sms.text)

    def open(self, query: str = "") -> TestResponse:
        """Open the page."""
        return self.client.get(self.path + query)

    def post(self, text: str = "声音有点大", *, act: str = "say", form: str | None = None) -> TestResponse:
        """Send the page's form."""
        form_id = form or read_form(self.open().text)
        return self.client.post(self.path, data={"form": form_id, "text": text, "act": act})


@pytest.fixture
def visitor(world: World, client: FlaskClient) -> Visitor:
    """Give somebody who got an invitation."""
    return Visitor(world, client)


def test_the_link_fits_two_segments_and_its_code_is_nowhere_in_a_database(visitor: Visitor, world: World) -> None:
    code = visitor.path.removeprefix("/t/")
    assert len(visitor.sms.text) <= 134
    assert visitor.sms.text == visitor.sent.final_text.replace("·" * 22, code)
    for sessions in (world.admin, world.serving_admin):
        with sessions() as session:
            names = session.scalars(_TABLES).all()
            dump = "".join(str(session.scalar(text(f"SELECT string_agg(t::text, '') FROM {name} t"))) for name in names)  # noqa: S608 - from the catalog
        assert code not in dump


def test_the_page_asks_first_in_both_languages_and_looking_accepts_nothing(visitor: Visitor, world: World) -> None:
    for query, words in (("", ZH), ("?lang=en", EN), ("?lang=xx", ZH)):
        page = visitor.open(query)
        assert page.status_code == 200
        for name in ("ask", "masked", "open", "stop_all", "first", "stop", "switch"):
            assert words[name] in page.text
    bound = get_bound(world, visitor.sent.invitation_id)
    assert bound is not None
    assert (bound.accepted_at, bound.ended_at) == (None, None)


def test_the_page_has_no_script_no_foreign_host_no_data_of_a_person_and_is_kept_nowhere(
    visitor: Visitor, world: World
) -> None:
    page = visitor.open()
    assert "<script" not in page.text
    assert re.findall(r"(?:https?:)?//[a-z]", page.text) == []
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert {name: page.headers[name] for name in ("Cache-Control", "Referrer-Policy", "X-Frame-Options")} == {
        "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
    }  # fmt: skip
    phone = find_phone(world, visitor.members, visitor.sent.invitation_id)
    bound = get_bound(world, visitor.sent.invitation_id)
    assert bound is not None
    for secret in (phone, phone[3:], str(bound.household_id), str(visitor.planner.actor.account_id)):
        assert secret not in page.text
    assert "Set-Cookie" not in page.headers


def test_a_posted_form_accepts_leads_back_and_shows_what_was_kept(visitor: Visitor, world: World) -> None:
    posted = visitor.post("噪音大，电话13912345678")
    assert posted.status_code == 303
    page = visitor.client.get(visitor.path + posted.headers["Location"])
    assert ZH["said"] in page.text
    assert "噪音大，电话[masked]" in page.text
    assert ZH["more"] in page.text
    visitor.planner.carry()
    assert find_answers(world) == [(find_handles(world)[0], "噪音大，电话[masked]")]


def test_the_same_form_posted_again_is_one_act(visitor: Visitor, world: World) -> None:
    form = read_form(visitor.open().text)
    for _ in range(5):
        assert visitor.post(form=form).status_code == 303
    visitor.planner.carry()
    assert len(find_answers(world)) == 1


def test_what_somebody_writes_is_shown_as_text(visitor: Visitor) -> None:
    visitor.post("<b>我</b> \"好\" & '坏'")
    page = visitor.open()
    assert "<script" not in page.text
    assert "&lt;b&gt;我&lt;/b&gt; &#34;好&#34; &amp; &#39;坏&#39;" in page.text


def test_stop_on_the_page_ends_it_and_the_planner_is_not_told(visitor: Visitor, world: World) -> None:
    visitor.post()
    visitor.planner.carry()
    before = visitor.planner.look(visitor.sent.invitation_id)
    assert visitor.post(act="stop").status_code == 200
    assert (visitor.open().status_code, ZH["closed"] in visitor.open().text) == (404, True)
    form = {"form": "0" * 32, "text": "还有", "act": "say"}
    assert visitor.client.post(visitor.path, data=form).status_code == 404
    phone = find_phone(world, visitor.members, visitor.sent.invitation_id)
    assert text_back(visitor.client, phone, "还有一点") == 200
    visitor.planner.carry()
    assert len(find_answers(world)) == 1
    assert visitor.planner.look(visitor.sent.invitation_id) == before


def test_expired_ended_and_unknown_links_are_one_page(visitor: Visitor, clock: FakeClock) -> None:
    pages = [
        visitor.client.get("/t/" + "x" * 22),
        visitor.client.get("/t/short"),
        visitor.client.get("/t/" + "号" * 22),
    ]
    clock.now = visitor.sent.answer_by
    pages.append(visitor.open())
    assert {(page.status_code, page.data) for page in pages} == {(404, pages[0].data)}
    clock.advance(seconds=-1)
    assert visitor.open().status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"form": "0" * 32, "text": "x"},
        {"form": "0" * 32, "text": "x", "act": "share"},
        {"form": "short", "text": "x", "act": "say"},
    ],
)
def test_a_form_that_is_not_the_page_s_is_refused(visitor: Visitor, form: dict[str, str]) -> None:
    assert visitor.client.post(visitor.path, data=form).status_code == 400


def test_a_body_beyond_the_limit_is_refused_and_a_long_text_is_cut(visitor: Visitor, world: World) -> None:
    form = {"form": "0" * 32, "act": "say"}
    assert visitor.client.post(visitor.path, data=form | {"text": "声" * 9000}).status_code == 413
    assert visitor.client.post(visitor.path, data=form | {"text": "声" * 700}).status_code == 303
    visitor.planner.carry()
    assert [len(body) for _, body in find_answers(world)] == [500]


def test_an_empty_text_accepts_nothing(visitor: Visitor, world: World) -> None:
    visitor.post("   ")
    bound = get_bound(world, visitor.sent.invitation_id)
    assert bound is not None
    assert bound.accepted_at is None


def test_a_text_with_a_character_that_no_database_takes_is_taken_without_it(visitor: Visitor, world: World) -> None:
    assert visitor.post("好的\x00再见").status_code == 303
    assert "好的 再见" in visitor.open().text
    visitor.planner.carry()
    assert [body for _, body in find_answers(world)] == ["好的 再见"]
