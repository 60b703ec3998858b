"""Command lines of the people side: everything about keys, and the progress bar of whatever takes long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from sqlalchemy.orm import Session, sessionmaker

from privacy.audit.recording import Recorder
from privacy.audit.values import Actor, AuditKey
from privacy.engines import open_engine
from privacy.groups import Group
from privacy.people.drop.errors import IntakeRunningError
from privacy.people.errors import VERSIONED, KeyName, KeyStoreError
from privacy.people.key_uses import retire as retire_version
from privacy.people.keys import (
    FileKeyStore,
    add_missing_keys,
    add_version,
    check_removable,
    copy_key_file,
    create_key_file,
    remove_version,
)
from privacy.people.ports import Progress as TellProgress
from privacy.people.rotation import rotate
from privacy.people.settings import KeySettings, KmsSettings, PeopleSettings
from privacy.people.vault import Vault
from privacy.release.signing import get_public_key, write_public_key
from privacy.visiting import visit

_FILE = click.Path(path_type=Path, dir_okay=False)
_ROTATING = click.Choice(sorted(name.value for name in VERSIONED))


@click.group()
def keys() -> None:
    """Make, share, rotate and retire the keys of the people side."""


_KEY_NAMES = click.Choice([name.value for name in KeyName])


@keys.command()
@click.argument("file", type=_FILE)
@click.option("--key", "names", multiple=True, type=_KEY_NAMES, help="A key to make; repeatable; all when left out.")
def create(file: Path, names: tuple[str, ...]) -> None:
    """Write FILE with fresh keys, readable by its owner only. Never overwrites."""
    try:
        with _in_words():
            create_key_file(file, names=frozenset(map(KeyName, names or KeyName)), kms=KmsSettings().kms)
    except FileExistsError:
        raise click.ClickException("the file exists; losing its keys would lose every phone") from None
    except OSError:
        raise click.ClickException("the file cannot be written") from None
    click.echo(f"wrote {file}: keep a copy where no database backup is")


@keys.command()
@click.argument("file", type=_FILE)
def add(file: Path) -> None:
    """Add to FILE, which holds every key, those that a newer version needs. What is there stays. Refuses a share."""
    try:
        with _in_words():
            added = add_missing_keys(file, kms=KmsSettings().kms)
    except OSError:
        raise click.ClickException("the file cannot be written") from None
    click.echo(f"added {', '.join(added)}: keep a copy where no database backup is" if added else "nothing is missing")


@keys.command()
@click.argument("file", type=_FILE)
@click.argument("target", type=_FILE)
@click.option(
    "--key",
    "names",
    multiple=True,
    required=True,
    type=_KEY_NAMES,
    help="A key to copy; repeatable.",
)
@click.option("--replace", "replaces", is_flag=True, help="Put the new share in the place of an older one.")
def copy(file: Path, target: Path, names: tuple[str, ...], *, replaces: bool) -> None:
    """Write TARGET with only some keys of FILE, for a process that needs no more."""
    try:
        with _in_words():
            copy_key_file(file, target=target, names=frozenset(map(KeyName, names)), replaces=replaces)
    except FileExistsError:
        raise click.ClickException("the target exists; --replace makes that share again") from None
    except OSError:
        raise click.ClickException("the target cannot be written") from None
    click.echo(f"wrote {target}")


@keys.command()
@click.argument("file", type=_FILE)
@click.option("--out", type=_FILE, help="Write it here instead of showing it.")
def public(file: Path, out: Path | None) -> None:
    """Show the public key that releases signed with FILE are checked by: a part of RELEASE_PUBLIC_KEYS."""
    with _in_words():
        store = FileKeyStore(file, kms=KmsSettings().kms)
        written = write_public_key(get_public_key(store.get_key(KeyName.SIGNING)))
    if out is None:
        click.echo(written)
    else:
        out.write_text(written + "\n")
        click.echo(f"wrote {out}")


@keys.command()
@click.argument("file", type=_FILE)
@click.argument("name", type=_ROTATING)
def renew(file: Path, name: str) -> None:
    """Add a fresh version of a key to FILE. Give the new file to every process before `keys rotate`."""
    with _in_words():
        version = add_version(file, name=KeyName(name), kms=KmsSettings().kms)
    click.echo(f"{name}: version {version} added; copy the file to whoever has one, restart them, then rotate")


@keys.command("rotate")
@click.argument("name", type=_ROTATING)
def rotate_key(name: str) -> None:
    """Bring everything stored to the newest version of a key. Stop it at any point, run it again to go on.

    PEOPLE_URL (or PEOPLE_DATABASES: every group) logs in as field_keeper, KEY_FILE holds every version.
    """
    visit(PeopleSettings().groups, lambda group: _rotate(group, name=name))


def _rotate(group: Group, *, name: str) -> None:
    with _in_words():
        store = KeySettings().open_store()
        vault, recorder = Vault(store), Recorder(AuditKey(store.get_key(KeyName.AUDIT)), Actor.KEEPER)
        with _open_people(group) as sessions, show_progress() as progress:
            ended = rotate(sessions, name=KeyName(name), vault=vault, recorder=recorder, clock=_now, progress=progress)
    click.echo(f"{name}: {ended.moved:,} rows brought to version {ended.version}")
    if ended.left:
        raise click.ClickException(f"{ended.left:,} rows stay: they do not open, or came in meanwhile")
    former = ", ".join(map(str, vault.find_versions(KeyName(name))[1:]))
    click.echo(f"nothing known stands under another version; to retire: {former or 'none'}")


@keys.command()
@click.argument("name", type=_ROTATING)
@click.argument("version", type=int)
@click.confirmation_option(prompt="Do all processes run with the file that has the newer version?")
def retire(name: str, version: int) -> None:
    """Take an old version out of KEY_FILE, for ever. Refuses while anything stands under it.

    From then on the database takes nothing in that stands under it: a process that was forgotten fails. With city
    groups it stays in the file until no group needs it.
    """
    settings = KeySettings()

    def retire_in(group: Group) -> None:
        with _in_words(), _open_people(group) as sessions, sessions.begin() as session:
            retire_version(session, name=KeyName(name), version=version)

    with _in_words():
        check_removable(settings.key_file, name=KeyName(name), version=version)
        visit(PeopleSettings().groups, retire_in)
        remove_version(settings.key_file, name=KeyName(name), version=version)
    click.echo(f"{name}: version {version} is gone from this file; take it out of the copies too")


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _in_words() -> Iterator[None]:
    """Say what is wrong with keys in one line."""
    try:
        yield
    except (KeyStoreError, IntakeRunningError) as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _open_people(group: Group) -> Iterator[sessionmaker[Session]]:
    engine = open_engine(group.url)
    try:
        yield sessionmaker(engine, expire_on_commit=False)
    finally:
        engine.dispose()


@contextmanager
def show_progress() -> Iterator[TellProgress]:
    """Show a bar for each step of a long work on the terminal while the block runs."""
    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(step: str, *, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield tell
