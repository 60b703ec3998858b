"""Command lines for whoever asks what is held about them, or to be erased: `household export`, `household erase`.

The phone comes from a prompt or from standard input: what stands on a command line, every process may read.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from messaging.delivery.erasing import erase, erase_keyless
from messaging.delivery.errors import HouseholdBusyError
from messaging.delivery.exporting import export
from privacy.audit.recording import Recorder
from privacy.audit.values import Actor, AuditKey
from privacy.engines import open_engine
from privacy.groups import Group
from privacy.people.drop.errors import IntakeRunningError, IntakeUnfinishedError
from privacy.people.erasures import find_keyless
from privacy.people.errors import KeyMissingError, KeyName, PhoneError
from privacy.people.phones import parse_phone
from privacy.people.settings import KeySettings, PeopleSettings
from privacy.people.vault import Vault
from privacy.visiting import choose_group, group_option, visit


@dataclass(frozen=True, slots=True)
class _Desk:
    sessions: sessionmaker[Session]
    vault: Vault
    recorder: Recorder


@click.group()
def household() -> None:
    """Answer a person who asks: what is held about me, and erase it, in every group. Logs in as field_eraser."""


@household.command("erase")
@click.option("--yes", is_flag=True, help="Do not ask again; needed where the phone is piped in.")
def erase_household(*, yes: bool) -> None:
    """Erase everything about whoever has a phone, for ever. Reads the phone from a prompt or standard input.

    A keyed hash of the number stays, so that nobody writes to it and no later drop brings the person back.
    """
    phone = _ask_phone()
    if not yes:
        click.confirm("Erase everything about the owner of this phone?", abort=True)
    visit(PeopleSettings().groups, lambda group: _erase(group, phone=phone))


def _erase(group: Group, *, phone: str) -> None:
    with _open_desk(group) as desk, _in_words():
        erased = erase(desk.sessions, phone=phone, vault=desk.vault, recorder=desk.recorder, now=datetime.now(UTC))
    if not erased.rows:
        click.echo("nothing is held; the phone is noted, so that no later drop brings it in")
        return
    click.echo(f"erased {erased.rows:,} rows, {erased.messages:,} messages among them")
    if erased.messages:
        click.echo("totals of the campaigns that wrote to this phone are lower from now on")


@household.command("erase-keyless")
@group_option
def erase_keyless_households(group_name: str | None) -> None:
    """After a restore: erase whoever has no data key, since those were erased after the backup. Asks with their number.

    Restore the newest keys first: without them nobody has one.
    """
    with _open_desk(choose_group(PeopleSettings(), group_name)) as desk, _in_words():
        with desk.sessions() as session:
            household_ids = find_keyless(session)
        if not household_ids:
            click.echo("every household has its key")
            return
        click.confirm(f"Erase {len(household_ids):,} households without a key?", abort=True)
        now = datetime.now(UTC)
        erased = erase_keyless(desk.sessions, recorder=desk.recorder, now=now, household_ids=household_ids)
    click.echo(f"erased {len(erased):,} households, {sum(one.rows for one in erased):,} rows")
    if len(erased) < len(household_ids):
        click.echo(f"left {len(household_ids) - len(erased):,}: they have a key by now, or are gone")


@household.command("export")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A new file, readable by its owner only.")
def export_household(out: Path | None) -> None:
    """Write everything about whoever has a phone as JSON. Reads the phone from a prompt or standard input.

    With city groups, what each holds stands under its name, and all must answer: a part would be untrue.
    """
    phone = _ask_phone()
    with _open_answer(out) as answer:
        groups = PeopleSettings().groups
        found = {group.name: held for group in groups if (held := _export(group, phone=phone)) is not None}
        if not found:
            raise click.ClickException("nothing is held about the owner of this phone")
        click.echo(json.dumps(found.get(None, found), ensure_ascii=False, indent=1), file=answer)
    if out is not None:
        click.echo(f"wrote {out}", err=True)


@contextmanager
def _open_answer(out: Path | None) -> Iterator[TextIO | None]:
    """Make the file before anybody is looked for, which the audit is told of; without an answer it goes again."""
    if out is None:
        yield None
        return
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        raise click.ClickException("the file exists or cannot be written") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file
    except BaseException:
        out.unlink()
        raise


def _export(group: Group, *, phone: str) -> dict[str, Any] | None:
    try:
        with _open_desk(group) as desk, _in_words():
            return export(desk.sessions, phone=phone, vault=desk.vault, recorder=desk.recorder, now=datetime.now(UTC))
    except OperationalError:
        if group.name is None:
            raise
        raise click.ClickException(f"{group.name} does not answer: nothing is shown until every group does") from None


@contextmanager
def _in_words() -> Iterator[None]:
    """Say in one line why nothing was erased or shown."""
    try:
        yield
    except HouseholdBusyError:
        raise click.ClickException("a message to this phone is on its way: try again in a minute") from None
    except (IntakeRunningError, IntakeUnfinishedError) as error:
        raise click.ClickException(str(error)) from None
    except KeyMissingError as error:
        raise click.ClickException(f"{error}, but in use: nobody was looked for; make this share again") from None


def _ask_phone() -> str:
    given = click.prompt("Phone", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    try:
        return parse_phone(given.strip())
    except PhoneError:
        raise click.ClickException("this is no phone number") from None


@contextmanager
def _open_desk(group: Group) -> Iterator[_Desk]:
    keys = KeySettings().open_store()
    recorder = Recorder(AuditKey(keys.get_key(KeyName.AUDIT)), Actor.ERASER)
    engine = open_engine(group.url)
    try:
        yield _Desk(sessionmaker(engine, expire_on_commit=False), Vault(keys), recorder)
    finally:
        engine.dispose()
