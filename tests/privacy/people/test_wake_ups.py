"""A knock wakes whoever waits for a drop; without Redis they look by themselves."""

from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from privacy.people.wake_ups import WakeUps

if TYPE_CHECKING:
    from stack.test_services import TestServices


def _never() -> bool:
    return False


def test_a_knock_ends_the_wait_and_leaves_nothing_in_the_queue(services: TestServices) -> None:
    knocking, waiting = (WakeUps(services.redis.url, name="intake-test") for _ in range(2))
    began = time.monotonic()
    waiter = Thread(target=waiting.wait, args=(30,), kwargs={"is_stopped": _never})
    waiter.start()
    knocking.knock(drop_id="qd-2026-11", helpers=1)
    waiter.join(timeout=25)
    assert not waiter.is_alive()
    assert time.monotonic() - began < 20
    assert knocking._queue.count == 0


def test_without_redis_nobody_fails() -> None:
    away = WakeUps("redis://127.0.0.1:1/0")
    away.knock(drop_id="qd-2026-11", helpers=2)
    away.wait(0, is_stopped=_never)


@pytest.mark.parametrize("is_away", [False, True])
def test_whoever_is_to_stop_ends_the_wait_without_a_knock(services: TestServices, *, is_away: bool) -> None:
    url = "redis://127.0.0.1:1/0" if is_away else services.redis.url
    answers = iter([False, True])
    began = time.monotonic()
    WakeUps(url, name="intake-stop").wait(30, is_stopped=answers.__next__)
    assert time.monotonic() - began < 10
    assert next(answers, None) is None
