"""Whoever can write to Redis can wake the sender, and nothing else: the real worker, and jobs made to harm it."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from redis import Redis
from rq import Callback, Queue, Retry
from rq.command import send_shutdown_command
from rq.job import Job
from rq.repeat import Repeat
from rq.serializers import JSONSerializer
from rq.suspension import suspend
from rq.webhook import Webhook
from rq.worker import Worker

from messaging.campaigns.rq_queue import RqJobQueue
from messaging.delivery.jobs import QUEUE_NAME, WAKE, WakeJob, read_wake_up
from messaging.delivery.models import MessageState
from messaging.delivery.worker import DrainWorker, PumpQueue, make_worker
from tests.messaging.delivery.redis_url import get_url
from tests.messaging.delivery.traps import Unpickled
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World

ROOT = Path(__file__).resolve().parents[3]
START = "from messaging.delivery.commands import send; send()"
TRAP = "tests.messaging.delivery.traps.spring"
CAMPAIGN = "0f0e0d0c-0b0a-4908-8706-050403020100"


def make_data(*parts: object) -> bytes:
    return zlib.compress(json.dumps(parts).encode())


@pytest.mark.parametrize(
    "data",
    [
        make_data("subprocess.run", None, [["true"]], {}),
        make_data("os.system", None, ["true"], {}),
        make_data(f"{WAKE}.__globals__", None, [CAMPAIGN], {}),
        make_data(WAKE, "os", [CAMPAIGN], {}),
        make_data(WAKE, None, [], {}),
        make_data(WAKE, None, [CAMPAIGN, CAMPAIGN], {}),
        make_data(WAKE, None, [CAMPAIGN], {"campaign_id": CAMPAIGN}),
        make_data(WAKE, None, {"0": CAMPAIGN}, {}),
        make_data(WAKE, None, ["{" + CAMPAIGN + "}"], {}),
        make_data(WAKE, None, ["not-a-uuid"], {}),
        make_data(WAKE, None, [1], {}),
        make_data(WAKE, None, None, {}),
        make_data(WAKE, None, [CAMPAIGN]),
        zlib.compress(pickle.dumps((WAKE, None, (CAMPAIGN,), {}))),
        zlib.compress(b"[" * 10_000),
        zlib.compress(b" " * 10_000_000),
        make_data(WAKE, None, [CAMPAIGN], {})[:-1],
        json.dumps([WAKE, None, [CAMPAIGN], {}]).encode(),
        zlib.compress(b"\xff\xfe"),
        b"",
        b"\x00",
    ],
)
def test_what_is_not_exactly_a_wake_up_is_none(data: bytes) -> None:
    assert read_wake_up(data) is None


def test_both_ends_that_wake_are_understood(redis: Redis) -> None:
    campaign_id = uuid4()
    for wake in (RqJobQueue(get_url(redis)).wake, PumpQueue(get_url(redis)).wake):
        wake(campaign_id=campaign_id)
        [job_id] = Queue(QUEUE_NAME, connection=redis).job_ids
        job = WakeJob.fetch(job_id, connection=redis, serializer=JSONSerializer)
        assert isinstance(job, WakeJob)
        assert job.campaign_id == campaign_id
        redis.flushdb()


def test_a_group_is_woken_and_works_in_a_queue_of_its_own(redis: Redis) -> None:
    worker = make_worker(get_url(redis), group="east")
    assert (worker.queue_names(), worker.group) == (["delivery:east"], "east")
    worker.connection.close()
    PumpQueue(get_url(redis), group="east").wake(campaign_id=uuid4())
    assert [Queue(name, connection=redis).count for name in ("delivery:east", QUEUE_NAME)] == [1, 0]


def test_a_full_queue_is_not_filled_further_by_the_pump(redis: Redis) -> None:
    queue = PumpQueue(get_url(redis))
    for _ in range(3):
        queue.wake(campaign_id=uuid4())
    assert Queue(QUEUE_NAME, connection=redis).count == 1


class Sentry:
    """A running worker, what it logged, and the marks that traps left."""

    def __init__(self, world: World, redis: Redis, *, key_file: Path, folder: Path) -> None:
        """Start the worker as in production, but for the carrier, which prints."""
        self.world, self.redis = world, redis
        self.marks, self.log = folder / "marks", folder / "worker.log"
        self.marks.mkdir()
        environment = {
            "MODE": "test", "CARRIER": "console", "REDIS_URL": get_url(redis), "KEY_FILE": str(key_file),
            "SERVING_URL": world.services.url("serving", role="field_sender"),
            "PEOPLE_URL": world.services.url("people", role="field_sender"),
            "SENDING_OPENS": "00:00", "SENDING_CLOSES": "24:00", "TRAP_MARKS": str(self.marks),
        }  # fmt: skip
        with self.log.open("wb") as log:
            command = [sys.executable, "-c", START, "worker"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def count_refusals(self) -> int:
        """Count the lines about refused jobs."""
        return self.log.read_text().count('"job_refused"')

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait; fails when the worker ends or nothing happens."""

        def is_so_while_it_runs() -> bool:
            assert self.process.poll() is None, self._tell()
            return is_so()

        wait_until(is_so_while_it_runs, tell=self._tell)

    def _tell(self) -> str:
        return self.log.read_text()[-3000:]

    def check_it_works(self, **extra: Any) -> None:  # noqa: ANN401 - whatever RQ takes with a job
        """Check that a wake-up sends what is due, and that no trap was touched by then."""
        message_id = self.world.add_message(self.world.add_household())
        queue = Queue(QUEUE_NAME, connection=self.redis, serializer=JSONSerializer)
        queue.enqueue_call(WAKE, args=(CAMPAIGN,), **extra)
        self.wait_until(lambda: self.world.get_message(message_id).state != MessageState.PLANNED)
        self.wait_until(lambda: self.world.get_message(message_id).state != MessageState.SENDING)
        message = self.world.get_message(message_id)
        assert (message.state, message.reason) == (MessageState.ACCEPTED, None)
        assert list(self.marks.iterdir()) == []


