"""Commands about releases and their budget: `release show`, `release verify`, `ledger`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from pydantic import SecretStr
from rich.progress import Progress as Bars
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from privacy.engines import open_engine
from privacy.groups import Group, GroupError
from privacy.release import showing
from privacy.release.errors import ReleaseError, SignatureError
from privacy.release.ledger_queries import find_charges
from privacy.release.matching import check_against_ledger
from privacy.release.plan import DELTA, EPSILON, RHO_PER_YEAR
from privacy.release.queries import (
    find_releases,
    get_district_table,
    get_head,
    get_headed_figures,
    get_parameters,
)
from privacy.release.settings import LedgerSettings, ServingSettings, VerifySettings
from privacy.release.slots import DISTRICT_PRODUCTS
from privacy.release.values import Product, Progress, Step
from privacy.release.verify import check_release, read_release
from privacy.visiting import choose_groups, group_option, visit

_STEP_NAMES = {
    Step.CHECK: "check bounds",
    Step.CHARGE: "charge the ledger",
    Step.COUNT: "count",
    Step.DRAW: "draw noise",
    Step.SIGN: "sign",
    Step.PUBLISH: "publish",
}


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Give a listener for `publish_month` that shows each step as a bar."""
    with Bars() as bars:
        tasks = {}

        def listen(step: Step, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(_STEP_NAMES[step], total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield listen


@contextmanager
def _open_session(url: SecretStr) -> Iterator[Session]:
    engine = open_engine(url, poolclass=NullPool)
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()


@click.group()
def release() -> None:
    """Publish, list and check the monthly releases."""


def _find_state(session: Session, *, release_id: str, settings: VerifySettings) -> str:
    """Say in words what a check of the release finds."""
    try:
        found = check_release(session, release_id=release_id, public_keys=settings.public_keys)
    except SignatureError as error:
        return f"{error.reason}: not signed by a key of RELEASE_PUBLIC_KEYS"
    except ReleaseError as error:
        return str(error)
    if settings.public_keys:
        return "good"
    return "not checked, RELEASE_PUBLIC_KEYS is not set" if found.signature else "none; figures are as published"


def _show_one(session: Session, *, release_id: str, settings: VerifySettings) -> None:
    console = showing.open_console()
    state = _find_state(session, release_id=release_id, settings=settings)
    head = get_head(session, release_id=release_id)
    console.print(showing.describe(head.release, parameters=head.parameters, state=state))
    figures = get_headed_figures(session, head=head)
    console.print(showing.sum_city(figures))
    if figures.districts:
        console.print(showing.sum_districts(list(figures.districts.values())))


@release.command()
@click.argument("release_id", required=False)
@click.option("--city", "city_code", type=int, help="List the releases of one city only, by its 6-digit code.")
@click.option(
    "--product",
    type=click.Choice([str(each) for each in DISTRICT_PRODUCTS]),
    help="Show every figure of one district product of RELEASE_ID.",
)
def show(release_id: str | None, city_code: int | None, product: str | None) -> None:
    """List what is published, newest first; or tell of one RELEASE_ID how it was made and what it says in short."""
    settings = VerifySettings()
    with _open_session(ServingSettings().serving_url) as session:
        try:
            if release_id is None:
                showing.open_console().print(showing.list_releases(find_releases(session, city_code=city_code)))
            elif product is None:
                _show_one(session, release_id=release_id, settings=settings)
            else:
                table = get_district_table(session, release_id=release_id, product=Product(product))
                showing.open_console().print(showing.list_slots(table))
        except ReleaseError as error:
            raise click.ClickException(str(error)) from None


def _verify_one(session: Session, *, release_id: str, settings: VerifySettings, allows_unsigned: bool) -> str:
    """Check a release in every way that the settings allow; return what was checked. Raises ReleaseError."""
    try:
        found, figures = read_release(session, release_id=release_id, public_keys=settings.public_keys)
    except SignatureError as error:
        if error.reason != "missing" or not allows_unsigned:
            raise
        found, figures = read_release(session, release_id=release_id, public_keys=())
    checked = ["figures"]
    if settings.public_keys and found.signature:
        checked.append("signature")
    if settings.groups:
        sigmas = get_parameters(session, release_id=release_id)["sigmas"]
        with _open_session(_choose_ledger(settings, found.city_code).url) as people:
            check_against_ledger(people, release=found, figures=figures, sigmas=sigmas)
        checked.append("ledger")
    return ", ".join(checked)


def _choose_ledger(settings: VerifySettings, city_code: int) -> Group:
    try:
        return settings.get_group_of(city_code)
    except GroupError as error:
        raise click.ClickException(str(error)) from None


@release.command()
@click.argument("release_ids", nargs=-1)
@click.option("--allow-unsigned", is_flag=True, help="Let releases pass that were published before they were signed.")
def verify(release_ids: tuple[str, ...], *, allow_unsigned: bool) -> None:
    """Check the stored figures of the named releases, or of all, against what was published.

    RELEASE_PUBLIC_KEYS has the signature checked too, PEOPLE_URL or PEOPLE_DATABASES (role field_release) the ledger.
    """
    settings = VerifySettings()
    with _open_session(ServingSettings().serving_url) as session:
        for name in release_ids or [each.release_id for each in find_releases(session)]:
            try:
                checked = _verify_one(session, release_id=name, settings=settings, allows_unsigned=allow_unsigned)
            except ReleaseError as error:
                raise click.ClickException(str(error)) from None
            click.echo(f"{name}: ok ({checked})")


@click.command()
@click.option("--city", "city_code", type=int, help="Show the charges of one city only, by its 6-digit code.")
@group_option
def ledger(*, city_code: int | None, group_name: str | None) -> None:
    """Show what was charged, whether it was drawn, and what each month and the twelve to it cost of the promise."""
    visit(choose_groups(LedgerSettings(), group_name), lambda group: _show_ledger(group, city_code=city_code))


def _show_ledger(group: Group, *, city_code: int | None) -> None:
    with _open_session(group.url) as session:
        charges = find_charges(session, city_code=city_code)
    console = showing.open_console()
    console.print(showing.list_charges(charges))
    console.print(showing.list_years(charges))
    console.print(f"Promise: ({EPSILON:g}, {DELTA:g}) a household and twelve calendar months, rho {RHO_PER_YEAR}.")
