"""Engines of the web process. No connection is opened before the first query, hence none before a fork."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from privacy.engines import open_engine

CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_MS = 5_000
SILENCE_MS = 5_000
"""How long a server whose machine or network is gone may keep a request waiting."""

AWAY_S = 5.0
"""How long replicas that did not answer are not asked again."""

RECYCLE_S = 300
"""How long a connection to a replica lives: one that had to go to another host comes back."""

GONE = (OperationalError, InterfaceError, PoolTimeoutError)
"""What a database raises that is not there, or that ended a question in the middle."""

_log = logging.getLogger(__name__)


def make_engine(url: SecretStr, *, recycle_s: int = -1) -> Engine:
    """Return an engine that gives up early, hides parameters, and starts anew in a forked child."""
    engine = open_engine(
        url,
        statement_timeout_ms=STATEMENT_TIMEOUT_MS,
        pool_pre_ping=True,
        pool_recycle=recycle_s,
        pool_size=2,
        max_overflow=2,
        pool_timeout=CONNECT_TIMEOUT_S,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "tcp_user_timeout": SILENCE_MS,
            "application_name": "fieldreach-web",
        },
    )
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Return the sessions of an engine; rows stay readable after their commit."""
    return sessionmaker(engine, expire_on_commit=False)


@dataclass(slots=True)
class ReadSessions:
    """Sessions that only read: on a replica while one answers, else on the primary. Called like a sessionmaker.

    Which replica is libpq's choice among the hosts of one URL. `on_primary` hears of each reading that only the primary
    could do although there are replicas.
    """

    primary: sessionmaker[Session]
    replicas: sessionmaker[Session] | None
    on_primary: Callable[[], None]
    _away_until_s: float = 0.0

    def __call__(self) -> Session:
        """Return a session, of a replica only if it is connected."""
        if self.replicas is None:
            return self.primary()
        if time.monotonic() >= self._away_until_s:
            session = self.replicas()
            try:
                session.connection()
            except GONE:
                session.close()
                self._away_until_s = time.monotonic() + AWAY_S
                _log.warning("no replica answers: reading from the primary")
            else:
                return session
        self.on_primary()
        return self.primary()

    def is_on_primary(self, session: Session) -> bool:
        """Say whether a session of these asks the primary."""
        return self.replicas is None or session.bind is self.primary.kw["bind"]