@pytest.fixture
def sentry(world: World, redis: Redis, clock: FakeClock, key_file: Path, tmp_path: Path) -> Iterator[Sentry]:
    """Give a running worker; it must still be running in the end, and stop when asked to."""
    # The worker goes by the database's clock, which may be a little behind.
    clock.now = datetime.now(UTC) - timedelta(minutes=1)
    started = Sentry(world, redis, key_file=key_file, folder=tmp_path)
    try:
        yield started
        assert started.process.poll() is None, started.log.read_text()[-3000:]
        started.process.terminate()
        assert started.process.wait(timeout=60) == 0, started.log.read_text()[-3000:]
    finally:
        started.process.kill()
        started.process.wait()


def put_hash(redis: Redis, **fields: bytes | str) -> None:
    """Put a job into the queue without asking RQ."""
    job_id = str(uuid4())
    for name, value in fields.items():
        redis.hset(f"rq:job:{job_id}", name, value)
    redis.rpush(f"rq:queue:{QUEUE_NAME}", job_id)


def test_no_job_makes_the_worker_do_anything_but_send(sentry: Sentry, redis: Redis) -> None:
    marks = str(sentry.marks / "shell")
    pickled, plain = Queue(QUEUE_NAME, connection=redis), Queue(QUEUE_NAME, connection=redis, serializer=JSONSerializer)
    for queue in (pickled, plain):
        queue.enqueue_call(TRAP)
        queue.enqueue_call("subprocess.check_call", args=(["touch", marks],))
        queue.enqueue_call("os.system", args=(f"touch {marks}",))
        queue.enqueue_call("no.such.name", on_failure=Callback(TRAP), on_success=Callback(TRAP))
        queue.enqueue_call("no.such.name", retry=Retry(3), webhooks=[Webhook("http://127.0.0.1:1/", "failed")])
    pickled.enqueue_call(WAKE, args=(Unpickled(),))
    pickled.enqueue_call(WAKE, args=(CAMPAIGN,), meta={"trap": Unpickled()})
    good = make_data(WAKE, None, [CAMPAIGN], {})
    bad = pickle.dumps(Unpickled())
    put_hash(redis, data=zlib.compress(bad), created_at="nonsense")
    put_hash(redis, data=good + b"x" * 1000)
    put_hash(redis, created_at="nonsense")
    sentry.wait_until(lambda: sentry.count_refusals() == 15)
    assert redis.keys("rq:job:*") == []
    # With good data the rest is not even read.
    put_hash(redis, data=good, meta=bad, result=bad, status="nonsense", timeout="x", created_at="x", webhooks="x")
    sentry.check_it_works()
    assert sentry.count_refusals() == 15


