#!/usr/bin/env python3
"""The one command line. Each command lives in the package that it is about; here they only meet.

Commands are imported when they are called, so that a process loads no more than it needs.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path

import click

_COMMANDS = {
    "up": "stack.up:up",
    "down": "stack.up:down",
    "demo": "stack.demo:demo",
    "migrate": "migrations.commands:migrate",
    "roles": "migrations.commands:roles",
    "places": "geo.commands:places",
    "city": "field_apps_mock.commands:city",
    "keys": "privacy.people.commands:keys",
    "intake": "manage:intake",
    "release": "manage:release",
    "ledger": "privacy.release.commands:ledger",
    "staff": "api.commands:staff",
    "openapi": "api.commands:openapi",
    "send": "messaging.delivery.commands:send",
    "messages": "messaging.delivery.commands:messages",
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
        command = globals()[attribute] if module == "manage" else getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(_COMMANDS[cmd_name])
        return command


@click.command(cls=LazyGroup)
def cli() -> None:
    """Run Fieldreach: set-up, places, the monthly drop and release, staff, sending."""


@click.command()
@click.argument("drop_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where bad rows are listed.")
def intake(drop_dir: Path, rejects: Path | None) -> None:
    """Validate a monthly drop and take it in: households, needs, consents, the vault."""
    raise NotImplementedError


class MonthType(click.ParamType[date]):
    """A calendar month, `2026-11`."""

    name = "month"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the first day of the month."""
        try:
            return datetime.strptime(str(value), "%Y-%m").replace(tzinfo=UTC).date()
        except ValueError:
            self.fail("a month looks like 2026-11", param, ctx)


if __name__ == "__main__":
    cli()
