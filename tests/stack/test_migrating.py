"""`migrate` says in one line what is wrong with a database, and goes on where that was mended."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from click.testing import CliRunner

from migrations.commands import migrate
from migrations.roles import MIGRATOR, create_database, prepare_database

if TYPE_CHECKING:
    from stack.test_services import TestServices


def test_the_address_of_the_other_database_is_refused_in_one_line(services: TestServices) -> None:
    url = services.url("people", role="field_migrator")
    ran = CliRunner().invoke(migrate, ["serving"], env={"MIGRATE_URL": url})
    assert ran.exit_code == 1
    assert ran.output.startswith("Error: MIGRATE_URL is not of a serving database")
    assert ran.output.count("\n") == 1


def test_a_database_from_before_an_extension_is_told_who_makes_it(services: TestServices) -> None:
    name, cluster = f"serving_{uuid4().hex[:12]}", services.serving
    url = cluster.url(role=MIGRATOR, password=services.passwords[MIGRATOR], database=name)
    with cluster.connect() as connection:
        create_database(connection, database="serving", name=name)
    try:
        with cluster.connect(name) as connection:
            prepare_database(connection, database="serving")
            connection.execute("DROP EXTENSION cube")
        refused = CliRunner().invoke(migrate, ["serving"], env={"MIGRATE_URL": url})
        with cluster.connect(name) as connection:
            prepare_database(connection, database="serving")
        done = CliRunner().invoke(migrate, ["serving"], env={"MIGRATE_URL": url})
    finally:
        with cluster.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    assert refused.exit_code == 1
    assert refused.output == (
        "Error: the database lacks the extension cube: run `manage.py roles create serving` once more\n"
    )
    assert done.exit_code == 0
