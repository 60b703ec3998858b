"""Persona cards by HTTP: the same all day, never more than twenty, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, select

from privacy.release.models import DistrictFigures
from privacy.release.slots import get_slot_names
from privacy.release.values import Product
from radar.cards import read_card
from radar.errors import CardExpiredError, CardUnknownError
from radar.models import SeenCards
from tests.api import world
from tests.api.conftest import bearer

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from api.resources import Resources
    from tests.api.conftest import Headers
    from tests.conftest import FakeClock

CARDS = "/v1/jiaohubao/active-users"


def see(client: FlaskClient, headers: Headers, query: str = "") -> dict[str, Any]:
    """Return an answer with cards."""
    answer = client.get(f"{CARDS}?{query}", headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def name(card: dict[str, Any]) -> tuple[Any, ...]:
    """Return the tuple of a card."""
    return card["district"]["adcode"], card["age_band"], card["activity"], card["category"]


def test_a_card_is_one_matching_user_of_a_released_tuple_that_is_large_enough(
    client: FlaskClient, planner: Headers, serving_engine: Engine
) -> None:
    slots = get_slot_names(Product.ACTIVE_USERS)
    with serving_engine.connect() as connection:
        rows = connection.execute(
            select(DistrictFigures.district_adcode, DistrictFigures.counts).where(
                DistrictFigures.product == Product.ACTIVE_USERS
            )
        ).all()
    counts = {(adcode, *slot.split("/")): count for adcode, own in rows for slot, count in zip(slots, own, strict=True)}
    cards = see(client, planner, "limit=20")["cards"]
    assert len({name(card) for card in cards}) == 20
    for card in cards:
        assert counts[name(card)] >= 50 + 2 * 20.0
        assert (card["label_zh"], card["label_en"]) == ("一位符合条件的用户", "one matching user")
        assert card["district"]["name"] in card["text_zh"]
        assert all(one["index_national"]["value"] > 100 for one in card["district_interests"])
    assert min(counts.values()) < 90


def test_reloading_shows_the_same_bytes_and_another_planner_others(client: FlaskClient, planner: Headers) -> None:
    first, again = (client.get(CARDS, headers=planner).data for _ in range(2))
    assert first == again
    other = see(client, bearer(client, "planner-two"))["cards"]
    assert [name(card) for card in other] != [name(card) for card in see(client, planner)["cards"]]


def test_no_order_of_questions_shows_more_than_twenty_different_cards_a_day(
    client: FlaskClient, planner: Headers, clock: FakeClock
) -> None:
    seen, refused = set(), 0
    for query in (
        f"district={adcode}&category={category}&limit=20"
        for adcode in (370202, 370203, 110108)
        for category in ("refrigerator", "freezer", "television", "dishwasher")
    ):
        answer = client.get(f"{CARDS}?{query}", headers=planner)
        if answer.status_code == 429:
            refused += 1
            assert answer.get_json()["errors"][0]["reset_at"] == "2026-11-18T16:00:00+00:00"
            assert int(answer.headers["Retry-After"]) == 12 * 3600
            assert answer.headers["RateLimit"] == '"cards";r=0;t=43200'
        else:
            seen |= {name(card) for card in answer.get_json()["cards"]}
    assert len(seen) == 20
    assert refused > 0
    assert see(client, planner, "district=370202&category=refrigerator")["remaining"] == 0
    clock.advance(hours=12)
    fresh = bearer(client, "planner")
    assert see(client, fresh, "district=110108&category=dishwasher")["remaining"] > 0


def test_a_day_that_is_used_up_refuses_also_where_there_is_nothing_to_show(
    client: FlaskClient, planner: Headers
) -> None:
    # The slot number 5, of dishwashers' neighbours, is few in every district.
    few = get_slot_names(Product.ACTIVE_USERS)[5].split("/")
    narrow = f"age_band={few[0]}&activity={few[1]}&category={few[2]}"
    assert see(client, planner, narrow)["cards"] == []
    see(client, planner, "limit=20")
    assert client.get(f"{CARDS}?{narrow}", headers=planner).status_code == 429


def test_when_the_day_is_used_up_every_card_seen_can_still_be_found(client: FlaskClient, planner: Headers) -> None:
    last = see(client, planner, "district=110108&category=dishwasher&limit=3")["cards"]
    while see(client, planner, "district=370200&limit=20")["remaining"]:
        pass
    again = see(client, planner, "district=110108&limit=20")
    assert {name(card) for card in again["cards"]} == {name(card) for card in last}
    everything = see(client, planner, "limit=20")["cards"]
    assert len({name(card) for card in everything}) == 20
    assert everything == see(client, planner, "limit=20")["cards"]


def test_nothing_tells_how_many_cards_there_are(client: FlaskClient, planner: Headers) -> None:
    found = see(client, planner)
    assert set(found) == {"cards", "per_day", "remaining", "reset_at"}
    for word in ("count", "distance", "total", "cursor"):
        assert not any(word in key for key in found["cards"][0])
    assert client.get(f"{CARDS}?cursor=x", headers=planner).status_code == 422
    assert client.get(f"{CARDS}?limit=21", headers=planner).status_code == 422


def test_two_screens_at_once_count_in_turn(app: Flask, client: FlaskClient, serving_engine: Engine) -> None:
    headers, ready = bearer(client, "planner"), Barrier(4)
    queries = [f"district={adcode}&limit=20" for adcode in (370202, 370203, 110108, 370200)]
    seen: list[tuple[Any, ...]] = []

    def look(query: str) -> None:
        own = app.test_client()
        ready.wait()
        answer = own.get(f"{CARDS}?{query}", headers=headers)
        seen.extend(name(card) for card in answer.get_json().get("cards", ()))

    threads = [Thread(target=look, args=(query,)) for query in queries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with serving_engine.connect() as connection:
        counted = connection.scalar(select(SeenCards.cards))
    assert len(set(seen)) == len(counted or ()) == 20


def test_a_card_says_its_tuple_to_its_planner_on_its_day_only(
    client: FlaskClient, planner: Headers, resources: Resources, clock: FakeClock
) -> None:
    shown = see(client, planner)["cards"][0]
    token, me = shown["card_id"], world.get_account_id("planner")
    card = read_card(token, planner_id=me, now=clock(), keys=resources.card_keys)
    own = card.persona
    assert (own.district_adcode, own.age_band, own.activity, own.category) == name(shown)
    assert card.release_id == shown["release_id"]
    with pytest.raises(CardUnknownError):
        read_card(token, planner_id=world.get_account_id("planner-two"), now=clock(), keys=resources.card_keys)
    for at in (0, 10, len(token) // 2, len(token) - 2):
        forged = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(CardUnknownError):
            read_card(forged, planner_id=me, now=clock(), keys=resources.card_keys)
    with pytest.raises(CardExpiredError):
        read_card(token, planner_id=me, now=clock() + timedelta(hours=12), keys=resources.card_keys)


@pytest.mark.parametrize("broken", ["", "x", "é", "A" * 300, "A" * 64, "!" * 40])
def test_what_is_no_card_is_unknown(resources: Resources, clock: FakeClock, broken: str) -> None:
    with pytest.raises(CardUnknownError):
        read_card(broken, planner_id=world.get_account_id("planner"), now=clock(), keys=resources.card_keys)
