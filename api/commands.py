"""Commands of the API: staff accounts, and the snapshot of the OpenAPI description."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import orjson
from argon2 import PasswordHasher
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.database import make_engine, make_sessions
from api.staff_import import StaffFileError, import_staff

SNAPSHOT = Path(__file__).with_name("openapi.json")


class OperatorSettings(BaseSettings):
    """The serving database under a role that may write accounts (field_operator)."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    serving_url: SecretStr


@click.group()
def staff() -> None:
    """Accounts of field users."""


@staff.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_file(file: Path) -> None:
    """Create or update the accounts of FILE (CSV: login, display_name, role, territory with ;, password)."""
    settings = OperatorSettings()
    engine = make_engine(settings.serving_url)
    try:
        report = import_staff(make_sessions(engine), file=file, hasher=PasswordHasher(), now=datetime.now(UTC))
    except StaffFileError as error:
        message = f"line {error.line}: column {error.column} is missing or wrong; nothing was written"
        raise click.ClickException(message) from None
    finally:
        engine.dispose()
    click.echo(f"staff: {report.created} created, {report.updated} updated")


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the snapshot is up to date.")
def openapi(*, check: bool) -> None:
    """Write the OpenAPI description to api/openapi.json."""
    content = render_snapshot()
    if not check:
        SNAPSHOT.write_bytes(content)
    elif not SNAPSHOT.exists() or SNAPSHOT.read_bytes() != content:
        raise click.ClickException("api/openapi.json is out of date: run `python manage.py openapi`")
    click.echo(f"openapi: {len(content)} bytes")


def render_snapshot() -> bytes:
    """Return the description as it is committed: indented, in the order of the routes."""
    from api.app import describe  # noqa: PLC0415 - the whole application, which `staff import` does not need

    return orjson.dumps(describe(), option=orjson.OPT_INDENT_2) + b"\n"
