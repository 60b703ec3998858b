"""`manage.py places`: import of districts and communities, reported line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.orm import Session, sessionmaker

from geo.districts import import_districts
from geo.errors import ImportFileError, NoDistrictsError
from geo.importing.columns import parse_mapping
from geo.importing.report import ImportReport
from geo.places import import_places
from geo.settings import PlacesSettings
from geo.values import Datum
from privacy.engines import open_engine

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DATUM = click.Choice([datum.value for datum in Datum])


def _get_now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _open_sessions() -> Iterator[sessionmaker[Session]]:
    settings = PlacesSettings()
    engine = open_engine(settings.serving_url)
    try:
        yield sessionmaker(engine)
    except (ImportFileError, NoDistrictsError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        engine.dispose()


def _make_progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f}"))
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)


def _read_mapping(_context: click.Context, _parameter: click.Parameter, value: Iterable[str]) -> dict[str, str]:
    try:
        return {field: column for text in value for field, column in parse_mapping(text).items()}
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.group()
def places() -> None:
    """Import places: districts first, then communities."""


@places.command("import")
@click.argument("file", type=_FILE)
@click.option("--datum", type=_DATUM, required=True, help="Datum of the positions in FILE.")
@click.option(
    "--map", "mapping", multiple=True, callback=_read_mapping, metavar="FIELD=COLUMN,...",
    help="Columns of FILE for name, longitude, latitude, code, adcode, households, outline.",
)  # fmt: skip
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where rejected rows are listed.")
def import_command(file: Path, datum: str, mapping: Mapping[str, str], rejects: Path | None) -> None:
    """Import communities from FILE: CSV, Parquet, GeoJSON or OSM (.osm.pbf)."""
    rejects_path = rejects or file.with_name(f"{file.name}.rejects.csv")
    with _open_sessions() as sessions, _make_progress() as progress:
        task = progress.add_task(f"{file.name}: rows", total=None)
        report = import_places(
            sessions,
            path=file,
            datum=Datum(datum),
            clock=_get_now,
            mapping=mapping,
            rejects_path=rejects_path,
            progress=lambda rows: progress.advance(task, rows),
        )
    for line in describe(report, rejects_path=rejects_path):
        click.echo(line)
    if report.rejected and not report.taken + report.merged:
        raise click.ClickException("nothing could be taken: is the datum right, are the columns mapped?")


def describe(report: ImportReport, *, rejects_path: Path) -> Iterator[str]:
    """Yield the lines that tell a person what an import did."""
    yield (
        f"{report.file_name}: {report.read:,} rows read: {report.taken:,} taken, {report.merged:,} merged,"
        f" {report.rejected:,} rejected"
    )
    yield f"  communities: {report.new:,} new, {report.updated:,} updated, {report.unchanged:,} unchanged"
    for title, counts in (("rejected", report.reasons), ("left out", report.fields), ("repaired", report.repaired)):
        for reason, count in sorted(counts.items()):
            yield f"  {title}: {count:,} {reason}"
    yield (f"  {report.cells:,} Voronoi cells drawn, {report.community_leaves:,} leaves added")
    if report.reasons or report.fields:
        yield f"  rejects: {rejects_path}"


@places.command("districts")
@click.argument("file", type=_FILE)
@click.option("--census", type=_FILE, help="CSV with adcode, population, mean_household_size.")
@click.option("--datum", type=_DATUM, default=Datum.WGS84.value, show_default=True, help="Datum of the outlines.")
def districts_command(file: Path, census: Path | None, datum: str) -> None:
    """Import districts from FILE (GeoJSON: district_adcode, district_name, city_adcode, city_name)."""
    with _open_sessions() as sessions, _make_progress() as progress:
        progress.add_task(f"{file.name}: outlines and leaves", total=None)
        report = import_districts(sessions, path=file, clock=_get_now, datum=Datum(datum), census_path=census)
    click.echo(f"{file.name}: {report.districts:,} districts, {report.with_census:,} with census")
    click.echo(f"  leaves: {report.remainder_leaves:,} remainder cells new")
