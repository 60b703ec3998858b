"""The two commands of a month, where places and people meet: `intake` and `release publish`.

No package may know both sides, so their parts are put together here, in a process of their own.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from geo.leaves import LeafIndex
from geo.queries import get_public_keys
from privacy.people.commands import show_progress as show_intake
from privacy.people.errors import DropError
from privacy.people.intake import take_in
from privacy.people.keys import FileKeyStore
from privacy.people.settings import PeopleSettings
from privacy.people.vault import Vault
from privacy.release.commands import release
from privacy.release.commands import show_progress as show_release
from privacy.release.errors import ReleaseError
from privacy.release.mechanism import OpenDpNoise
from privacy.release.publish import publish_month


class MonthType(click.ParamType[date]):
    """A calendar month, `2026-11`."""

    name = "month"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the first day of the month."""
        try:
            return datetime.strptime(str(value), "%Y-%m").replace(tzinfo=UTC).date()
        except ValueError:
            self.fail("a month looks like 2026-11", param, ctx)


def _make_sessions(url: SecretStr) -> sessionmaker[Session]:
    return sessionmaker(create_engine(url.get_secret_value(), hide_parameters=True), expire_on_commit=False)


def _now() -> datetime:
    return datetime.now(UTC)


@click.command()
@click.argument("drop_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where bad rows are listed.")
def intake(drop_dir: Path, rejects: Path | None) -> None:
    """Validate a monthly drop and take it in: households, needs, consents, the vault.

    SERVING_URL and PEOPLE_URL log in as field_intake, VAULT_KEYS_FILE holds the keys.
    """
    settings = PeopleSettings()
    with _make_sessions(settings.serving_url)() as session:
        locator = LeafIndex.load(session)
    engine = create_engine(settings.people_url.get_secret_value(), hide_parameters=True)
    try:
        with show_intake() as progress:
            report = take_in(
                engine,
                drop_dir=drop_dir,
                locator=locator,
                vault=Vault(FileKeyStore.read(settings.vault_keys_file)),
                clock=_now,
                progress=progress,
                rejects_path=rejects,
            )
    except DropError as error:
        raise click.ClickException(str(error)) from None
    click.echo(report.describe())


class PublishSettings(BaseSettings):
    """Where a release is counted and where it is published; both log in as field_release."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    serving_url: SecretStr
    people_url: SecretStr


@click.command("publish")
@click.argument("month", type=MonthType())
@click.option("--city", "city_code", type=int, required=True, help="Six digits, 370200 is Qingdao.")
def publish(month: date, city_code: int) -> None:
    """Draw and publish the one release of MONTH for a city. Run again, it shows what was published."""
    settings = PublishSettings()
    serving = _make_sessions(settings.serving_url)
    with serving() as session:
        keys = get_public_keys(session, city_code=city_code)
    try:
        with show_release() as progress:
            published = publish_month(
                _make_sessions(settings.people_url),
                serving,
                keys=keys,
                month=month,
                as_of=_now(),
                noise=OpenDpNoise(),
                clock=_now,
                progress=progress,
            )
    except ReleaseError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{published.release_id}: published {published.published_at:%Y-%m-%d %H:%M} UTC")


release.add_command(publish)
