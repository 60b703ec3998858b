"""The queue over Redis by which helpers learn that a drop is being taken in: a knock, and nothing that is believed.

Without Redis nothing is lost: a helper looks by itself every few seconds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

if TYPE_CHECKING:
    from collections.abc import Callable

QUEUE_NAME: Final = "intake"
WAKE: Final = "privacy.people.loading.helping.help_out"
"""The name in a job, for whoever looks into the queue. It is never imported."""

_JOB_TTL_S: Final = 60
_TIMEOUT_S: Final = 2.0
_PIECE_S: Final = 1.0
_SHORTEST_S: Final = 0.01


class WakeUps:
    """Knocks, and waits for a knock."""

    def __init__(self, redis_url: str, *, name: str = QUEUE_NAME) -> None:
        """Prepare a client; nothing is connected yet."""
        self._redis = Redis.from_url(redis_url, socket_connect_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 0))
        self._queue = Queue(name, connection=self._redis, serializer=JSONSerializer)

    def knock(self, *, drop_id: str, helpers: int) -> None:
        """Tell helpers to look; a Redis that does not answer is passed over."""
        try:
            for _ in range(helpers):
                self._queue.enqueue_call(WAKE, args=(drop_id,), result_ttl=0, ttl=_JOB_TTL_S, failure_ttl=_JOB_TTL_S)
        except (RedisError, OSError):
            return

    def wait(self, seconds: float, /, *, is_stopped: Callable[[], bool]) -> None:
        """Wait for a knock, at most so long, and hardly longer than until the caller is to stop.

        What the job says is not even read, and it is gone.
        """
        end = time.monotonic() + seconds
        while not is_stopped() and (left := end - time.monotonic()) > 0:
            piece = min(left, _PIECE_S)
            try:
                # Without end would be 0, and so what rounds to it.
                if self._redis.blpop([self._queue.key], timeout=max(piece, _SHORTEST_S)):
                    return
            except (RedisError, OSError):
                time.sleep(piece)
