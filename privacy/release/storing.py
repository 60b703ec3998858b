"""Writes one release into the serving database, whole or not at all. The role that writes cannot change or delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert
from sqlalchemy.orm import Session

from privacy.release.figures import DistrictTable, LeafTable, ParentTable, ReleasedFigures
from privacy.release.models import CityFigures, DistrictFigures, LeafFigures, ParentFigures, Release
from privacy.release.values import PublishedRelease


def _to_rows(release_id: str, columns: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [{"release_id": release_id, **dict(zip(columns, row, strict=True))} for row in values]


def _to_leaf_columns(leaves: LeafTable) -> dict[str, NDArray[Any]]:
    return {
        "leaf_id": leaves.leaf_ids,
        "customers": leaves.customers,
        "customers_sd": leaves.customers_sd,
        "any_need": leaves.any_need,
        "any_need_sd": leaves.any_need_sd,
        "needs": leaves.needs,
        "needs_sd": leaves.needs_sd,
    }


def _to_parent_columns(parents: ParentTable) -> dict[str, NDArray[Any]]:
    return {"parent7": parents.parents, "needs": parents.needs, "needs_sd": parents.needs_sd}


def _to_district_columns(table: DistrictTable) -> dict[str, NDArray[Any]]:
    return {
        "product": np.full(table.districts.size, table.product),
        "district_adcode": table.districts,
        "counts": table.counts,
        "sd": np.full(table.districts.size, table.sd),
    }


def store_release(
    session: Session, *, release: PublishedRelease, figures: ReleasedFigures, parameters: Mapping[str, object]
) -> None:
    """Add a release and all its figures to the caller's transaction."""
    name = release.release_id
    session.add(
        Release(
            release_id=name,
            month=release.month,
            city_code=release.city_code,
            as_of=release.as_of,
            published_at=release.published_at,
            parameters=dict(parameters),
            figures_sha256=release.figures_sha256,
            signature=release.signature,
        )
    )
    session.flush()
    session.execute(insert(LeafFigures), _to_rows(name, _to_leaf_columns(figures.leaves)))
    session.execute(insert(ParentFigures), _to_rows(name, _to_parent_columns(figures.parents)))
    city = figures.city
    session.add(CityFigures(release_id=name, needs=city.needs.tolist(), needs_sd=city.needs_sd.tolist()))
    for table in figures.districts.values():
        session.execute(insert(DistrictFigures), _to_rows(name, _to_district_columns(table)))
    session.flush()
