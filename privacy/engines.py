"""The one way to open an engine: no error of it holds a value, and a pooler in between is named in its URL.

`...?pooler=transaction` says that PgBouncer, or its like, lends a server's connection for one transaction at a time.
Whatever outlives a transaction then reaches somebody else: no statement is prepared, and the limit of a statement's
time is set in each transaction instead of once a connection. What is asked in autocommit has no limit there but the
socket's timeouts.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

_POOLER: Final = "pooler"
_TRANSACTION: Final = "transaction"


def open_engine(
    url: SecretStr,
    *,
    statement_timeout_ms: int | None = None,
    connect_args: dict[str, object] | None = None,
    **pool: Any,  # noqa: ANN401 - whatever SQLAlchemy's create_engine takes for its pool
) -> Engine:
    """Return an engine; nothing is connected yet. Raises SQLAlchemy's ArgumentError for a URL that is none."""
    address, pooled = _split(url)
    arguments = dict(connect_args or {})
    if pooled:
        arguments["prepare_threshold"] = None
    elif statement_timeout_ms is not None:
        arguments["options"] = f"-c statement_timeout={statement_timeout_ms}"
    engine = create_engine(address, hide_parameters=True, connect_args=arguments, **pool)
    if pooled and statement_timeout_ms is not None:
        _limit_transactions(engine, statement_timeout_ms=statement_timeout_ms)
    return engine


def is_pooled(url: SecretStr, /) -> bool:
    """Say whether a pooler stands in between, so that nothing may be held longer than a transaction."""
    return _split(url)[1]


def _split(url: SecretStr) -> tuple[URL, bool]:
    address = make_url(url.get_secret_value())
    named = address.query.get(_POOLER)
    if named not in {None, _TRANSACTION}:
        raise ArgumentError("pooler=transaction is the only pooler that a URL may name")
    return address.difference_update_query([_POOLER]), named is not None


def _limit_transactions(engine: Engine, *, statement_timeout_ms: int) -> None:
    limit = f"SET LOCAL statement_timeout = {statement_timeout_ms}"

    @event.listens_for(engine, "begin")
    def set_limit(connection: Connection) -> None:
        # SQLAlchemy tells of a beginning in autocommit, too, where no transaction is there to have a limit.
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql(limit)
