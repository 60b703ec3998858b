"""Command line of both databases: roles once, migrations at every update."""

from __future__ import annotations

import os
from typing import get_args

import click
import psycopg
from alembic.util import CommandError
from rich.console import Console

from migrations.errors import ExtensionMissingError
from migrations.roles import MIGRATOR, RUNTIME_ROLES, Database, create_database, create_roles, prepare_database
from migrations.upgrade import upgrade

_DATABASES = click.Choice(get_args(Database))


def _get_variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise click.ClickException(f"{name} is not set")
    return value


@click.group()
def roles() -> None:
    """Databases and roles of a real PostgreSQL server."""


@roles.command("create")
@click.argument("database", type=_DATABASES)
def create(database: Database) -> None:
    """Create DATABASE with its roles. ADMIN_URL logs in as superuser; FIELD_..._PASSWORD holds each role's password."""
    admin_url = _get_variable("ADMIN_URL")
    names = (MIGRATOR, *RUNTIME_ROLES[database])
    passwords = {role: _get_variable(f"{role.upper()}_PASSWORD") for role in names}
    with psycopg.connect(admin_url, autocommit=True) as connection:
        create_roles(connection, database=database, passwords=passwords)
        is_new = create_database(connection, database=database)
    with psycopg.connect(admin_url, dbname=database, autocommit=True) as connection:
        prepare_database(connection, database=database)
    Console().print(f"{database}: {'created' if is_new else 'was there'}, roles {', '.join(names)}")


@click.command()
@click.argument("database", type=_DATABASES)
def migrate(database: Database) -> None:
    """Bring DATABASE to the newest revision. MIGRATE_URL logs in as field_migrator."""
    try:
        upgrade(database, url=_get_variable("MIGRATE_URL"))
    except CommandError as error:
        message = f"MIGRATE_URL is not of a {database} database, or of a newer program's: {error}"
        raise click.ClickException(message) from None
    except ExtensionMissingError as error:
        raise click.ClickException(str(error)) from None
    Console().print(f"{database}: at the newest revision")
