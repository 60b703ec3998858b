"""An operator in front reads the same, byte for byte, however many households there were; the pump says only words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from messaging.delivery.ports import OutgoingSms, Rejected, SendResult
from messaging.delivery.reporting import report
from messaging.delivery.valve import ValveLimits
from tests.leaks.theatre import Audience, Line, Stage

NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
Scene: TypeAlias = tuple[int, Callable[[Audience], None] | None, Callable[[OutgoingSms], SendResult] | None]
SCENES: dict[str, Scene] = {
    "some": (8, None, None),
    "more than enough": (70, None, None),
    "all capped": (8, Audience.use_up_caps, None),
    "nobody agreed": (8, Audience.withdraw_consent, None),
    "refused one by one": (8, None, lambda _: Rejected(21211)),
}


def play(stage: Stage) -> list[Line]:
    """Send a broadcast, and read all that an operator may, before, after, and once it is done."""
    stage.order("the-first-key")
    stage.seen = []
    for _ in range(3):
        stage.go_on()
        report(stage.world.stores, limits=ValveLimits(), now=stage.clock())
        stage.sign_in("operator")
        for path in ("/v1/operations", "/v1/operations/pump"):
            stage.ask("GET", path)
        stage.clock.advance(hours=7)
    return stage.seen


@pytest.fixture(scope="module")
def expected(stage: Stage) -> list[Line]:
    """Give what is seen where nobody needs the thing, so that nobody is ever reached."""
    stage.clear(at=NOON)
    Audience(stage.world).fill(0)
    return play(stage)


@pytest.mark.parametrize("name", SCENES)
def test_nothing_that_an_operator_sees_tells_the_scenes_apart(stage: Stage, expected: list[Line], name: str) -> None:
    people, befall, answer = SCENES[name]
    stage.clear(at=NOON)
    audience = Audience(stage.world)
    audience.fill(people)
    if befall is not None:
        befall(audience)
    stage.carrier.answer = answer
    assert play(stage) == expected
    assert (stage.count_reached() > 0) == (befall is None)
