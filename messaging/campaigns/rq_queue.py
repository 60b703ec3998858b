"""The queue over Redis: a job is the name of a function and one id. Without Redis nothing is lost, only later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

_WAKE: Final = "messaging.delivery.worker.wake"
_QUEUE_NAME: Final = "delivery"
_TIMEOUT_S: Final = 0.25
_JOB_TTL_S: Final = 300

_log = structlog.get_logger(__name__)


class RqJobQueue:
    """Enqueues by name, so that the web process never imports the sender."""

    def __init__(self, redis_url: str, *, groups: Sequence[str] = ()) -> None:
        """Prepare a client that gives up early; nothing is connected yet.

        Where cities live in groups, each has a queue of its own, and all are woken: one too many finds nothing to do.
        """
        # The library would try again for seconds; a lost wake-up costs less than a waiting sender of a request.
        redis = Redis.from_url(
            redis_url,
            socket_connect_timeout=_TIMEOUT_S,
            socket_timeout=_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        # JSON: whoever reads the job must not have to load anything that could run.
        names = [f"{_QUEUE_NAME}:{group}" for group in groups] or [_QUEUE_NAME]
        self._queues = [Queue(name, connection=redis, serializer=JSONSerializer) for name in names]

    def wake(self, *, campaign_id: UUID) -> None:
        """Enqueue a wake-up for a campaign; a Redis that does not answer is logged and otherwise ignored."""
        try:
            for queue in self._queues:
                queue.enqueue_call(
                    _WAKE, args=(str(campaign_id),), result_ttl=0, ttl=_JOB_TTL_S, failure_ttl=_JOB_TTL_S
                )
        except (RedisError, OSError):
            _log.warning("wake_up_lost", campaign_id=str(campaign_id))
