"""Tables for a terminal: a release with what it says of itself, its figures in short, and the ledger."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from privacy.release.accounting import compute_epsilon
from privacy.release.budget import compute_month_costs
from privacy.release.figures import DistrictTable, ReleasedFigures
from privacy.release.ledger_queries import Charged
from privacy.release.plan import DELTA, EPSILON, MONTHS_PER_YEAR, RHO_PER_YEAR, count_months
from privacy.release.values import CATEGORIES, Product, PublishedRelease

_Z95 = 1.96
_WIDTH_OF_A_FILE = 1_000
"""Columns of what is no terminal: wide enough for a column a district, so that no figure is cut."""


def open_console() -> Console:
    """Return what tables are printed on: as wide as the terminal, or as the widest table where there is none."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)


def _write(value: float, *, sd: float) -> str:
    """Write a figure with its 95 % margin."""
    return f"{value:,.0f} ± {_Z95 * sd:,.0f}"


def _add_up(values: Iterable[float], *, sd: float) -> str:
    """Write the sum of figures whose noise is independent."""
    every = list(values)
    return _write(sum(every), sd=sd * math.sqrt(len(every)))


def list_releases(releases: Iterable[PublishedRelease]) -> Table:
    """List releases, one a row."""
    table = Table("release", "as of", "published", "figures sha256", "signed")
    for each in releases:
        dates = (f"{moment:%Y-%m-%d %H:%M}" for moment in (each.as_of, each.published_at))
        table.add_row(each.release_id, *dates, each.figures_sha256.hex()[:16], "yes" if each.signature else "no")
    return table


def describe(release: PublishedRelease, *, parameters: Mapping[str, Any], state: str) -> Table:
    """Tell what a release says of itself: promise, noise, hashes, and what was found of its signature."""
    table = Table("", release.release_id, show_header=True)
    promise = parameters.get("promise", {})
    table.add_row(
        "promise", f"({promise.get('epsilon')}, {promise.get('delta')}) a household and twelve calendar months"
    )
    table.add_row("rho of a year", str(parameters.get("rho_per_year")))
    table.add_row("as of", f"{release.as_of:%Y-%m-%d %H:%M} UTC")
    table.add_row("published", f"{release.published_at:%Y-%m-%d %H:%M} UTC")
    sigmas = parameters.get("sigmas", {})
    for product in (each for each in Product if each in sigmas):
        table.add_row(f"sigma of {product}", f"{sigmas[product]:.2f}")
    for name in ("parameters_sha256", "code_sha256"):
        table.add_row(name.replace("_", " "), str(parameters.get(name)))
    table.add_row("figures sha256", release.figures_sha256.hex())
    table.add_row("signature", state)
    return table


def sum_city(figures: ReleasedFigures) -> Table:
    """Sum a release up for its city: customers, and the needs of each category."""
    leaves, city = figures.leaves, figures.city
    table = Table("city", "figure ± 95 %")
    table.add_row("leaves", f"{leaves.leaf_ids.size:,}")
    for title, values, sds in (
        ("customers", leaves.customers, leaves.customers_sd),
        ("any need", leaves.any_need, leaves.any_need_sd),
    ):
        table.add_row(title, _write(float(values.sum()), sd=float(np.sqrt(np.square(sds).sum()))))
    for category in CATEGORIES:
        column = category.column
        table.add_row(f"need, {category}", _write(float(city.needs[column]), sd=float(city.needs_sd[column])))
    return table


def sum_districts(tables: Sequence[DistrictTable]) -> Table:
    """Sum the district products up: one row a district, all slots of a product together."""
    table = Table("district", *(str(each.product) for each in tables))
    for row, adcode in enumerate(tables[0].districts.tolist()):
        table.add_row(str(adcode), *(_add_up(each.counts[row].tolist(), sd=each.sd) for each in tables))
    return table


def list_slots(figures: DistrictTable) -> Table:
    """List every slot of one district product, one column a district."""
    margin = f"± {_Z95 * figures.sd:,.0f}"
    table = Table(f"{figures.product}, all {margin}", *(str(adcode) for adcode in figures.districts.tolist()))
    for slot, name in enumerate(figures.slot_names):
        table.add_row(name, *(f"{count:,.0f}" for count in figures.counts[:, slot].tolist()))
    return table


def list_charges(charges: Iterable[Charged]) -> Table:
    """List the lines of the ledger."""
    table = Table("month", "city", "product", "sigma", "rho", "charged", "draw")
    for each in charges:
        drawn = "stored" if each.drawn_at else "lost or under way"
        numbers = (f"{each.sigma:.2f}", f"{each.rho:.6f}", f"{each.charged_at:%Y-%m-%d %H:%M}")
        table.add_row(f"{each.month:%Y-%m}", str(each.city_code), each.product, *numbers, drawn)
    return table


def find_year_costs(charges: Iterable[Charged]) -> dict[date, float]:
    """Return, for each charged month, the rho of the twelve months that end with it."""
    costs = compute_month_costs(charges)
    return {
        last: sum(rho for month, rho in costs.items() if 0 <= count_months(month, until=last) < MONTHS_PER_YEAR)
        for last in costs
    }


def list_years(charges: Sequence[Charged]) -> Table:
    """List what each month cost, and the twelve months that end with it, against the promise."""
    table = Table("month", "rho", "epsilon", "rho of the year to it", "of the promise", f"epsilon, at most {EPSILON:g}")
    months = compute_month_costs(charges)
    for month, rho in find_year_costs(charges).items():
        alone, year = (f"{compute_epsilon(each, delta=DELTA):.2f}" for each in (months[month], rho))
        table.add_row(f"{month:%Y-%m}", f"{months[month]:.6f}", alone, f"{rho:.6f}", f"{rho / RHO_PER_YEAR:.1%}", year)
    return table
