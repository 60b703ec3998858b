"""`migrate` says in one line what is wrong, and needs no more rights than its own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from click.testing import CliRunner

from migrations.commands import migrate
from migrations.errors import ExtensionMissingError
from migrations.roles import MIGRATOR, create_database, prepare_database
from migrations.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stack.test_services import TestServices


def test_the_address_of_the_other_database_is_refused_in_one_line(services: TestServices) -> None:
    url = services.url("people", role="field_migrator")
    ran = CliRunner().invoke(migrate, ["serving"], env={"MIGRATE_URL": url})
    assert ran.exit_code == 1
    assert ran.output.startswith("Error: MIGRATE_URL is not of a serving database")
    assert ran.output.count("\n") == 1


def _get_address(services: TestServices, name: str) -> str:
    return services.serving.url(role=MIGRATOR, password=services.passwords[MIGRATOR], database=name)


@pytest.fixture
def old_database(services: TestServices) -> Iterator[str]:
    """Give the name of a serving database from before figures were sent as cubes."""
    name, cluster = f"serving_{uuid4().hex[:12]}", services.serving
    with cluster.connect() as connection:
        create_database(connection, database="serving", name=name)
    with cluster.connect(name) as connection:
        prepare_database(connection, database="serving")
    try:
        upgrade("serving", url=_get_address(services, name), revision="0011")
        yield name
    finally:
        with cluster.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_the_migrator_makes_the_extension_by_itself(services: TestServices, old_database: str) -> None:
    address = _get_address(services, old_database)
    assert CliRunner().invoke(migrate, ["serving"], env={"MIGRATE_URL": address}).exit_code == 0
    with services.serving.connect(old_database) as connection:
        assert connection.execute("SELECT to_regprocedure('cube_send(cube)') IS NOT NULL").fetchone() == (True,)


def test_a_server_without_the_extension_is_told_of_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise ExtensionMissingError("cube")

    monkeypatch.setattr("migrations.commands.upgrade", refuse)
    ran = CliRunner().invoke(migrate, ["serving"], env={"MIGRATE_URL": "postgresql+psycopg://127.0.0.1:1/none"})
    assert ran.exit_code == 1
    assert ran.output == (
        "Error: the server lacks PostgreSQL's own extension cube: install the package postgresql-contrib there\n"
    )
