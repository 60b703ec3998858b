"""`migrate` with the address of the wrong database says so in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from migrations.commands import migrate

if TYPE_CHECKING:
    from stack.test_services import TestServices


def test_the_address_of_the_other_database_is_refused_in_one_line(services: TestServices) -> None:
    url = services.url("people", role="field_migrator")
    ran = CliRunner().invoke(migrate, ["serving"], env={"MIGRATE_URL": url})
    assert ran.exit_code == 1
    assert ran.output.startswith("Error: MIGRATE_URL is not of a serving database")
    assert ran.output.count("\n") == 1
