"""`manage.py rules`: the operator's table of content rules. `manage.py content check`: judge texts, one a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session, sessionmaker

from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.rules import extend_shipped_rules, get_shipped_rows
from messaging.campaigns.content.terms import RuleTableError, read_rows, write_rows
from messaging.campaigns.content.values import ContentVerdict
from messaging.campaigns.content.words import RuleTable
from messaging.campaigns.errors import RuleVersionNotFoundError
from messaging.campaigns.rule_import import import_rules
from messaging.campaigns.rule_versions import SHIPPED, compare_versions, find_versions, get_rows, get_rules
from messaging.campaigns.settings import MessagingRules
from privacy.engines import open_engine

_MAX_FILE_BYTES = 4 * 1024 * 1024
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NUMBER = click.IntRange(min=SHIPPED)


class RuleSettings(BaseSettings):
    """The serving database under a role that may write rules (field_operator)."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    serving_url: SecretStr


@click.group()
def rules() -> None:
    """Words that an operator adds to the content rules; each import is a version, the newest holds."""


@rules.command("import")
@click.argument("file", type=_FILE)
def import_file(file: Path) -> None:
    """Make FILE (CSV: term, class, verdict, exceptions with |) the next version, if it says anything new."""
    with _open_sessions() as sessions, _naming_rows(file):
        done = import_rules(sessions, source=_read(file), now=datetime.now(UTC), settings=MessagingRules())
    said = "is version" if done.is_new else "changes nothing: still version"
    click.echo(f"rules: {file} {said} {done.number}, {done.rows} rows")


@rules.command("list")
@click.option("--version", "number", type=_NUMBER, help="The rows of one version as CSV; 0: those that are shipped.")
def list_rules(*, number: int | None) -> None:
    """List the versions, or the rows of one."""
    if number == SHIPPED:
        click.echo(write_rows(get_shipped_rows()), nl=False)
        return
    with _open_sessions() as sessions, sessions() as session:
        if number is not None:
            with _naming_versions():
                click.echo(write_rows(get_rows(session, number=number)), nl=False)
            return
        versions = find_versions(session)
    table = Table("version", "rows", "imported at (UTC)", "sha256")
    for one in versions:
        table.add_row(str(one.number), str(one.rows), f"{one.imported_at:%Y-%m-%d %H:%M:%S}", one.sha256.hex()[:12])
    table.add_row(str(SHIPPED), str(len(get_shipped_rows())), "shipped with the package", "")
    Console().print(table)


@rules.command("diff")
@click.argument("old", type=_NUMBER)
@click.argument("new", type=_NUMBER)
def diff_rules(old: int, new: int) -> None:
    """Show what version NEW adds to OLD and what it takes away; 0 is nothing added to what is shipped."""
    with _open_sessions() as sessions, sessions() as session, _naming_versions():
        diff = compare_versions(session, old=old, new=new)
    for sign, rows in (("-", diff.removed), ("+", diff.added)):
        for line in write_rows(rows).splitlines()[1:]:
            click.echo(f"{sign} {line}")


@click.group()
def content() -> None:
    """Judge texts by the content rules."""


@content.command("check")
@click.option("--rules", "file", type=_FILE, help="Judge with this table too, as if it were imported.")
@click.option("--imported", "is_imported", is_flag=True, help="Judge with the newest imported table too (SERVING_URL).")
@click.option("--length", "is_measured", is_flag=True, help="Refuse what is too short or long for one message too.")
def check_lines(*, file: Path | None, is_imported: bool, is_measured: bool) -> None:
    """Read one text a line from standard input, write one JSON verdict a line.

    Without --rules and --imported the rules are those that come with the package, and no database is asked.

    A verdict is accept, review or refuse. Each finding has its rule, class, start and end: places in the line as
    given, counted in characters (code points) from 0, the end not included.
    """
    if file is not None and is_imported:
        raise click.UsageError("--rules takes the place of what is imported: give one of --rules and --imported")
    table, settings = _load_table(file, is_imported=is_imported), MessagingRules()
    if not is_measured:
        settings = settings.model_copy(update={"text_units_min": 1, "text_units_max": 2 * settings.text_chars_max})
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        # What is no UTF-8 becomes a sign that the rules refuse.
        text = line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")
        out.write(_show(check_text(text, rules=settings, table=table)))
        out.flush()


def _load_table(file: Path | None, *, is_imported: bool) -> RuleTable:
    if is_imported:
        with _open_sessions() as sessions, sessions() as session:
            return get_rules(session)
    with _naming_rows(file):
        return extend_shipped_rules(read_rows(_read(file)) if file is not None else (), number=SHIPPED)


def _show(verdict: ContentVerdict) -> bytes:
    findings = [
        {"rule": one.rule, "class": one.rule_class, "start": one.start, "end": one.end} for one in verdict.findings
    ]
    return orjson.dumps({"verdict": verdict.verdict, "findings": findings}, option=orjson.OPT_APPEND_NEWLINE)


def _read(file: Path) -> str:
    if file.stat().st_size > _MAX_FILE_BYTES:
        raise click.ClickException(f"{file}: more than {_MAX_FILE_BYTES} bytes; nothing was written")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        row = file.read_bytes().count(b"\n", 0, error.start)
        raise click.ClickException(f"{file}: row {row} is no UTF-8; nothing was written") from None


@contextmanager
def _naming_rows(file: Path | None) -> Iterator[None]:
    try:
        yield
    except RuleTableError as error:
        place = f"row {error.row}" if error.row else "the header"
        message = f"{file}: {place}, column {error.column}: missing, wrong or repeated; nothing was written"
        raise click.ClickException(message) from None


@contextmanager
def _naming_versions() -> Iterator[None]:
    try:
        yield
    except RuleVersionNotFoundError:
        raise click.ClickException("there is no such version: see `rules list`") from None


@contextmanager
def _open_sessions() -> Iterator[sessionmaker[Session]]:
    engine = open_engine(RuleSettings().serving_url)
    try:
        yield sessionmaker(engine, expire_on_commit=False)
    finally:
        engine.dispose()
