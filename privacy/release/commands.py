"""Commands about releases and their budget: `release show`, `release verify`, `ledger`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from pydantic import SecretStr
from rich.console import Console
from rich.progress import Progress as Bars
from rich.table import Table
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from privacy.release.accounting import compute_epsilon
from privacy.release.budget import compute_month_costs
from privacy.release.errors import ReleaseError
from privacy.release.ledger_queries import Charged, find_charges
from privacy.release.plan import DELTA, EPSILON, RHO_PER_YEAR
from privacy.release.queries import find_releases
from privacy.release.settings import LedgerSettings, ServingSettings
from privacy.release.values import Progress, Step
from privacy.release.verify import check_release

_STEP_NAMES = {
    Step.CHECK: "check bounds",
    Step.CHARGE: "charge the ledger",
    Step.COUNT: "count",
    Step.DRAW: "draw noise",
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
    engine = create_engine(url.get_secret_value(), poolclass=NullPool, hide_parameters=True)
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()


@click.group()
def release() -> None:
    """Publish, list and check the monthly releases."""


@release.command()
@click.option("--city", "city_code", type=int, help="Show the releases of one city only, by its 6-digit code.")
def show(city_code: int | None) -> None:
    """List what is published, newest first."""
    with _open_session(ServingSettings().serving_url) as session:
        releases = find_releases(session, city_code=city_code)
    table = Table("release", "as of", "published", "figures sha256")
    for each in releases:
        dates = (f"{moment:%Y-%m-%d %H:%M}" for moment in (each.as_of, each.published_at))
        table.add_row(each.release_id, *dates, each.figures_sha256.hex()[:16])
    Console().print(table)


@release.command()
@click.argument("release_ids", nargs=-1)
def verify(release_ids: tuple[str, ...]) -> None:
    """Check the stored figures of the named releases, or of all, against what was published."""
    with _open_session(ServingSettings().serving_url) as session:
        for name in release_ids or [each.release_id for each in find_releases(session)]:
            try:
                check_release(session, release_id=name)
            except ReleaseError as error:
                raise click.ClickException(str(error)) from None
            click.echo(f"{name}: ok")


def _print_ledger(charges: list[Charged]) -> None:
    table = Table("month", "city", "product", "sigma", "rho", "charged", "draw")
    for each in charges:
        drawn = "stored" if each.drawn_at else "lost or under way"
        numbers = (f"{each.sigma:.2f}", f"{each.rho:.6f}", f"{each.charged_at:%Y-%m-%d %H:%M}")
        table.add_row(f"{each.month:%Y-%m}", str(each.city_code), each.product, *numbers, drawn)
    console = Console()
    console.print(table)
    costs = Table("month", "rho", "share of the year", "epsilon of the month")
    for month, rho in compute_month_costs(charges).items():
        costs.add_row(
            f"{month:%Y-%m}", f"{rho:.6f}", f"{rho / RHO_PER_YEAR:.1%}", f"{compute_epsilon(rho, delta=DELTA):.2f}"
        )
    console.print(costs)
    console.print(f"Promise: ({EPSILON:g}, {DELTA:g}) a household and rolling year, rho {RHO_PER_YEAR}.")


@click.command()
@click.option("--city", "city_code", type=int, help="Show the charges of one city only, by its 6-digit code.")
def ledger(city_code: int | None) -> None:
    """Show what was charged, whether it was drawn, and what each month costs of the promise."""
    with _open_session(LedgerSettings().people_url) as session:
        charges = find_charges(session, city_code=city_code)
    _print_ledger(charges)
