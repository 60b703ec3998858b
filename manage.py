#!/usr/bin/env python3
"""The one command line. Each command lives in the package that it is about; here they only meet.

Commands are imported when they are called, so that a process loads no more than it needs.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click
from pydantic import ValidationError

from privacy.people.errors import KeyMissingError, KeyStoreError
from settings_faults import explain

_COMMANDS = {
    "up": "stack.up:up",
    "down": "stack.up:down",
    "demo": "stack.demo:demo",
    "migrate": "migrations.commands:migrate",
    "roles": "migrations.commands:roles",
    "places": "geo.commands:places",
    "city": "field_apps_mock.commands:city_command",
    "keys": "privacy.people.commands:keys",
    "intake": "monthly:intake",
    "help-intake": "monthly:help_intake",
    "vocabulary": "privacy.people.mining.commands:vocabulary",
    "release": "monthly:release",
    "ledger": "privacy.release.commands:ledger",
    "staff": "api.commands:staff",
    "openapi": "api.commands:openapi",
    "rules": "messaging.campaigns.commands:rules",
    "content": "messaging.campaigns.commands:content",
    "send": "messaging.delivery.commands:send",
    "messages": "messaging.delivery.commands:messages",
    "household": "messaging.delivery.household_commands:household",
    "audit": "privacy.people.audit_commands:audit",
}


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every name."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(_COMMANDS[cmd_name])
        return command


@click.command(cls=LazyGroup)
def cli() -> None:
    """Run Fieldreach: set-up, places, the monthly drop and release, staff, sending."""


def main() -> None:
    """Run, and say in one line what is wrong with settings, keys or the way to a database. Values are never shown."""
    try:
        cli()
    except ValidationError as error:
        click.echo(explain(error), err=True)
        sys.exit(2)
    except KeyMissingError as error:
        click.echo(f"KEY_FILE: {error}; `keys add` adds it to the full file, `keys copy` to a share of it", err=True)
        sys.exit(2)
    except KeyStoreError as error:
        click.echo(f"KEY_FILE: {error}", err=True)
        sys.exit(2)
    except Exception as error:
        told = _explain_database(error)
        if told is None:
            raise
        click.echo(told, err=True)
        sys.exit(1)


def _explain_database(error: Exception) -> str | None:
    """Return in words what keeps a command from its database; None for anything else."""
    if "sqlalchemy.exc" not in sys.modules:
        return None
    exc = sys.modules["sqlalchemy.exc"]
    if isinstance(error, exc.ArgumentError):
        return "SERVING_URL, PEOPLE_URL and those in PEOPLE_DATABASES are postgresql+psycopg://role:password@host:port/database"
    # A server that answered says why in a state of its own, and then this is no question of reaching it.
    if isinstance(error, exc.OperationalError) and getattr(error.orig, "sqlstate", None) is None:
        return "the database does not answer, or does not know this role and password"
    if isinstance(error, exc.ProgrammingError) and type(error.orig).__name__ == "InsufficientPrivilege":
        return "the database refuses this role; which one the command logs in as stands in README"
    return None


if __name__ == "__main__":
    main()
