"""SQL as the web role, as after an injection: it reaches no person, no file, no other server, and leaves nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stack.test_services import TestServices

Connection = psycopg.Connection[tuple[object, ...]]

REFUSED = (
    # to another server
    "CREATE EXTENSION dblink",
    "CREATE EXTENSION postgres_fdw",
    "CREATE FOREIGN DATA WRAPPER way_out",
    "CREATE SUBSCRIPTION way_out CONNECTION 'host=127.0.0.1' PUBLICATION people WITH (connect = false)",
    "SELECT pg_create_physical_replication_slot('way_out')",
    # to the machine
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "COPY (SELECT 1) TO '/tmp/way-out'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('postgresql.auto.conf')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_ls_logdir()",
    "SELECT lo_import('/etc/passwd')",
    "LOAD 'auto_explain'",
    "CREATE FUNCTION pg_temp.way_out() RETURNS int LANGUAGE c AS 'libc.so.6', 'getpid'",
    # to other roles and what they have
    "SET ROLE field_sender",
    "SET ROLE field_release",
    "SET SESSION AUTHORIZATION field_owner",
    "ALTER ROLE field_web CREATEROLE",
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_shadow",
    "SELECT query_to_xml('SELECT rolpassword FROM pg_authid', true, true, '')",
    # to where other servers' addresses would stand
    "SELECT subconninfo FROM pg_subscription",
    "SELECT umoptions FROM pg_user_mapping",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT * FROM pg_file_settings",
    "SHOW primary_conninfo",
    "SHOW data_directory",
    # to something that stays
    "CREATE TABLE public.kept ()",
    "CREATE TABLE campaigns.kept ()",
    "CREATE SCHEMA kept",
    "CREATE FUNCTION public.kept() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'kept')",
    "CREATE EVENT TRIGGER kept ON ddl_command_start EXECUTE FUNCTION version()",
    "SET log_min_duration_statement = 0",
    "UPDATE released.leaf_figures SET customers = 0",
    "DELETE FROM released.releases",
    "UPDATE campaigns.broadcasts SET quota = 100000",
    "UPDATE staff.accounts SET role = 'operator'",
    "INSERT INTO public.spatial_ref_sys (srid) VALUES (999999)",
    "CREATE RULE kept AS ON INSERT TO campaigns.broadcasts DO ALSO SELECT 1",
    "CREATE TRIGGER kept AFTER INSERT ON campaigns.broadcasts EXECUTE FUNCTION suppress_redundant_updates_trigger()",
)


@pytest.fixture
def injected(services: TestServices) -> Iterator[Connection]:
    """Give a connection as the web role, for statements that nobody foresaw; nothing of it is kept."""
    url = services.url("serving", role="field_web").replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("statement", REFUSED)
def test_the_server_refuses_it(injected: Connection, statement: str) -> None:
    # For want of a right, and never for a mistake in the statement.
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        injected.execute(statement)


def test_a_grant_that_it_makes_gives_nothing(injected: Connection) -> None:
    injected.execute("GRANT ALL ON campaigns.broadcasts TO PUBLIC")
    (has_right,) = injected.execute("SELECT has_table_privilege('public', 'campaigns.broadcasts', 'SELECT')").fetchall()
    assert has_right == (False,)


@pytest.mark.parametrize("name", ["postgres", "template1"])
def test_no_other_database_of_its_server_lets_it_in(services: TestServices, name: str) -> None:
    url = services.serving.url(role="field_web", password=services.passwords["field_web"], database=name)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(url.replace("+psycopg", ""))


@pytest.mark.parametrize("name", ["people", "postgres", "template1"])
def test_the_people_server_does_not_know_it(services: TestServices, name: str) -> None:
    database = services.names["people"] if name == "people" else name
    url = services.people.url(role="field_web", password=services.passwords["field_web"], database=database)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace("+psycopg", ""))


def test_nothing_that_it_can_read_names_the_people_server(services: TestServices, injected: Connection) -> None:
    """Every readable catalog, view and table, as text; read table by table, since some of them refuse."""
    port = services.people.port  # with what stands before a port: catalogs are full of numbers
    marks = (f":{port}", f"={port}", f"port {port}", services.names["people"], "field_gateway", "field_eraser")
    readable = injected.execute(
        "SELECT c.oid::regclass::text FROM pg_class AS c WHERE relkind IN ('r', 'v', 'm', 'p')"
        " AND has_schema_privilege(relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"
        " AND c.oid::regclass::text NOT IN ('pg_proc', 'pg_description', 'spatial_ref_sys', 'public.spatial_ref_sys')"
    ).fetchall()
    assert len(readable) > 100
    found = []
    for (table,) in readable:
        with suppress(psycopg.Error), injected.transaction():
            rows = injected.execute(f"SELECT t::text FROM {table} AS t LIMIT 20000").fetchall()  # noqa: S608 - names from the catalog
            found += [(table, mark) for (row,) in rows for mark in marks if mark in str(row)]
    assert found == []


def test_it_does_not_see_what_others_ask(services: TestServices, injected: Connection) -> None:
    url = services.url("serving", role="field_sender").replace("+psycopg", "")
    with psycopg.connect(url) as sender:
        sender.execute("SELECT count(*) FROM campaigns.broadcasts")
        seen = injected.execute(
            "SELECT query, state, client_port, query_start, xact_start, wait_event FROM pg_stat_activity"
            " WHERE usename = 'field_sender' AND pid = %s",
            (sender.info.backend_pid,),
        ).fetchall()
    assert seen == [("<insufficient privilege>", None, None, None, None, None)]
