"""Engines of the web process. No connection is opened before the first query, hence none before a fork."""

from __future__ import annotations

import os

from pydantic import SecretStr
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_MS = 5_000


def make_engine(url: SecretStr) -> Engine:
    """Return an engine that gives up early, hides parameters, and starts anew in a forked child."""
    engine = create_engine(
        url.get_secret_value(),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=2,
        max_overflow=2,
        pool_timeout=CONNECT_TIMEOUT_S,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "fieldreach-web",
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
        },
    )
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Return the sessions of an engine; rows stay readable after their commit."""
    return sessionmaker(engine, expire_on_commit=False)
