"""The two commands of a month, where places and people meet: `intake` and `release publish`.

No package may know both sides, so their parts are put together here, in a process of their own.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import Final

import click
import psycopg
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from geo.leaves import LeafIndex
from geo.queries import get_public_keys
from privacy.audit.recording import Recorder
from privacy.audit.values import Actor, AuditKey
from privacy.engines import open_engine
from privacy.groups import Group, GroupError
from privacy.people.commands import show_progress as show_intake
from privacy.people.drop.errors import IntakeError
from privacy.people.drop.manifest import read_manifest
from privacy.people.drop.values import IntakeReport
from privacy.people.errors import KeyName, KeyStoreError
from privacy.people.intake import take_in
from privacy.people.keys import KeyStore
from privacy.people.loading.crews import Helpers
from privacy.people.loading.helping import help_out
from privacy.people.loading.journal import has_other_drop
from privacy.people.loading.tools import Tools
from privacy.people.mining.errors import TermsError
from privacy.people.mining.tagger import Tagger
from privacy.people.mining.terms import read_terms
from privacy.people.settings import KeySettings, MiningSettings, PeopleSettings, RedisSettings, open_directly
from privacy.people.vault import Vault
from privacy.people.wake_ups import QUEUE_NAME, WakeUps
from privacy.release.commands import release
from privacy.release.commands import show_progress as show_release
from privacy.release.drops import find_newest_intake
from privacy.release.errors import ReleaseError
from privacy.release.mechanism import OpenDpNoise
from privacy.release.publish import Press, publish_month
from privacy.release.settings import ServingSettings
from privacy.release.signing import make_signer
from privacy.visiting import choose_group, choose_groups, group_option, visit

_LOOK_EVERY_S: Final = 5


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
    return sessionmaker(open_engine(url, poolclass=NullPool), expire_on_commit=False)


def _make_recorder(keys: KeyStore, actor: Actor) -> Recorder:
    return Recorder(AuditKey(keys.get_key(KeyName.AUDIT)), actor)


def _now() -> datetime:
    return datetime.now(UTC)


def _make_tagger() -> Tagger:
    """Read the word lists. One that is wrong stops the intake before it begins."""
    try:
        return Tagger.of(read_terms(MiningSettings().pain_terms_file))
    except TermsError as error:
        raise click.ClickException(f"PAIN_TERMS_FILE, {error}") from None
    except OSError:
        raise click.ClickException("PAIN_TERMS_FILE cannot be read") from None


def _tell_intake(report: IntakeReport) -> None:
    if report.is_replay:
        click.echo(f"{report.drop_id}: was taken in before, nothing to do")
        return
    for table, count in report.tables.items():
        click.echo(f"  {table:<12} {count.rows:>12,} rows {count.rejected:>8,} rejected {count.left_out:>8,} left out")
    if report.erased:
        click.echo(f"{report.drop_id}: {report.erased:,} customers left out, erased at their request")
    where = f", listed in {report.rejects_path}" if report.rejected else ""
    click.echo(f"{report.drop_id}: taken in; {report.rejected:,} rows rejected{where}")


def _open_tools(group_name: str | None = None, *, newcomers_wait: bool = False, lets_go: bool = False) -> Tools:
    """Open, from the settings of this process, what an intake works with; every helper process does it for itself."""
    keys, tagger = KeySettings().open_store(), _make_tagger()
    with _make_sessions(ServingSettings().serving_url)() as session:
        locator = LeafIndex.load(session)
    group = PeopleSettings().get_group(group_name)
    return Tools(open_directly(group), locator, Vault(keys), tagger.find_tags, group.cities, newcomers_wait, lets_go)


def _open_wake_ups(group: Group) -> WakeUps:
    name = QUEUE_NAME if group.name is None else f"{QUEUE_NAME}:{group.name}"
    return WakeUps(RedisSettings().redis_url.get_secret_value(), name=name)


def _must_newcomers_wait(groups: Sequence[Group], *, drop_dir: Path) -> bool:
    """Say whether another group may have counted this month whoever is new to one: unless no other drop ever came.

    A group that does not answer may have.
    """
    if len(groups) == 1:
        return False
    drop_id = read_manifest(drop_dir).drop_id
    try:
        return any(_has_other_drop(group, drop_id=drop_id) for group in groups)
    except OperationalError:
        return True


def _has_other_drop(group: Group, *, drop_id: str) -> bool:
    with _make_sessions(group.url)() as session:
        return has_other_drop(session, drop_id=drop_id)


@click.command()
@click.argument("drop_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where bad rows are listed.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes that work at once.")
@click.option("--knock", type=click.IntRange(0), default=0, help="Helpers elsewhere to wake, over REDIS_URL.")
@click.option("--let-go", is_flag=True, help="Delete households of cities that another group has by now.")
@group_option
def intake(
    *, drop_dir: Path, rejects: Path | None, workers: int, knock: int, let_go: bool, group_name: str | None
) -> None:
    """Validate a monthly drop and take it in: households, needs, consents, the vault.

    SERVING_URL and PEOPLE_URL log in as field_intake (PEOPLE_DIRECT_URL where PEOPLE_URL leads through a pooler),
    KEY_FILE holds the keys. With PEOPLE_DATABASES each group takes in the part of its own cities. PAIN_TERMS_FILE,
    where there is one, adds words for pains (`vocabulary import`).
    """
    settings = PeopleSettings()

    def take_in_group(group: Group) -> None:
        tell = partial(_open_wake_ups(group).knock, drop_id=drop_dir.name, helpers=knock) if knock else None
        try:
            waits = _must_newcomers_wait(settings.groups, drop_dir=drop_dir)
            open_tools = partial(_open_tools, group.name, newcomers_wait=waits, lets_go=let_go)
            with show_intake() as progress:
                report = take_in(
                    open_tools(),
                    drop_dir=drop_dir,
                    recorder=_make_recorder(KeySettings().open_store(), Actor.INTAKE),
                    clock=_now,
                    helpers=Helpers(workers, open_tools, tell),
                    progress=progress,
                    rejects_path=rejects,
                )
        except IntakeError as error:
            raise click.ClickException(str(error)) from None
        _tell_intake(report)

    visit(choose_groups(settings, group_name), take_in_group)


@click.command("help-intake")
@click.argument("drops_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@group_option
def help_intake(*, drops_dir: Path, group_name: str | None) -> None:
    """Help, until SIGTERM, with whatever drop is being taken in; DROPS_DIR holds the drops' folders.

    Settings are the intake's, and REDIS_URL. Any number of these may run, on any machine that sees the drops. With city
    groups, a helper is one group's: --group.
    """
    group = choose_group(PeopleSettings(), group_name)
    wake_ups, engine, open_tools = _open_wake_ups(group), open_directly(group), partial(_open_tools, group_name)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    while not stop.is_set():
        try:
            done = help_out(engine, open_tools=open_tools, drops_dir=drops_dir, is_stopped=stop.is_set, pause=stop.wait)
        except IntakeError as error:
            click.echo(str(error), err=True)
            done = 0
        except (psycopg.OperationalError, OperationalError):
            click.echo("the people database is away", err=True)
            done = 0
        if done:
            click.echo(f"did {done:,} parts")
        wake_ups.wait(_LOOK_EVERY_S, is_stopped=stop.is_set)


@click.command("publish")
@click.argument("month", type=MonthType())
@click.option("--city", "city_code", type=int, required=True, help="Six digits, 370200 is Qingdao.")
def publish(month: date, city_code: int) -> None:
    """Draw and publish the one release of MONTH for a city. Run again, it shows what was published.

    SERVING_URL and PEOPLE_URL (or PEOPLE_DATABASES: the group of the city) log in as field_release, KEY_FILE holds the
    signing and the audit key.
    """
    try:
        store = KeySettings().open_store()
        # Before the charge: a month that cannot be signed or written down must not be drawn.
        sign = make_signer(store.get_key(KeyName.SIGNING))
        recorder = _make_recorder(store, Actor.RELEASE)
        group = PeopleSettings().get_group_of(city_code)
    except (KeyStoreError, GroupError) as error:
        raise click.ClickException(str(error)) from None
    serving, people = _make_sessions(ServingSettings().serving_url), _make_sessions(group.url)
    try:
        with serving() as session:
            keys = get_public_keys(session, city_code=city_code)
        with people() as session:
            as_of = find_newest_intake(session) or _now()
        with show_release() as progress:
            published = publish_month(
                Press(
                    people,
                    serving,
                    noise=OpenDpNoise(),
                    sign=sign,
                    recorder=recorder,
                    clock=_now,
                    progress=progress,
                    cities=group.cities,
                ),
                keys=keys,
                month=month,
                as_of=as_of,
            )
    except ReleaseError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{published.release_id}: published {published.published_at:%Y-%m-%d %H:%M} UTC")


release.add_command(publish)
