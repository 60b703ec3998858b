"""A knock wakes whoever waits for a drop; without Redis they look by themselves."""

from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING

from privacy.people.wake_ups import WakeUps

if TYPE_CHECKING:
    from stack.test_services import TestServices


def test_a_knock_ends_the_wait_and_leaves_nothing_in_the_queue(services: TestServices) -> None:
    knocking, waiting = (WakeUps(services.redis.url, name="intake-test") for _ in range(2))
    began = time.monotonic()
    waiter = Thread(target=waiting.wait, args=(30,))
    waiter.start()
    knocking.knock(drop_id="qd-2026-11", helpers=1)
    waiter.join(timeout=20)
    assert not waiter.is_alive()
    assert time.monotonic() - began < 20
    assert knocking._queue.count == 0


def test_without_redis_nobody_fails() -> None:
    away = WakeUps("redis://127.0.0.1:1/0")
    away.knock(drop_id="qd-2026-11", helpers=2)
    away.wait(0)
