"""Who may enter where: the web role has no place among people, and no role owns anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from stack.test_services import TestServices


def test_the_web_role_does_not_exist_where_people_live(services: TestServices) -> None:
    with services.connect("people") as connection:
        roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    assert "field_sender" in roles
    assert "field_web" not in roles


def test_the_web_password_does_not_open_people(services: TestServices) -> None:
    url = services.people.url(
        role="field_web", password=services.passwords["field_web"], database=services.names["people"]
    )
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace("+psycopg", ""))


@pytest.mark.parametrize("database", ["serving", "people"])
def test_runtime_roles_own_nothing_and_owners_cannot_log_in(services: TestServices, database: str) -> None:
    with services.connect("serving" if database == "serving" else "people") as connection:
        owned = connection.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema',"
            " 'public')"
        ).fetchall()
        can_login = connection.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'field_owner'").fetchone()
    assert owned == [("field_owner",)]
    assert can_login == (False,)
