"""The RQ side: a job carries no message, it only wakes a drain. Losing every job costs one tick of the pump."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Final

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker
from rq.exceptions import StopRequested

from messaging.delivery.composition import build_sender
from messaging.delivery.sending import drain

if TYPE_CHECKING:
    from types import FrameType
    from uuid import UUID

log = structlog.get_logger(__name__)

QUEUE_NAME: Final = "delivery"
_WORKER_TTL_S: Final = 30
_MONITORING_S: Final = 5
_LONGEST_WAIT_S: Final = 5.0
_JOB_TTL_S: Final = 60


def wake(campaign_id: str) -> int:
    """Send whatever is due, of any campaign; returns the calls made. Runs in RQ's work horse, a process of its own.

    SIGTERM lets every call in hand finish and starts no other.
    """
    stop = Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    parts = build_sender()
    until = time.monotonic() + parts.outbox.drain_for_s
    try:
        calls = drain(
            parts.desk,
            connections=parts.outbox.sender_connections,
            stop=stop,
            is_late=lambda: time.monotonic() > until,
        )
    finally:
        parts.engine.dispose()
    log.info("drained", campaign_id=campaign_id, count=calls)
    return calls


class DrainWorker(Worker):
    """RQ's forking worker, which passes a request to stop on to the horse, so that it ends after the call in hand."""

    # After Redis was away, look again soon: the pump stands in meanwhile, but at its own pace.
    max_connection_wait_time = _LONGEST_WAIT_S
    has_stopped = False

    def handle_warm_shutdown_request(self) -> None:
        """Tell the horse too."""
        type(self).has_stopped = True
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]


def run_worker(redis_url: str) -> None:
    """Work until SIGTERM or SIGINT, through any number of times that Redis goes away or forgets everything."""
    build_sender().engine.dispose()
    stop = Event()

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    while not (stop.is_set() or DrainWorker.has_stopped):
        signal.signal(signal.SIGTERM, request_stop)
        signal.signal(signal.SIGINT, request_stop)
        with suppress(RedisError, StopRequested):
            _work_once(redis_url)
        if not DrainWorker.has_stopped:
            stop.wait(1)


def _work_once(redis_url: str) -> None:
    connection = Redis.from_url(redis_url)
    connection.ping()
    worker = DrainWorker(
        [Queue(QUEUE_NAME, connection=connection)],
        connection=connection,
        worker_ttl=_WORKER_TTL_S,
        job_monitoring_interval=_MONITORING_S,
        default_result_ttl=0,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING", with_scheduler=False)


class PumpQueue:
    """Wakes workers from the pump, unless a wake-up is waiting already: one is as good as a hundred."""

    def __init__(self, redis_url: str) -> None:
        """Keep the address; nothing is asked yet."""
        redis = Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 0))
        self._queue = Queue(QUEUE_NAME, connection=redis)

    def wake(self, *, campaign_id: UUID) -> None:
        """Enqueue a wake-up; without Redis the pump sends by itself."""
        try:
            if self._queue.count == 0:
                self._queue.enqueue_call(
                    f"{wake.__module__}.{wake.__name__}",
                    args=(str(campaign_id),),
                    result_ttl=0,
                    ttl=_JOB_TTL_S,
                    failure_ttl=_JOB_TTL_S,
                )
        except (RedisError, OSError) as failure:
            log.warning("wake_up_lost", reason=type(failure).__name__)
