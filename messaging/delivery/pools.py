"""Connections to a database. Apart from the sender's parts, so that the gateway loads no carrier's client."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError

from privacy.engines import open_engine

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy import Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

_CONNECT_TIMEOUT_S = 2
_SILENCE_MS = 10_000
_KEEPALIVE_S = 5


def create_pool(url: SecretStr, *, connections: int, statement_timeout_ms: int) -> Engine:
    """Return an engine that gives up on a silent server, and never writes a value into an error."""
    engine = open_engine(
        url,
        statement_timeout_ms=statement_timeout_ms,
        pool_size=connections,
        max_overflow=0,
        connect_args={
            "connect_timeout": _CONNECT_TIMEOUT_S,
            # A server whose machine or network is gone is noticed within seconds, not when TCP gives up.
            "tcp_user_timeout": _SILENCE_MS,
            "keepalives_idle": _KEEPALIVE_S,
            "keepalives_interval": _KEEPALIVE_S,
        },
    )
    event.listen(engine, "checkout", _check_end)
    return engine


def _check_end(raw: DBAPIConnection, _record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Have a connection replaced whose server has ended it: then its end waits to be read, though nobody asked.

    Asking the server each time would double what a short look costs. Raises DisconnectionError.
    """
    if not isinstance(raw, psycopg.Connection):
        raise TypeError
    if raw.closed:
        raise DisconnectionError
    waiting = select.poll()
    waiting.register(raw.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise DisconnectionError
