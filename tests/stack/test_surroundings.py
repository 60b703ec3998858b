"""What the matrix of tables does not say: that there is nothing beside it. From PostgreSQL's own catalog."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from migrations.roles import MIGRATOR, OWNER, RUNTIME_ROLES
from tests.stack.test_privileges import MATRIX

if TYPE_CHECKING:
    from migrations.roles import Database
    from stack.test_services import TestServices

DATABASES = ("serving", "people")
POSTGIS_CATALOG = {"public.geography_columns", "public.geometry_columns", "public.spatial_ref_sys"}
_GRANTS = """
SELECT coalesce(rolname, 'PUBLIC'), kind, name, privilege_type, is_grantable FROM (
    SELECT 'database' AS kind, '' AS name, datacl AS acl FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT 'schema', nspname, nspacl FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)'
    UNION ALL SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, nspname || '.' || relname, relacl
        FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname !~ '^(pg_|information_schema$)'
    UNION ALL SELECT 'column', nspname || '.' || relname, attacl
        FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid JOIN pg_namespace AS n ON n.oid = relnamespace
        WHERE nspname !~ '^(pg_|information_schema$)'
    UNION ALL SELECT 'setting', parname, paracl FROM pg_parameter_acl
    UNION ALL SELECT 'default', defaclobjtype::text, defaclacl FROM pg_default_acl
) AS things CROSS JOIN LATERAL aclexplode(acl) LEFT JOIN pg_roles AS r ON r.oid = grantee
"""


def ask(services: TestServices, database: Database, query: str) -> set[tuple[object, ...]]:
    """Return the rows of a query that a superuser asks."""
    with services.connect(database) as connection:
        return set(connection.execute(query).fetchall())


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Database:
    """Give each of the two."""
    found: Database = request.param
    return found


def test_no_runtime_role_is_more_than_an_ordinary_one(services: TestServices, database: Database) -> None:
    attributes = ask(
        services,
        database,
        "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolinherit, rolcanlogin"
        " FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres'",
    )
    nothing = (False,) * 5
    expected = {(role, *nothing, False, True) for role in (MIGRATOR, *RUNTIME_ROLES[database])}
    assert attributes == {*expected, (OWNER, *nothing, True, False)}


def test_only_the_migrator_may_become_another_role_and_nobody_a_predefined_one(
    services: TestServices, database: Database
) -> None:
    memberships = ask(
        services,
        database,
        "SELECT roleid::regrole::text, member::regrole::text, admin_option FROM pg_auth_members"
        " WHERE member <> 'pg_monitor'::regrole",
    )
    assert memberships == {(OWNER, MIGRATOR, False)}


def test_only_the_owner_owns_anything_of_any_kind(services: TestServices, database: Database) -> None:
    owners = ask(
        services,
        database,
        "SELECT refobjid::regrole::text FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND deptype = 'o'"
        " AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))",
    )
    assert owners == {(OWNER,)}


def test_rights_exist_on_tables_columns_schemas_and_the_database_and_on_nothing_else(
    services: TestServices, database: Database
) -> None:
    kinds = ask(
        services,
        database,
        "SELECT classid::regclass::text FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND deptype <> 'o'"
        " AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))",
    )
    # Rights on a column hang on its table. Functions, types, languages, servers, large objects are not among these.
    assert kinds == {("pg_class",), ("pg_namespace",), ("pg_database",)}


def test_a_schema_is_open_to_those_who_have_a_table_in_it_and_nobody_may_create(
    services: TestServices, database: Database
) -> None:
    tables = json.loads(MATRIX.read_text(encoding="utf-8"))[database]
    expected = {
        (role, "schema", table.split(".")[0], "USAGE", False) for role, rows in tables.items() for table in rows
    }
    if database == "serving":
        expected |= {(role, "schema", "public", "USAGE", False) for role in (OWNER, *RUNTIME_ROLES["serving"])}
    granted = {row for row in ask(services, database, _GRANTS) if row[1] == "schema"}
    # A schema's own owner, the rights that it has by being that.
    assert {row for row in granted if row[0] not in {OWNER, "pg_database_owner"}} == {
        row for row in expected if row[0] != OWNER
    }
    assert not any(row[3] == "CREATE" for row in granted if row[0] not in {OWNER, "pg_database_owner"})


def test_nobody_may_pass_a_right_on_and_the_public_has_none(services: TestServices, database: Database) -> None:
    granted = ask(services, database, _GRANTS)
    assert not [row for row in granted if row[4] and row[0] != OWNER]
    public = {row[2] for row in granted if row[0] == "PUBLIC"}
    assert public == (POSTGIS_CATALOG if database == "serving" else set())
    assert {row[3] for row in granted if row[0] == "PUBLIC"} <= {"SELECT"}
    in_matrix = {*RUNTIME_ROLES[database], OWNER, MIGRATOR, "PUBLIC", "postgres", "pg_database_owner"}
    assert {row[0] for row in granted} <= in_matrix


def test_nobody_has_a_right_on_a_sequence_a_setting_or_what_will_be_made_later(
    services: TestServices, database: Database
) -> None:
    granted = ask(services, database, _GRANTS)
    assert not [row for row in granted if row[1] in {"sequence", "setting", "default"} and row[0] != OWNER]


def test_the_databases_let_in_their_own_roles_only(services: TestServices, database: Database) -> None:
    granted = {row for row in ask(services, database, _GRANTS) if row[1] == "database" and row[0] != OWNER}
    assert granted == {
        (role, "database", "", right, False)
        for role in (MIGRATOR, *RUNTIME_ROLES[database])
        for right in ("CONNECT", "TEMPORARY")
    }
    neighbours = ask(
        services,
        database,
        "SELECT datname, rolname FROM pg_database CROSS JOIN pg_roles WHERE datallowconn"
        " AND datname IN ('postgres', 'template1') AND rolname ~ '^field_' AND has_database_privilege(rolname,"
        " datname, 'CONNECT')",
    )
    assert neighbours == set()


def test_no_function_of_ours_lends_its_owners_rights_or_is_open_to_all(
    services: TestServices, database: Database
) -> None:
    lending = ask(
        services,
        database,
        "SELECT DISTINCT pronamespace::regnamespace::text, proname FROM pg_proc WHERE prosecdef",
    )
    # PostGIS: an estimate from the statistics of a table that the caller may read; it checks that by itself.
    assert lending == ({("public", "st_estimatedextent")} if database == "serving" else set())
    open_to_all = ask(
        services,
        database,
        # PostGIS lives in public, where nobody may create anything.
        "SELECT oid::regprocedure::text FROM pg_proc WHERE has_function_privilege('public', oid, 'EXECUTE')"
        " AND pronamespace::regnamespace::text !~ '^(pg_|information_schema$|public$)'",
    )
    assert open_to_all == set()


def test_there_is_no_way_out_of_a_database(services: TestServices, database: Database) -> None:
    extensions = {name for (name,) in ask(services, database, "SELECT extname FROM pg_extension")}
    # Places, and figures sent many at a time: both compute, and reach nothing outside.
    assert extensions == ({"plpgsql", "postgis", "cube"} if database == "serving" else {"plpgsql"})
    untrusted = ask(services, database, "SELECT lanname FROM pg_language WHERE NOT lanpltrusted")
    # Both need a superuser and are PostgreSQL's own.
    assert untrusted == {("internal",), ("c",)}
    for catalog in (
        "pg_foreign_data_wrapper", "pg_foreign_server", "pg_user_mapping", "pg_subscription", "pg_publication",
        "pg_replication_slots", "pg_event_trigger", "pg_largeobject_metadata", "pg_db_role_setting",
    ):  # fmt: skip
        assert ask(services, database, f"SELECT 1 FROM {catalog}") == set(), catalog  # noqa: S608 - names from above


def test_nobody_can_make_a_large_object(services: TestServices, database: Database) -> None:
    makers = ask(
        services,
        database,
        "SELECT proname, rolname FROM pg_proc CROSS JOIN pg_roles WHERE proname ~ '^(lo_|loread$|lowrite$)'"
        " AND rolname ~ '^field_' AND has_function_privilege(rolname, pg_proc.oid, 'EXECUTE')",
    )
    assert makers == set()


def test_what_comes_from_where_people_live_reaches_serving_as_a_release_or_as_an_answer_and_no_other_way() -> None:
    serving = json.loads(MATRIX.read_text(encoding="utf-8"))["serving"]
    on_both_sides = set(RUNTIME_ROLES["serving"]) & set(RUNTIME_ROLES["people"])
    writes = {
        (role, "released" if table.startswith("released.") else table, part.replace(", SELECT", ""))
        for role in on_both_sides
        for table, rights in serving[role].items()
        for part in rights
        if part.split(" ")[0] != "SELECT"
    }
    assert "field_sender" in on_both_sides
    # An invited person's own masked words, under a handle; what an erasure takes away again; a pump's few words.
    assert writes == {
        ("field_release", "released", "INSERT"),
        ("field_sender", "campaigns.pump_report", "INSERT, UPDATE"),
        ("field_sender", "campaigns.conversations", "DELETE, INSERT"),
        ("field_sender", "campaigns.answers", "DELETE, INSERT"),
        ("field_sender", "campaigns.planner_messages", "DELETE"),
        ("field_sender", "campaigns.planner_messages", "UPDATE (taken_at)"),
    }
