"""One RQ job a message, as anybody would write it first: read the row, call Twilio's own client, update the row.

No claim, no caps, no audit, no consent; a crash loses or repeats messages. `python -m benchmarks.baselines.rq_job KIND`
works until the queue is empty and prints the seconds: `fork` is RQ's usual worker, which forks for each job, `simple`
its SimpleWorker, which does not. PLAIN_URL, TWILIO_API_BASE and REDIS_URL say where.
"""

from __future__ import annotations

import os
import sys
import time
from functools import cache
from typing import Final
from uuid import UUID

from redis import Redis
from rq import Queue, SimpleWorker, Worker
from sqlalchemy import Text, Uuid, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from twilio.rest import Client

QUEUE_NAME: Final = "plain"
_ORIGIN: Final = "+15005550006"


class Plain(DeclarativeBase):
    """The baseline's own tables."""


class PlainMessage(Plain):
    """A message as anybody would store it first: the phone in clear, a state, a SID."""

    __tablename__ = "plain_messages"

    message_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    phone: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="planned")
    sid: Mapped[str | None] = mapped_column(Text)


@cache
def _get_sessions() -> sessionmaker[Session]:
    return sessionmaker(create_engine(os.environ["PLAIN_URL"]))


@cache
def _get_client() -> Client:
    client = Client("AC" + "0a" * 16, "not-a-secret-outside-benches")
    client.api.base_url = os.environ["TWILIO_API_BASE"]
    return client


def send_message(message_id: UUID) -> None:
    """Send one message: the whole job."""
    with _get_sessions().begin() as session:
        message = session.get_one(PlainMessage, message_id)
        sent = _get_client().messages.create(to=message.phone, from_=_ORIGIN, body=message.body)
        message.sid, message.state = sent.sid, "sent"


def main(kind: str) -> None:
    """Work until nothing is left."""
    with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        make = Worker if kind == "fork" else SimpleWorker
        # What can be loaded before is, as RQ's documentation advises: a horse has it then.
        _get_client().messages  # noqa: B018 - loads the client's modules, asks nothing
        worker = make([Queue(QUEUE_NAME, connection=redis)], connection=redis)
        began = time.perf_counter()
        worker.work(burst=True, logging_level="WARNING")
        print(time.perf_counter() - began)


if __name__ == "__main__":
    main(sys.argv[1])
