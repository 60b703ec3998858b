"""What one would write first: an RQ job a message, sent again on any exception. Runs beside ours, for comparison."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import redis
import requests
from rq import Queue, Retry, Worker
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from field_apps_mock.carrier.server import start_carrier
from field_apps_mock.carrier.values import CarrierSettings
from stack.test_services import run_services
from tests.faults.house import ACCOUNT_SID, AUTH_TOKEN, ROOT, find_children
from tests.faults.run import INSTALLATION
from tests.faults.shifted_clock import ShiftedClock
from tests.faults.storms import CARRIER_FAULTS
from tests.faults.values import Verdict

_ATTEMPTS = 5
_WORKERS = 3
_KILL_EVERY_S = 3.0
"""Rarer than in our storms: a worker of this scheme that dies each second gets next to nothing done."""
_PATIENCE_S = 180.0
_CALM_S = 15.0
_TEXT = "旧冰箱换新，门店可预约"
_START = "from tests.faults.retry_scheme import work; work()"


def send_one(phone: str, /) -> None:
    """Ask the carrier to send; an exception makes RQ call this again."""
    client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=TwilioHttpClient(timeout=2.0))
    client.api.base_url = os.environ["TWILIO_API_BASE"]
    client.messages.create(to=phone, from_="+861069000000", body=_TEXT)


def work() -> None:
    """Be an ordinary worker."""
    connection = redis.Redis.from_url(os.environ["REDIS_URL"])
    Worker(["naive"], connection=connection, worker_ttl=10, job_monitoring_interval=2).work(logging_level="CRITICAL")


def run_retry_scheme(*, messages: int) -> Verdict:
    """Send that many messages by retries alone, with the carrier's faults and kills; judge the same way."""
    began = time.monotonic()
    settings = CarrierSettings(ACCOUNT_SID, AUTH_TOKEN)
    with (
        TemporaryDirectory() as folder,
        run_services(INSTALLATION.format("retries"), durable=True) as services,
        start_carrier(settings, state=Path(folder) / "carrier.db", clock=ShiftedClock()) as carrier,
    ):
        environment = {
            "PATH": os.environ["PATH"],
            "REDIS_URL": services.redis.url.removesuffix("/0") + "/8",
            "TWILIO_API_BASE": carrier.url,
        }
        queue = _fill_queue(environment["REDIS_URL"], messages=messages)
        _mistreat(carrier.url)
        _work_amid_kills(queue, environment=environment)
        stats = requests.get(f"{carrier.url}/_stats", timeout=60).json()
        return _judge(stats, planned=messages, left=queue.count, took_s=time.monotonic() - began)


def _fill_queue(redis_url: str, *, messages: int) -> Queue:
    connection = redis.Redis.from_url(redis_url)
    connection.flushdb()
    queue = Queue("naive", connection=connection)
    for number in range(messages):
        queue.enqueue(send_one, f"+861990000{number:04d}", retry=Retry(max=_ATTEMPTS), job_timeout=10)
    return queue


def _mistreat(carrier_url: str) -> None:
    for mode, probability in CARRIER_FAULTS.items():
        requests.post(f"{carrier_url}/_control", json={"mode": mode, "probability": probability}, timeout=60)


def _work_amid_kills(queue: Queue, *, environment: dict[str, str]) -> None:
    """Keep workers at it, killing the oldest now and then until the queue is empty; then leave the rest in peace."""
    workers = [_start(environment) for _ in range(_WORKERS)]
    deadline = time.monotonic() + _PATIENCE_S
    try:
        while queue.count and time.monotonic() < deadline:
            time.sleep(_KILL_EVERY_S)
            _kill(workers.pop(0))
            workers.append(_start(environment))
        time.sleep(_CALM_S)
    finally:
        for worker in workers:
            _kill(worker)


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _START],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _kill(worker: subprocess.Popen[bytes]) -> None:
    for pid in (*find_children(worker.pid), worker.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    worker.wait(timeout=60)


def _judge(stats: dict[str, Any], *, planned: int, left: int, took_s: float) -> Verdict:
    return Verdict(
        planned=planned,
        taken=stats["accepted"],
        skipped=0,
        duplicates=stats["duplicates"],
        lost=planned - (stats["accepted"] - stats["duplicates"]),
        outstanding=left,
        unconfirmed=0,
        over_cap=stats["duplicates"],
        resent=max(0, stats["create_requests"] - (planned - left)),
        longest_wait_s=took_s,
        took_s=took_s,
    )