def test_a_wake_up_brings_nothing_along(sentry: Sentry, redis: Redis) -> None:
    callbacks = {name: Callback(TRAP) for name in ("on_success", "on_failure", "on_stopped")}
    sentry.check_it_works(**callbacks, retry=Retry(3), repeat=Repeat(times=3), meta={"a": 1})
    sentry.wait_until(lambda: not redis.keys("rq:job:*"))
    assert sentry.count_refusals() == 0


def test_odd_keys_in_redis_do_not_end_the_worker(sentry: Sentry, redis: Redis) -> None:
    sentry.check_it_works()
    job_id = str(uuid4())
    redis.set(f"rq:job:{job_id}", "no hash")
    for name in (job_id, "no such job", "../etc", b"\xff\x00", ""):
        redis.rpush(f"rq:queue:{QUEUE_NAME}", name)
    sentry.check_it_works()


def test_nobody_gives_orders_to_the_worker_over_redis(sentry: Sentry, redis: Redis) -> None:
    sentry.check_it_works()
    [worker] = Worker.all(connection=redis)
    send_shutdown_command(redis, worker.name)
    suspend(redis)
    time.sleep(0.5)
    sentry.check_it_works()


def test_what_a_dead_worker_left_is_not_carried_out_by_the_next(world: World, redis: Redis) -> None:
    queue = Queue(QUEUE_NAME, connection=redis)
    job = queue.enqueue_call(TRAP, on_failure=Callback(TRAP))
    redis.delete(queue.key)
    redis.rpush(queue.intermediate_queue_key, job.id)
    redis.set(f"{queue.intermediate_queue_key}:first_seen:{job.id}", "1")
    redis.zadd(queue.started_job_registry.key, {f"{job.id}:{uuid4()}": 1})
    redis.zadd(queue.deferred_job_registry.key, {job.id: 1})
    worker = DrainWorker([queue], connection=redis, serializer=JSONSerializer, job_class=WakeJob)
    worker.run_maintenance_tasks()
    assert (queue.count, redis.llen(queue.intermediate_queue_key)) == (0, 0)
    assert world.count_states() == {}


def test_a_quiet_queue_does_not_look_like_a_redis_that_is_away(redis: Redis) -> None:
    worker = make_worker(get_url(redis))
    connection = worker.connection.connection_pool.get_connection()
    assert connection.socket_timeout is not None
    assert connection.socket_timeout > worker.dequeue_timeout
    worker.connection.close()


def test_rqs_own_way_of_performing_a_job_is_closed(redis: Redis) -> None:
    queue = Queue(QUEUE_NAME, connection=redis)
    worker = DrainWorker([queue], connection=redis)
    job = queue.enqueue_call("os.getpid")
    with pytest.raises(PermissionError, match="not called"):
        worker.perform_job(job, queue, None)
    worker.execute_job(job, queue)
    assert not Job.exists(job.id, connection=redis)
