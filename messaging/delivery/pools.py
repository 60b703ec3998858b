"""Connections to a database. Apart from the sender's parts, so that the gateway loads no carrier's client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from privacy.engines import open_engine

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy import Engine

_CONNECT_TIMEOUT_S = 2
_SILENCE_MS = 10_000
_KEEPALIVE_S = 5


def create_pool(url: SecretStr, *, connections: int, statement_timeout_ms: int) -> Engine:
    """Return an engine that gives up on a silent server, and never writes a value into an error."""
    return open_engine(
        url,
        statement_timeout_ms=statement_timeout_ms,
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": _CONNECT_TIMEOUT_S,
            # A server whose machine or network is gone is noticed within seconds, not when TCP gives up.
            "tcp_user_timeout": _SILENCE_MS,
            "keepalives_idle": _KEEPALIVE_S,
            "keepalives_interval": _KEEPALIVE_S,
        },
    )
