"""Command line of the stand-ins: make a synthetic city's monthly drop."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from field_apps_mock.city import CityName, CityPlan, Datum, DropFormat, make_city


def _read_month(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime:
    """Turn YYYY-MM into the first instant of that month; the running month when nothing is said."""
    if value is None:
        return datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    try:
        return datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC)
    except ValueError as error:
        message = "a month is written YYYY-MM, e.g. 2026-11"
        raise click.BadParameter(message) from error


@click.command("city")
@click.argument("name", type=click.Choice([str(city) for city in CityName]))
@click.option("--households", type=click.IntRange(1, 20_000_000), default=200_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True, help="Same seed, same city.")
@click.option("--month", callback=_read_month, help="YYYY-MM; a later one is the same city moved on. Default: now.")
@click.option("--format", "file_format", type=click.Choice([str(kind) for kind in DropFormat]), default="parquet")
@click.option("--datum", type=click.Choice([str(datum) for datum in Datum]), default="gcj02", show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the drop.")
def city_command(
    *, name: str, households: int, seed: int, month: datetime, file_format: str, datum: str, out: Path
) -> None:
    """Write the monthly drop of a synthetic city over real places, and its true counts into OUT/truth."""
    plan = CityPlan(
        city=CityName(name),
        households=households,
        seed=seed,
        month=month.date(),
        datum=Datum(datum),
        file_format=DropFormat(file_format),
    )
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"households of {name}", total=households)
        drop = make_city(plan, folder=out, on_progress=lambda done, _total: progress.update(task, completed=done))
    click.echo(f"{drop.drop_id} in {drop.folder}")
    for table, rows in drop.rows.items():
        click.echo(f"  {table:<12} {rows:>12,}")
