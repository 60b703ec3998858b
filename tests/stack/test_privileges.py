"""What each runtime role may do with each table, from PostgreSQL's own catalog. A wider right is a visible diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from migrations.roles import RUNTIME_ROLES

if TYPE_CHECKING:
    from migrations.roles import Database
    from stack.test_services import TestServices

MATRIX = Path(__file__).with_name("privileges.json")
_TABLES = """
SELECT grantee, table_schema || '.' || table_name, string_agg(privilege_type, ', ' ORDER BY privilege_type)
FROM information_schema.role_table_grants
WHERE grantee = ANY(%(roles)s) AND table_schema NOT IN ('information_schema', 'pg_catalog')
GROUP BY 1, 2
"""
_COLUMNS = """
SELECT grantee, table_schema || '.' || table_name,
    privilege_type || ' (' || string_agg(column_name, ', ' ORDER BY column_name) || ')'
FROM information_schema.column_privileges AS c
WHERE grantee = ANY(%(roles)s) AND table_schema NOT IN ('information_schema', 'pg_catalog') AND NOT EXISTS (
    SELECT FROM information_schema.role_table_grants AS t WHERE (t.grantee, t.table_schema, t.table_name)
        = (c.grantee, c.table_schema, c.table_name) AND t.privilege_type = c.privilege_type)
GROUP BY grantee, table_schema, table_name, privilege_type
"""


def read_matrix(services: TestServices, database: Database) -> dict[str, dict[str, list[str]]]:
    """Return role, table, rights: whole-table rights in one entry, rights on columns in one each."""
    matrix: dict[str, dict[str, list[str]]] = {role: {} for role in RUNTIME_ROLES[database]}
    with services.connect(database) as connection:
        for query in (_TABLES, _COLUMNS):
            for role, table, rights in connection.execute(query, {"roles": list(RUNTIME_ROLES[database])}):
                matrix[str(role)].setdefault(str(table), []).append(str(rights))
    return {role: {table: sorted(rights) for table, rights in sorted(rows.items())} for role, rows in matrix.items()}


@pytest.mark.parametrize("database", ["serving", "people"])
def test_every_right_is_written_down(services: TestServices, database: Database) -> None:
    expected = json.loads(MATRIX.read_text(encoding="utf-8"))[database]
    assert read_matrix(services, database) == expected


def test_nobody_in_front_can_change_a_released_figure() -> None:
    serving = json.loads(MATRIX.read_text(encoding="utf-8"))["serving"]
    rights = {right for rows in serving.values() for table, rights in rows.items() if "released." in table
              for part in rights for right in part.split(", ")}  # fmt: skip
    assert rights == {"SELECT", "INSERT"}


def test_ciphertext_and_keys_are_for_the_sender_the_eraser_and_the_keeper_only() -> None:
    people = json.loads(MATRIX.read_text(encoding="utf-8"))["people"]
    for table in ("vault.phones", "vault.data_keys"):
        readers = {role for role, rows in people.items()
                   if any("SELECT" in right.split(", ") for right in rows.get(table, []))}  # fmt: skip
        assert readers == {"field_sender", "field_eraser", "field_keeper"}
