"""How a command goes from group to group: one that does not answer keeps none of the others back, and is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click
import psycopg
from sqlalchemy.exc import OperationalError

from privacy.groups import Group, GroupError, GroupSettings

group_option = click.option("--group", "group_name", help="One group of PEOPLE_DATABASES only, by its name.")


def choose_groups(settings: GroupSettings, name: str | None) -> tuple[Group, ...]:
    """Return the named group, or every one. A name that is none ends the command."""
    try:
        return settings.choose_groups(name)
    except GroupError as error:
        raise click.ClickException(str(error)) from None


def choose_group(settings: GroupSettings, name: str | None) -> Group:
    """Return the one group that a command is for. Where there are several, it must be named."""
    try:
        return settings.get_group(name)
    except GroupError as error:
        raise click.ClickException(str(error)) from None


def visit(groups: Sequence[Group], work: Callable[[Group], None]) -> None:
    """Do something in each group; the names of those where it failed end the command, with exit code 1."""
    failed = []
    for group in groups:
        if group.name is None:
            work(group)
            continue
        click.echo(f"{group.name}:")
        try:
            work(group)
        # The intake works on a connection without SQLAlchemy around it.
        except (OperationalError, psycopg.OperationalError):
            click.echo("  the database does not answer, or does not know this role and password", err=True)
            failed.append(group.name)
        except click.ClickException as error:
            click.echo(f"  {error.message}", err=True)
            failed.append(group.name)
    if failed:
        done = len(groups) - len(failed)
        raise click.ClickException(f"not done in {', '.join(failed)}; done in {done} of {len(groups)} groups")
