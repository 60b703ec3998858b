"""A sender reads the same, byte for byte and at the same times, however many households there were.

Each play goes through the real web application and the sender's real steps; only the people side differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import pytest

from messaging.delivery.ports import Blocked, InDoubt, InDoubtCause, OutgoingSms, Rejected, SendResult
from tests.leaks.theatre import CODES, ORDER, PATH, Audience, Line, Stage

NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
HERE = "lon=120.37&lat=36.07&datum=wgs84"
FIGURES = (
    "/v1/me",
    "/v1/catalog",
    "/v1/yingxiaobao/territory",
    f"/v1/yingxiaobao/communities?{HERE}&category=refrigerator",
    f"/v1/yingxiaobao/heatmap?{HERE}&category=refrigerator",
)
PREVIEW = {name: value for name, value in ORDER.items() if name != "quota"}
Answer: TypeAlias = Callable[[OutgoingSms], SendResult]
Scene: TypeAlias = tuple[int, Callable[[Audience], None] | None, Answer | None, int]

SCENES: dict[str, Scene] = {
    # households, what befalls them, what the carrier says, how many phones are asked for at least
    "some": (8, None, None, 1),
    "more than enough": (70, None, None, 50),
    "all capped": (8, Audience.use_up_caps, None, 0),
    "all opted out": (8, Audience.opt_out, None, 0),
    "nobody agreed": (8, Audience.withdraw_consent, None, 0),
    "no phones": (8, Audience.lose_phones, None, 0),
    "phones that cannot be read": (8, Audience.spoil_phones, None, 0),
    "refused one by one": (8, None, lambda _: Rejected(21211), 1),
    "opted out with the carrier": (8, None, lambda _: Rejected(21610), 1),
    "the account is closed": (8, None, lambda _: Blocked(20003), 1),
    "in doubt": (8, None, lambda _: InDoubt(InDoubtCause.TIMEOUT), 1),
}


def read_own(stage: Stage, broadcast_id: str) -> None:
    for path in (PATH, f"{PATH}?limit=1", f"{PATH}/{broadcast_id}", "/readyz"):
        stage.ask("GET", path)
    stage.ask("POST", f"{PATH}/preview", json=PREVIEW)


def read_figures(stage: Stage) -> None:
    for path in FIGURES:
        stage.ask("GET", path)


def count_requests(stage: Stage) -> dict[str, float]:
    """Return what the counters show, but the times that answers took."""
    page = stage.client.get("/metrics").get_data(as_text=True)
    lines = [line.rpartition(" ") for line in page.splitlines() if line.startswith("fieldreach_http_requests_total")]
    return {name: float(value) for name, _, value in lines if "/metrics" not in name}


def play(stage: Stage) -> list[Line]:
    """Play a day and a half of one broadcast and its repetitions; return all that its sender saw."""
    before = count_requests(stage)
    read_figures(stage)
    read_own(stage, stage.order("the-first-key"))
    stage.go_on()
    (first,) = stage.ask("GET", PATH)["items"]
    broadcast_id = first["broadcast_id"]
    # The same again, another within ten minutes, more than is allowed: each refusal shows something.
    stage.order("the-first-key")
    stage.ask("POST", PATH, json=ORDER, headers={"Idempotency-Key": "another-key"})
    stage.ask("POST", PATH, json={**ORDER, "quota": 1000}, headers={"Idempotency-Key": "a-third-key"})
    # Of two at the same instant chance decides which is the newer.
    stage.clock.advance(seconds=1)
    stage.order("a-fourth-key", community_codes=CODES[:12])
    for change in ("pause", "resume"):
        stage.ask("POST", f"{PATH}/{broadcast_id}/{change}")
        stage.go_on()
        read_own(stage, broadcast_id)
    done_at = datetime.fromisoformat(stage.ask("GET", f"{PATH}/{broadcast_id}")["done_at"])
    expires_at = NOON + timedelta(hours=48)
    for moment in (done_at - timedelta(seconds=1), done_at, expires_at - timedelta(seconds=1), expires_at):
        stage.clock.now = moment
        stage.sign_in()
        stage.go_on()
        read_own(stage, broadcast_id)
    for change in ("pause", "resume", "cancel"):
        stage.ask("POST", f"{PATH}/{broadcast_id}/{change}")
    read_figures(stage)
    counted = {name: value - before.get(name, 0.0) for name, value in count_requests(stage).items()}
    return [*stage.seen, ("counted", sorted((name, value) for name, value in counted.items() if value))]


@pytest.fixture(scope="module")
def expected(stage: Stage) -> list[Line]:
    """Give what is seen where nobody needs the thing, so that nobody is ever reached."""
    stage.clear(at=NOON)
    Audience(stage.world).fill(0)
    return play(stage)


@pytest.mark.parametrize("name", SCENES)
def test_nothing_that_a_sender_sees_tells_the_scenes_apart(stage: Stage, expected: list[Line], name: str) -> None:
    people, befall, answer, least = SCENES[name]
    stage.clear(at=NOON)
    audience = Audience(stage.world)
    audience.fill(people)
    if befall is not None:
        befall(audience)
    stage.carrier.answer = answer
    assert play(stage) == expected
    # What the sender cannot see did differ.
    asked = stage.count_reached()
    assert asked >= least
    assert (asked > 0) == (least > 0)


def test_a_people_side_that_does_nothing_at_all_looks_the_same(stage: Stage, expected: list[Line]) -> None:
    stage.clear(at=NOON)
    Audience(stage.world).fill(8)
    away = replace(stage, is_away=True)
    assert play(away) == expected
    assert away.count_reached() == 0


def test_an_order_that_the_sender_refuses_looks_the_same(stage: Stage, expected: list[Line]) -> None:
    stage.clear(at=NOON)
    Audience(stage.world).fill(8)
    strict = replace(stage, rules=stage.rules.model_copy(update={"message_signature": "别家"}))
    assert play(strict) == expected
    assert strict.count_reached() == 0


def test_what_is_seen_holds_every_state_and_refusal_that_it_should(expected: list[Line]) -> None:
    written = " ".join(str(line) for line in expected)
    for state in ("accepted", "paused", "done"):
        assert f'"state":"{state}"' in written.replace(": ", ":")
    assert {line[2] for line in expected if line[0] in {"GET", "POST"}} == {200, 202, 409, 422}
