"""Command lines of the people side: `keys create`, `keys copy`, `keys public`, and the progress bar of an intake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from privacy.people.errors import KeyFileError, KeyMissingError, KeyName
from privacy.people.keys import FileKeyStore, add_missing_keys, copy_key_file, create_key_file
from privacy.people.ports import Progress as TellProgress
from privacy.release.signing import get_public_key, write_public_key

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def keys() -> None:
    """Make the key files of the people side."""


_KEY_NAMES = click.Choice([name.value for name in KeyName])


@keys.command()
@click.argument("file", type=_FILE)
@click.option("--key", "names", multiple=True, type=_KEY_NAMES, help="A key to make; repeatable; all when left out.")
def create(file: Path, names: tuple[str, ...]) -> None:
    """Write FILE with fresh keys, readable by its owner only. Never overwrites."""
    try:
        create_key_file(file, names=frozenset(map(KeyName, names or KeyName)))
    except FileExistsError:
        raise click.ClickException("the file exists; losing its keys would lose every phone") from None
    except OSError:
        raise click.ClickException("the file cannot be written") from None
    click.echo(f"wrote {file}: keep a copy where no database backup is")


@keys.command()
@click.argument("file", type=_FILE)
def add(file: Path) -> None:
    """Add to FILE, which holds every key, those that a newer version needs. What is there stays."""
    try:
        added = add_missing_keys(file)
    except KeyFileError as error:
        raise click.ClickException(str(error)) from None
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
def copy(file: Path, target: Path, names: tuple[str, ...]) -> None:
    """Write TARGET with only some keys of FILE, for a process that needs no more."""
    try:
        copy_key_file(file, target=target, names=frozenset(map(KeyName, names)))
    except FileExistsError:
        raise click.ClickException("the target exists") from None
    except (KeyFileError, KeyMissingError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"wrote {target}")


@keys.command()
@click.argument("file", type=_FILE)
@click.option("--out", type=_FILE, help="Write it here instead of showing it.")
def public(file: Path, out: Path | None) -> None:
    """Show the public key that releases signed with FILE are checked by: a part of RELEASE_PUBLIC_KEYS."""
    try:
        written = write_public_key(get_public_key(FileKeyStore(file).get_key(KeyName.SIGNING)))
    except (KeyFileError, KeyMissingError) as error:
        raise click.ClickException(str(error)) from None
    if out is None:
        click.echo(written)
    else:
        out.write_text(written + "\n")
        click.echo(f"wrote {out}")


@contextmanager
def show_progress() -> Iterator[TellProgress]:
    """Show a bar for each step of an intake on the terminal while the block runs."""
    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(step: str, *, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield tell
