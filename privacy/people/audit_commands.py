"""Commands about the audit: `audit verify`, `audit head`, `audit show`. PEOPLE_URL logs in as field_eraser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from privacy.audit.checking import check_chain, read_head, write_head
from privacy.audit.errors import ChainBrokenError, Flaw, KeptHeadError
from privacy.audit.queries import find_latest, get_head, stream_entries
from privacy.audit.values import Action, Actor, AuditKey, KeptHead, to_utc
from privacy.engines import open_engine
from privacy.people.errors import KeyName
from privacy.people.settings import KeySettings, PeopleSettings
from privacy.visiting import choose_group, group_option

_TOLD_EVERY = 1000
_MEANINGS = {
    Flaw.MISSING: "is missing",
    Flaw.REPEATED: "stands there twice",
    Flaw.ALTERED: "was altered, moved, or written without the key",
    Flaw.HEAD_DIFFERS: "should not be the next, says the head: it was set back or altered",
    Flaw.TRUNCATED: "is missing, and so is all after it",
    Flaw.REWRITTEN: "is not the one of the kept head: the chain was written anew",
}


@contextmanager
def _open_session(group_name: str | None) -> Iterator[tuple[Session, AuditKey]]:
    """Open a session that sees one state of a database, however long it looks. Each group has a chain of its own."""
    group = choose_group(PeopleSettings(), group_name)
    key = AuditKey(KeySettings().open_store().get_key(KeyName.AUDIT))
    engine = open_engine(group.url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    try:
        with Session(engine) as session:
            yield session, key
    finally:
        engine.dispose()


@contextmanager
def _show_progress(total: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("entries"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task("entries", total=total)

        def tell(number: int) -> None:
            if number % _TOLD_EVERY == 0 or number == total:
                bars.update(task, completed=number)

        yield tell


@click.group()
def audit() -> None:
    """Look at what was done with people's data, and check that nobody changed what is told of it.

    With city groups each has a chain and heads of its own: --group.
    """


@audit.command()
@click.option(
    "--head",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of heads that `audit head` printed, one a line; repeatable.",
)
@group_option
def verify(*, files: tuple[Path, ...], group_name: str | None) -> None:
    """Follow the whole chain; exit 1 with the first number at which it does not hold."""
    with _open_session(group_name) as (session, key):
        try:
            kept = [read_head(line, key=key) for file in files for line in file.read_text().splitlines()]
        except KeptHeadError as error:
            raise click.ClickException(str(error)) from None
        head = get_head(session)
        try:
            with _show_progress(head.number) as tell:
                count = check_chain(
                    stream_entries(session), key=key, head=head, kept=[each.head for each in kept], tell=tell
                )
        except ChainBrokenError as error:
            raise click.ClickException(f"entry {error.number} {_MEANINGS[error.flaw]}") from None
    against = f", as in {len(kept)} kept heads" if kept else "; without a kept head nobody can tell a cut-off end"
    click.echo(f"{count:,} entries, all in order{against}")


@audit.command("head")
@group_option
def print_head(group_name: str | None) -> None:
    """Print the end of the chain as one signed line, to be kept where nobody who runs the database can write."""
    with _open_session(group_name) as (session, key):
        click.echo(write_head(KeptHead(get_head(session), datetime.now(UTC)), key=key))


@audit.command()
@click.option("--last", "limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many.")
@click.option("--actor", type=click.Choice([each.value for each in Actor]), help="Acts of one process only.")
@click.option("--action", type=click.Choice([each.value for each in Action]), help="One kind of act only.")
@click.option("--subject", help="One household, campaign, drop or release only, by its id.")
@group_option
def show(*, limit: int, actor: str | None, action: str | None, subject: str | None, group_name: str | None) -> None:
    """Show the newest entries, oldest first."""
    with _open_session(group_name) as (session, _):
        found = find_latest(
            session,
            limit=limit,
            actor=Actor(actor) if actor else None,
            action=Action(action) if action else None,
            subject=subject,
        )
    # Lines, not a table: an id that a narrow terminal cuts is none.
    for entry in found:
        details = " ".join(f"{name}={value}" for name, value in sorted(entry.details.items()))
        parts = (f"{entry.number:>9}", to_utc(entry.at), f"{entry.actor:<8}", f"{entry.action:<18}", entry.subject)
        click.echo("  ".join((*parts, details)).rstrip())
