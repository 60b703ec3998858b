"""A worker ends well when it is asked to, also while RQ's own handlers are in place and its work has ended."""

from __future__ import annotations

import os
import signal
from threading import Timer
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from messaging.delivery import worker as delivery_worker
from messaging.delivery.worker import DrainWorker, make_worker
from tests.messaging.delivery.redis_url import get_url

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def _own_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put back what a worker in this process changes."""
    monkeypatch.setattr(DrainWorker, "has_stopped", False)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_own_signals")
@pytest.mark.parametrize("is_redis_away", [False, True])
def test_a_worker_stops_in_the_pause_after_rq_gave_up(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, *, is_redis_away: bool
) -> None:
    asked: list[Timer] = []

    def give_up(redis_url: str, *, group: str | None) -> None:
        worker = make_worker(redis_url, group=group)
        worker._install_signal_handlers()  # type: ignore[no-untyped-call]
        if is_redis_away:
            worker.connection = Redis("127.0.0.1", 1, retry=Retry(NoBackoff(), 0))
        asked.append(Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)))
        asked[-1].start()

    monkeypatch.setattr(delivery_worker, "build_sender", lambda _: Mock())
    monkeypatch.setattr(delivery_worker, "_work_once", give_up)
    delivery_worker.run_worker(get_url(redis))
    assert DrainWorker.has_stopped
    assert len(asked) == 1
