"""How the needs of a territory moved from release to release."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo.figures import TrendMonth
from geo.layer import Shown, Sums
from geo.models import District, Leaf
from privacy.release.models import LeafFigures, Release
from privacy.release.values import CATEGORIES


def find_trend(session: Session, *, district_adcodes: Collection[int], months: int = 12) -> list[TrendMonth]:
    """Return the needs of some districts of one city in its last releases, oldest first."""
    cities = select(District.city_code).where(District.adcode.in_(district_adcodes))
    releases = session.execute(
        select(Release.release_id, Release.month, Release.as_of)
        .where(Release.city_code.in_(cities))
        .order_by(Release.month.desc(), Release.release_id)
        .limit(months)
    ).all()
    sums = _sum_releases(session, release_ids=[row[0] for row in releases], district_adcodes=district_adcodes)
    shown = [(*release, Shown.of(sums[release[0]])) for release in reversed(releases)]
    return [
        TrendMonth(
            release_id,
            month,
            as_of,
            tuple(figures.needs[0].tolist()),
            tuple(figures.needs_moe95[0].tolist()),
            tuple(figures.few[0].tolist()),
        )
        for release_id, month, as_of, figures in shown
    ]


def _sum_releases(
    session: Session, *, release_ids: Collection[str], district_adcodes: Collection[int]
) -> dict[str, Sums]:
    """Return one row of sums a release, added up in the database in one pass over its leaves."""
    slots = range(1, len(CATEGORIES) + 1)
    needs: list[Any] = [func.sum(LeafFigures.needs[slot]) for slot in slots]
    variances: list[Any] = [func.sum(LeafFigures.needs_sd[slot] * LeafFigures.needs_sd[slot]) for slot in slots]
    rows = session.execute(
        select(LeafFigures.release_id, *needs, *variances)
        .join(Leaf, Leaf.leaf_id == LeafFigures.leaf_id)
        .where(LeafFigures.release_id.in_(release_ids), Leaf.district_adcode.in_(district_adcodes))
        .group_by(LeafFigures.release_id)
    ).all()
    found = {release_id: np.array(sums, dtype=np.float64).reshape(2, -1) for release_id, *sums in rows}
    nothing = np.zeros((2, len(CATEGORIES)))
    tables = {release_id: found.get(release_id, nothing) for release_id in release_ids}
    return {key: Sums(np.zeros(1), np.zeros(1), table[:1], table[1:]) for key, table in tables.items()}
