"""Reads of released figures from the serving database, for whoever shows them. Nothing here knows a household."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np
from sqlalchemy import Select, Text, bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from privacy.release.errors import ReleaseNotFoundError
from privacy.release.figures import CityTotals, DistrictTable, LeafTable, ParentTable, ReleasedFigures
from privacy.release.models import CityFigures, DistrictFigures, LeafFigures, ParentFigures, Release
from privacy.release.row_blocks import FLOAT8, INT8, Column, RowsQuery, arrays, chain_arrays
from privacy.release.values import CATEGORIES, Product, PublishedRelease

_RELEASE: Any = bindparam("release_id", type_=Text)
_PLAIN = ("customers", "customers_sd", "any_need", "any_need_sd")
_ARRAYS = ("needs", "needs_sd")
_NEEDS = arrays(_ARRAYS, width=len(CATEGORIES))


def _select_figures(model: type[LeafFigures | ParentFigures], *, names: Sequence[str]) -> Select[Any]:
    """Build the query for some columns of a release, and for its two arrays as one."""
    columns = [getattr(model, name) for name in names]
    needs = chain_arrays([getattr(model, name) for name in _ARRAYS], width=len(CATEGORIES))
    return select(*columns, needs.label("figures")).where(model.release_id == _RELEASE).order_by(columns[0])


_LEAF_ROWS = RowsQuery(
    _select_figures(LeafFigures, names=("leaf_id", *_PLAIN)),
    kinds={"leaf_id": INT8, **dict.fromkeys(_PLAIN, FLOAT8), "figures": _NEEDS},
)
_PARENT_ROWS = RowsQuery(_select_figures(ParentFigures, names=("parent7",)), kinds={"parent7": INT8, "figures": _NEEDS})


def _to_value(row: Release) -> PublishedRelease:
    return PublishedRelease(
        release_id=row.release_id,
        month=row.month,
        city_code=row.city_code,
        as_of=row.as_of,
        published_at=row.published_at,
        figures_sha256=row.figures_sha256,
        signature=row.signature,
    )


def find_releases(
    session: Session, *, city_code: int | None = None, month: date | None = None
) -> list[PublishedRelease]:
    """Return all releases, or those of one city or month, newest month first, then by city."""
    query = select(Release).order_by(Release.month.desc(), Release.city_code)
    if city_code is not None:
        query = query.where(Release.city_code == city_code)
    if month is not None:
        query = query.where(Release.month == month)
    return [_to_value(row) for row in session.scalars(query)]


def find_newest_releases(session: Session) -> list[PublishedRelease]:
    """Return the newest release of every city, by city."""
    query = select(Release).ext(distinct_on(Release.city_code)).order_by(Release.city_code, Release.month.desc())
    return [_to_value(row) for row in session.scalars(query)]


def get_parameters(session: Session, *, release_id: str) -> dict[str, Any]:
    """Return what a release was made with: promise, sigmas, hashes. Raises ReleaseNotFoundError."""
    parameters: dict[str, Any] | None = session.scalar(
        select(Release.parameters).where(Release.release_id == release_id)
    )
    if parameters is None:
        raise ReleaseNotFoundError(release_id=release_id)
    return parameters


def get_leaf_table(session: Session, *, release_id: str) -> LeafTable:
    """Return the figures of all leaves of a release, ascending by leaf id; empty for an unknown release.

    Raises ValueError for rows that have not all figures.
    """
    return LeafTable(*_sort(_LEAF_ROWS.read(session, release_id=release_id), by="leaf_id"))


def get_parent_table(session: Session, *, release_id: str) -> ParentTable:
    """Return the figures of all H3 res-7 parents of a release, ascending; empty for an unknown release.

    Raises ValueError for rows that have not all figures.
    """
    return ParentTable(*_sort(_PARENT_ROWS.read(session, release_id=release_id), by="parent7"))


def _sort(columns: Mapping[str, Column], *, by: str) -> list[Column]:
    """Return columns in ascending order of one: an aggregate need not keep the order of what it is given."""
    keys = columns[by]
    if (keys[1:] > keys[:-1]).all():
        return list(columns.values())
    order = np.argsort(keys)
    return [column[order] for column in columns.values()]


def _to_district_table(product: str, rows: Sequence[Any]) -> DistrictTable:
    return DistrictTable(
        product=Product(product),
        districts=np.array([row.district_adcode for row in rows], dtype=np.int64),
        counts=np.array([row.counts for row in rows], dtype=np.float64).reshape(len(rows), -1),
        sd=rows[0].sd if len({row.sd for row in rows}) == 1 else math.nan,
    )


def get_district_table(session: Session, *, release_id: str, product: Product) -> DistrictTable:
    """Return one district product of a release as arrays with the names of its slots. Raises ReleaseNotFoundError."""
    query = select(DistrictFigures).where(DistrictFigures.release_id == release_id, DistrictFigures.product == product)
    rows = session.scalars(query.order_by(DistrictFigures.district_adcode)).all()
    if not rows:
        raise ReleaseNotFoundError(release_id=release_id)
    return _to_district_table(product, rows)


@dataclass(frozen=True, slots=True, eq=False)
class ReleaseHead:
    """A release as it is stored, without leaves and parents: what is read of many releases at once.

    Figures stay the rows that they are until `get_headed_figures`: those of one release that were altered are its own
    fault only.
    """

    release: PublishedRelease
    parameters: Mapping[str, Any]
    city: CityFigures | None
    districts: Sequence[DistrictFigures]


def find_heads(session: Session, *, release_ids: Collection[str]) -> dict[str, ReleaseHead]:
    """Return the heads of some releases by id, those that are not there left out: three queries for however many."""
    releases = session.scalars(select(Release).where(Release.release_id.in_(release_ids))).all()
    cities = session.scalars(select(CityFigures).where(CityFigures.release_id.in_(release_ids)))
    by_release = {row.release_id: row for row in cities}
    rows = session.scalars(
        select(DistrictFigures)
        .where(DistrictFigures.release_id.in_(release_ids))
        .order_by(DistrictFigures.release_id, DistrictFigures.product, DistrictFigures.district_adcode)
    )
    districts = {release_id: list(own) for release_id, own in groupby(rows, key=attrgetter("release_id"))}
    return {
        row.release_id: ReleaseHead(
            _to_value(row), row.parameters, by_release.get(row.release_id), districts.get(row.release_id, ())
        )
        for row in releases
    }


def get_head(session: Session, *, release_id: str) -> ReleaseHead:
    """Return the head of one release. Raises ReleaseNotFoundError."""
    found = find_heads(session, release_ids=[release_id])
    if release_id not in found:
        raise ReleaseNotFoundError(release_id=release_id)
    return found[release_id]


def get_headed_figures(session: Session, *, head: ReleaseHead) -> ReleasedFigures:
    """Return every figure of a release whose head was read.

    Raises ReleaseNotFoundError where the city's are missing, ValueError for rows that have not all figures.
    """
    release_id, city = head.release.release_id, head.city
    if city is None:
        raise ReleaseNotFoundError(release_id=release_id)
    tables = [_to_district_table(product, list(own)) for product, own in groupby(head.districts, attrgetter("product"))]
    return ReleasedFigures(
        leaves=get_leaf_table(session, release_id=release_id),
        parents=get_parent_table(session, release_id=release_id),
        city=CityTotals(needs=np.array(city.needs), needs_sd=np.array(city.needs_sd)),
        districts={table.product: table for table in tables},
    )


def get_figures(session: Session, *, release_id: str) -> ReleasedFigures:
    """Return every figure of a release. Raises ReleaseNotFoundError."""
    return get_headed_figures(session, head=get_head(session, release_id=release_id))
