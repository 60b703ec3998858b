"""Databases and roles. Runtime roles own nothing; the owner cannot log in. Needs a superuser, once.

A role exists only in the cluster that it works in: `field_web` has no role, hence no password, where people live.
What each role may do with which table stands in the migrations, beside the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

Database: TypeAlias = Literal["serving", "people"]

OWNER = "field_owner"
MIGRATOR = "field_migrator"

RUNTIME_ROLES: dict[Database, tuple[str, ...]] = {
    "serving": ("field_web", "field_operator", "field_intake", "field_release", "field_sender"),
    "people": ("field_intake", "field_release", "field_sender", "field_gateway", "field_eraser", "field_keeper"),
}


def create_roles(
    connection: psycopg.Connection[tuple[object, ...]], *, database: Database, passwords: Mapping[str, str]
) -> None:
    """Create the roles of one cluster, or give existing ones their new password."""
    known = {str(name) for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    if OWNER not in known:
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(OWNER)))
    for role in (MIGRATOR, *RUNTIME_ROLES[database]):
        verb = "ALTER" if role in known else "CREATE"
        statement = sql.SQL(verb + " ROLE {} LOGIN NOINHERIT PASSWORD {}")
        connection.execute(statement.format(sql.Identifier(role), sql.Literal(passwords[role])))
    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(OWNER), sql.Identifier(MIGRATOR)))
    _close_neighbours(connection)


def _close_neighbours(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Keep every role out of the databases that PostgreSQL brings along: nobody looks after what is put there."""
    known = {str(name) for (name,) in connection.execute("SELECT datname FROM pg_database")}
    for name in sorted(known & {"postgres", "template1"}):
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def create_database(
    connection: psycopg.Connection[tuple[object, ...]], *, database: Database, name: str | None = None
) -> bool:
    """Create a database that only its own roles may enter. Returns whether it is new."""
    name = name or database
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return False
    identifier = sql.Identifier(name)
    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(identifier, sql.Identifier(OWNER)))
    close_database(connection, database=database, name=name)
    return True


def close_database(connection: psycopg.Connection[tuple[object, ...]], *, database: Database, name: str) -> None:
    """Take every right on a database from the public and let in its own roles only."""
    identifier = sql.Identifier(name)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(identifier))
    for role in (MIGRATOR, *RUNTIME_ROLES[database]):
        connection.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(identifier, sql.Identifier(role))
        )


def prepare_database(connection: psycopg.Connection[tuple[object, ...]], *, database: Database) -> None:
    """Do inside a new database what only a superuser can: PostGIS, an empty public schema, no large objects."""
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    _close_large_objects(connection)
    if database == "serving":
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        for role in (OWNER, *RUNTIME_ROLES[database]):
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(role)))


def _close_large_objects(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Take large objects away: PostgreSQL lets everybody make and own them, beside all tables and their grants."""
    functions = connection.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace"
        " AND proname ~ '^(lo_|loread$|lowrite$)' ORDER BY 1"
    ).fetchall()
    for (function,) in functions:
        statement = "REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC"
        connection.execute(sql.SQL(statement).format(sql.SQL(str(function))))
