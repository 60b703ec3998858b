"""Pause, resume and cancel answer the same at every moment, whatever the people side has done by then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.leaks.theatre import PATH, Audience, Line, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
DONE_AT = datetime(2026, 11, 18, 7, 0, tzinfo=UTC)
EXPIRES_AT = NOON + timedelta(hours=48)
SECOND = timedelta(seconds=1)


def draw_some(stage: Stage) -> None:
    stage.adopt()
    stage.draw(batch=3, rounds=1)


def send_some(stage: Stage) -> None:
    stage.adopt()
    stage.draw()
    stage.send(most=2)


def send_all_and_wait(until: datetime) -> Callable[[Stage], None]:
    def wait(stage: Stage) -> None:
        stage.go_on()
        stage.clock.now = until
        stage.sign_in()
        stage.tidy()

    return wait


MOMENTS: dict[str, Callable[[Stage], None]] = {
    "not even read": lambda _: None,
    "read": Stage.adopt,
    "half drawn": draw_some,
    "half sent": send_some,
    "sent and closed": Stage.go_on,
    "done": send_all_and_wait(DONE_AT),
    "just before the end": send_all_and_wait(EXPIRES_AT - SECOND),
    "at the end": send_all_and_wait(EXPIRES_AT),
}


def change_at(stage: Stage, moment: str, changes: tuple[str, ...]) -> list[Line]:
    """Order, let the moment come, change in turn with the people side following, and return what was seen."""
    stage.clear(at=NOON)
    broadcast_id = stage.order("the-first-key")
    MOMENTS[moment](stage)
    for change in changes:
        # Twice: asking again is answered from what stands there.
        for _ in range(2):
            stage.ask("POST", f"{PATH}/{broadcast_id}/{change}")
        stage.ask("GET", f"{PATH}/{broadcast_id}")
        stage.go_on()
        stage.ask("GET", PATH)
    return stage.seen


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_change_is_answered_the_same_with_and_without_households(stage: Stage, moment: str) -> None:
    every = (("pause", "resume", "cancel"), ("cancel", "pause"), ("resume",))
    seen = {}
    for people in (0, 8):
        Audience(stage.world).fill(people)
        seen[people] = [change_at(stage, moment, changes) for changes in every]
        reached = stage.count_reached()
        assert (reached > 0) == (people > 0)
    assert seen[8] == seen[0]


def test_the_moments_differ_in_what_may_still_be_changed(stage: Stage) -> None:
    Audience(stage.world).fill(0)
    first = {moment: change_at(stage, moment, ("cancel",))[1][2] for moment in MOMENTS}
    assert {moment for moment, status in first.items() if status == 409} == {"at the end"}
    assert {status for moment, status in first.items() if moment != "at the end"} == {200}
