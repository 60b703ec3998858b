"""`python -m benchmarks.rq_baseline`: one of our sending processes against one RQ job a message."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final
from uuid import uuid4

import click
from redis import Redis
from rq import Queue
from sqlalchemy import insert

from benchmarks.baselines.rq_job import QUEUE_NAME, Plain, PlainMessage, send_message
from benchmarks.carrier import run_carrier
from benchmarks.outbox import Outbox, open_outbox
from benchmarks.sending import LATENCY_S, drain_once
from benchmarks.values import Progress, Row, Sense
from stack.paths import get_run_dir
from stack.redis_server import RedisServer

_NAME: Final = "bench-rq"
_CONNECTIONS: Final = 32
_JOBS, _QUICK_JOBS = 120, 40
_SECONDS, _QUICK_SECONDS = 6.0, 2.0
_ROUNDS: Final = 3
_GOAL: Final = 15.0


def _enqueue(outbox: Outbox, redis: Redis, *, jobs: int) -> None:
    rows = [{"message_id": uuid4(), "phone": f"+86154{number:08}", "body": "旧冰箱换新"} for number in range(jobs)]
    queue = Queue(QUEUE_NAME, connection=redis)
    with outbox.admin.begin() as session:
        Plain.metadata.create_all(session.connection())
        session.execute(insert(PlainMessage), rows)
    for row in rows:
        queue.enqueue(send_message, row["message_id"])


def _work(kind: str, *, environment: dict[str, str]) -> float:
    """Have a worker of its own process empty the queue; returns the seconds that it worked."""
    command = [sys.executable, "-m", "benchmarks.baselines.rq_job", kind]
    told = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(told.stdout.splitlines()[-1])


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Return how many times faster one sending process is than one worker of either kind."""
    jobs, seconds = (_QUICK_JOBS, _QUICK_SECONDS) if quick else (_JOBS, _SECONDS)
    ratios: dict[str, list[float]] = {"fork": [], "simple": []}
    with open_outbox(_NAME) as outbox, run_carrier(latency_s=LATENCY_S) as carrier_url:
        server = RedisServer.at(get_run_dir(_NAME))
        server.start()
        try:
            admin = outbox.admin.kw["bind"].url.render_as_string(hide_password=False)
            environment = {"PLAIN_URL": admin, "TWILIO_API_BASE": carrier_url, "REDIS_URL": server.url}
            for number in range(1 if quick else _ROUNDS):
                ours = drain_once(outbox, carrier_url=carrier_url, connections=_CONNECTIONS, seconds=seconds).rate
                for kind, found in ratios.items():
                    with Redis.from_url(server.url) as redis:
                        _enqueue(outbox, redis, jobs=jobs)
                    rate = jobs / _work(kind, environment=environment)
                    found.append(ours / rate)
                    progress(f"round {number + 1}: {ours:.0f} messages/s, {rate:.1f} by RQ ({kind})")
        finally:
            server.stop()
    return [
        Row(
            name=f"the same against one RQ job a message, {kind} worker",
            goal=_GOAL,
            sense=Sense.AT_LEAST,
            ratios=tuple(found),
            unit="×",
            note=f"one process of {_CONNECTIONS} connections; {jobs} jobs a round, which have none of our steps",
        )
        for kind, found in ratios.items()
    ]


@click.command()
@click.option("--quick", is_flag=True)
def main(*, quick: bool) -> None:
    """Measure and print."""
    for row in measure(quick=quick, progress=print):
        print(f"{row.name}: {row.median:.1f} ({row.min:.1f}-{row.max:.1f}); {row.note}")


if __name__ == "__main__":
    main()
