"""The queue over Redis: a name and an id, and no harm without Redis."""

from __future__ import annotations

import json
import socket
from time import monotonic
from typing import TYPE_CHECKING
from uuid import uuid4

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from messaging.campaigns.rq_queue import RqJobQueue

WAKE = "messaging.delivery.worker.wake"

if TYPE_CHECKING:
    from stack.test_services import TestServices


def test_a_wake_up_is_a_name_and_an_id(services: TestServices) -> None:
    campaign_id = uuid4()
    RqJobQueue(services.redis.url).wake(campaign_id=campaign_id)
    with Redis.from_url(services.redis.url) as redis:
        queue = Queue("delivery", connection=redis, serializer=JSONSerializer)
        jobs = [job for job in queue.jobs if job.args == [str(campaign_id)]]
        assert [json.loads(job.data) for job in jobs] == [[WAKE, None, [str(campaign_id)], {}]]
        jobs[0].delete()


def test_every_group_is_woken_in_a_queue_of_its_own(services: TestServices) -> None:
    campaign_id = uuid4()
    RqJobQueue(services.redis.url, groups=("east", "north")).wake(campaign_id=campaign_id)
    with Redis.from_url(services.redis.url) as redis:
        for name, count in {"delivery:east": 1, "delivery:north": 1, "delivery": 0}.items():
            queue = Queue(name, connection=redis, serializer=JSONSerializer)
            jobs = [job for job in queue.jobs if job.args == [str(campaign_id)]]
            assert len(jobs) == count
            for job in jobs:
                job.delete()


def test_without_redis_nothing_is_raised() -> None:
    begun = monotonic()
    RqJobQueue("redis://127.0.0.1:1/0").wake(campaign_id=uuid4())
    assert monotonic() - begun < 2


def test_a_redis_that_never_answers_is_given_up_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = monotonic()
        RqJobQueue(f"redis://127.0.0.1:{silent.getsockname()[1]}/0").wake(campaign_id=uuid4())
        assert monotonic() - begun < 2
