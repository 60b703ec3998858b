"""The address of the Redis that a test's connection leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis import Redis


def get_url(redis: Redis) -> str:
    """Return it as settings name it."""
    options = redis.connection_pool.connection_kwargs
    return f"redis://{options['host']}:{options['port']}/{options['db']}"
