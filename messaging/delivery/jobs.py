"""What the worker reads of a job in Redis, whoever wrote it: whether it is a wake-up, and of which campaign."""

from __future__ import annotations

import json
import zlib
from typing import Final
from uuid import UUID

from redis.exceptions import ResponseError
from rq.exceptions import NoSuchJobError
from rq.job import Job

QUEUE_NAME: Final = "delivery"
"""The one queue, or what those of groups begin with; it carries wake-ups only."""

WAKE: Final = "messaging.delivery.worker.wake"
"""The one name that a job may bear. It is compared, never imported."""

_LONGEST_DATA: Final = 512


def get_queue_name(group: str | None) -> str:
    """Return the queue of a group, `delivery:east`."""
    return QUEUE_NAME if group is None else f"{QUEUE_NAME}:{group}"


class WakeJob(Job):
    """A job of which one short field is read, as JSON; callbacks, webhooks, retries and all the rest stay unread.

    `campaign_id` is None for everything that is not exactly a wake-up.
    """

    campaign_id: UUID | None = None

    def refresh(self) -> None:
        """Read the job. Raises NoSuchJobError when it is gone."""
        try:
            length = self.connection.hstrlen(self.key, "data")
            data = self.connection.hget(self.key, "data") if 0 < length <= _LONGEST_DATA else b""
        except ResponseError:
            # Under this key stands something that is no job.
            self.campaign_id = None
            return
        if not length and not self.connection.exists(self.key):
            raise NoSuchJobError
        self.campaign_id = read_wake_up(data if isinstance(data, bytes) else b"")


def read_wake_up(data: bytes) -> UUID | None:
    """Return the campaign of a wake-up, None for any other data: `[name, null, [campaign], {}]`, as JSON, deflated."""
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(data, _LONGEST_DATA)
        name, instance, args, kwargs = json.loads(plain.decode("ascii"))
        if (name, instance, kwargs, len(args)) != (WAKE, None, {}, 1) or not unpacker.eof:
            return None
        campaign_id = UUID(args[0])
    except (zlib.error, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    return campaign_id if str(campaign_id) == args[0] else None
