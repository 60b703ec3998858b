"""The RQ side: a job carries no message, it only wakes a drain. Losing every job costs one tick of the pump.

Redis is writable by processes that the sender does not trust, so nothing in it is ever carried out: jobs.py.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, Final

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker, worker_registration
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.timeouts import HorseMonitorTimeoutException
from rq.worker import WorkerStatus

from messaging.delivery.composition import build_sender
from messaging.delivery.draining import drain
from messaging.delivery.jobs import WAKE, WakeJob, get_queue_name

if TYPE_CHECKING:
    from types import FrameType
    from uuid import UUID

    from rq.job import Job

log = structlog.get_logger(__name__)

_WORKER_TTL_S: Final = 30
_MONITORING_S: Final = 5
_LONGEST_WAIT_S: Final = 5.0
_JOB_TTL_S: Final = 60
_LONGEST_DRAIN_S: Final = 300.0


def wake(campaign_id: str, *, group: str | None = None) -> int:
    """Send whatever is due in a group, of any campaign; returns the calls made.

    Runs in RQ's work horse, a process of its own. SIGTERM lets every call in hand finish and starts no other.
    """
    stop = Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    parts = build_sender(group)
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
    """RQ's forking worker, which does one thing only, whatever a job says: fork a horse that drains the outbox.

    RQ would import names and load data that a job brings, for its function, callbacks, webhooks, retries, dependents
    and its own maintenance, and would take orders over a channel. Each of those ways is closed here, and the keys of
    a job are gone before its drain begins.
    """

    # After Redis was away, look again soon: the pump stands in meanwhile, but at its own pace.
    max_connection_wait_time = _LONGEST_WAIT_S
    has_stopped = False
    group: str | None = None

    def subscribe(self) -> None:
        """Listen to nobody: who can write to Redis could stop the worker or kill its horse in the middle of a call."""

    def check_for_suspension(self, burst: bool) -> None:  # noqa: FBT001 - the signature is RQ's
        """Go on: a key in Redis suspends nobody; an operator has the valve for that."""

    def run_maintenance_tasks(self) -> None:
        """Forget workers that are gone, and jobs popped by workers that died then; fetch and repeat none of them."""
        for queue in self.queues:
            worker_registration.clean_worker_registry(queue)
            queue.connection.delete(queue.intermediate_queue_key)
        self.last_cleaned_at = datetime.now(UTC)  # type: ignore[assignment]  # RQ writes dates here too

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Drain for a wake-up; refuse anything else with one line in the log. Either way the job is gone first."""
        self.connection.delete(job.key)
        self.connection.lrem(queue.intermediate_queue_key, 1, job.id)
        campaign_id = job.campaign_id if isinstance(job, WakeJob) else None
        if campaign_id is None:
            log.warning("job_refused", queue=queue.name, reason="not a wake-up")
            return
        self.set_state(WorkerStatus.BUSY)
        self._fork(campaign_id)
        self._await_horse()
        self.set_state(WorkerStatus.IDLE)

    def perform_job(self, *_: object, **__: object) -> bool:
        """Refuse for good: this is where RQ would call what a job names. Raises PermissionError."""
        raise PermissionError("what a job names is not called here")

    def _fork(self, campaign_id: UUID) -> None:
        child = os.fork()
        if child:
            self._horse_pid = child
            if self._stop_requested:
                # Asked to stop between two horses: this one has not begun.
                os.kill(child, signal.SIGTERM)
            return
        status = 1
        try:
            os.setpgrp()
            self.setup_work_horse_signals()  # type: ignore[no-untyped-call]
            self._is_horse = True
            wake(str(campaign_id), group=self.group)
            status = 0
        except BaseException as failure:  # noqa: BLE001 - nothing may run on in a copy of the worker
            log.error("drain_failed", reason=type(failure).__name__)  # noqa: TRY400 - a trace may hold what it failed on
        finally:
            os._exit(status)

    def _await_horse(self) -> None:
        """Wait for the drain and stay alive in Redis meanwhile; without Redis wait all the same."""
        until = time.monotonic() + _LONGEST_DRAIN_S
        while True:
            try:
                with self.death_penalty_class(self.job_monitoring_interval, HorseMonitorTimeoutException):
                    self.wait_for_horse()
                break
            except HorseMonitorTimeoutException:
                if time.monotonic() > until:
                    self.kill_horse()
                with suppress(RedisError):
                    self.heartbeat(self.job_monitoring_interval + _WORKER_TTL_S)
        self._horse_pid = 0

    def handle_warm_shutdown_request(self) -> None:
        """Tell the horse too."""
        type(self).has_stopped = True
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]


def run_worker(redis_url: str, *, group: str | None = None) -> None:
    """Work until SIGTERM or SIGINT, through any number of times that Redis goes away or forgets everything."""
    build_sender(group).engine.dispose()
    stop = Event()

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    # RQ's own handlers ask Redis and raise. They stay in place when its work has ended, through the pause after it.
    with suppress(StopRequested):
        while not (stop.is_set() or DrainWorker.has_stopped):
            signal.signal(signal.SIGTERM, request_stop)
            signal.signal(signal.SIGINT, request_stop)
            with suppress(RedisError):
                _work_once(redis_url, group=group)
            with suppress(RedisError):
                stop.wait(0 if DrainWorker.has_stopped else 1)


def _work_once(redis_url: str, *, group: str | None) -> None:
    worker = make_worker(redis_url, group=group)
    worker.work(logging_level="WARNING", with_scheduler=False)


def make_worker(redis_url: str, *, group: str | None = None) -> DrainWorker:
    """Return a worker of a group's queue, on a Redis that answers. Raises RedisError."""
    # Longer than a wait for the next job: the library's own 5 s would end each wait, and a pause follow each end.
    connection = Redis.from_url(redis_url, socket_timeout=_WORKER_TTL_S)
    connection.ping()
    worker = DrainWorker(
        [Queue(get_queue_name(group), connection=connection, job_class=WakeJob, serializer=JSONSerializer)],
        connection=connection,
        job_class=WakeJob,
        serializer=JSONSerializer,
        worker_ttl=_WORKER_TTL_S,
        job_monitoring_interval=_MONITORING_S,
        default_result_ttl=0,
        log_job_description=False,
    )
    worker.group = group
    return worker


class PumpQueue:
    """Wakes workers from the pump, unless a wake-up is waiting already: one is as good as a hundred."""

    def __init__(self, redis_url: str, *, group: str | None = None) -> None:
        """Keep the address and whose queue it is; nothing is asked yet."""
        redis = Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 0))
        self._queue = Queue(get_queue_name(group), connection=redis, serializer=JSONSerializer)

    def wake(self, *, campaign_id: UUID) -> None:
        """Enqueue a wake-up; without Redis the pump sends by itself."""
        try:
            if self._queue.count == 0:
                self._queue.enqueue_call(
                    WAKE,
                    args=(str(campaign_id),),
                    result_ttl=0,
                    ttl=_JOB_TTL_S,
                    failure_ttl=_JOB_TTL_S,
                )
        except (RedisError, OSError) as failure:
            log.warning("wake_up_lost", reason=type(failure).__name__)
