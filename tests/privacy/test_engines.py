"""Engines with and without a pooler in their URL: one server connection, lent for a transaction at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import event, text
from sqlalchemy.exc import ArgumentError, OperationalError

from privacy.engines import is_pooled, open_engine
from stack.paths import get_run_dir, remove_run_dir
from stack.pgbouncer import PgBouncer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from stack.test_services import TestServices

LIMIT = text("SELECT current_setting('statement_timeout')")
BACKEND = text("SELECT pg_backend_pid()")


@pytest.fixture(scope="module")
def urls(services: TestServices) -> Iterator[tuple[SecretStr, SecretStr]]:
    """Give the way to a database straight, and through a pooler that has one connection to it."""
    name = f"pooler-{uuid4().hex[:8]}"
    pooler = PgBouncer.at(get_run_dir(name))
    url = services.url("serving", role="field_web")
    try:
        databases = {services.names["serving"]: services.serving.port}
        pooler.start(databases=databases, passwords=services.passwords, pool_size=1)
        yield SecretStr(url), SecretStr(pooler.lead(url))
    finally:
        pooler.stop()
        remove_run_dir(name)


def _find(engine: Engine, what: object) -> object:
    # Committed: with a rollback psycopg would forget what it has prepared.
    with engine.begin() as connection:
        return connection.execute(what).scalar()  # type: ignore[call-overload]


@pytest.mark.parametrize("way", [0, 1])
def test_a_statement_that_takes_too_long_is_ended_whatever_the_way(urls: tuple[SecretStr, SecretStr], way: int) -> None:
    engine = open_engine(urls[way], statement_timeout_ms=100)
    with engine.connect() as connection, pytest.raises(OperationalError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(5)"))
    engine.dispose()


def test_what_one_process_sets_and_prepares_does_not_reach_another_by_their_common_connection(
    urls: tuple[SecretStr, SecretStr],
) -> None:
    limited, free = open_engine(urls[1], statement_timeout_ms=4321), open_engine(urls[1])
    assert _find(limited, BACKEND) == _find(free, BACKEND)
    # psycopg prepares what it sees often, under a name that another process uses too.
    assert {_find(limited, LIMIT) for _ in range(8)} == {"4321ms"}
    assert {_find(free, LIMIT) for _ in range(8)} == {"0"}
    limited.dispose()
    free.dispose()


def test_behind_a_pooler_a_look_in_autocommit_is_one_question(urls: tuple[SecretStr, SecretStr]) -> None:
    engine = open_engine(urls[1], statement_timeout_ms=4321)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, said, *_: asked.append(said))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert connection.scalar(LIMIT) == "0"
    assert asked == [LIMIT.text]
    assert _find(engine, LIMIT) == "4321ms"
    engine.dispose()


def test_a_url_names_no_other_pooler_than_one_by_transaction() -> None:
    assert is_pooled(SecretStr("postgresql+psycopg://a:b@db/x?pooler=transaction"))
    assert not is_pooled(SecretStr("postgresql+psycopg://a:b@db/x"))
    with pytest.raises(ArgumentError):
        is_pooled(SecretStr("postgresql+psycopg://a:b@db/x?pooler=session"))
