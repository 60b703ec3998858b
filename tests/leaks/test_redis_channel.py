"""The Redis user that the operations page gives to the web process: it wakes the sender and sees nothing of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError
from rq import Queue
from rq.serializers import JSONSerializer

from messaging.campaigns.rq_queue import RqJobQueue
from messaging.delivery.jobs import WakeJob

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stack.test_services import TestServices

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
TELLING = (
    ("LLEN", "rq:queue:delivery"),
    ("LRANGE", "rq:queue:delivery", "0", "-1"),
    ("SMEMBERS", "rq:workers"),
    ("HGETALL", "rq:worker:x"),
    ("KEYS", "*"),
    ("SCAN", "0"),
    ("INFO",),
    ("MONITOR",),
    ("CLIENT", "LIST"),
    ("SUBSCRIBE", "rq:pubsub:x"),
    ("HSET", "rq:worker:x", "state", "suspended"),
    ("FLUSHDB",),
    ("EVAL", "return 1", "0"),
)


@pytest.fixture
def everything(services: TestServices) -> Iterator[Redis]:
    """Give Redis with all rights, in which the page's user exists until the test ends."""
    (line,) = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("ACL SETUSER web ")]
    with Redis.from_url(services.redis.url) as redis:
        redis.execute_command(*line.replace(">PASSWORD", ">not-a-secret").split())
        yield redis
        redis.execute_command("ACL", "DELUSER", "web")


@pytest.fixture
def web_url(services: TestServices, everything: Redis) -> str:
    """Give the address with which the page's user comes."""
    del everything
    return services.redis.url.replace("redis://", "redis://web:not-a-secret@")


def test_a_wake_up_arrives(everything: Redis, web_url: str) -> None:
    campaign_id = uuid4()
    RqJobQueue(web_url).wake(campaign_id=campaign_id)
    queue = Queue("delivery", connection=everything, serializer=JSONSerializer, job_class=WakeJob)
    jobs = [WakeJob(job_id, connection=everything) for job_id in queue.job_ids]
    for job in jobs:
        job.refresh()
    mine = [job for job in jobs if job.campaign_id == campaign_id]
    for job in mine:
        queue.remove(job)
        everything.delete(job.key)
    assert len(mine) == 1


@pytest.mark.parametrize("command", TELLING, ids=lambda command: str(command[0]))
def test_nothing_is_told(web_url: str, command: tuple[str, ...]) -> None:
    with Redis.from_url(web_url) as redis, pytest.raises(NoPermissionError):
        redis.execute_command(*command)
