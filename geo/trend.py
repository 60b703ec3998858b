"""How the needs of a territory moved from release to release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import numpy as np
from sqlalchemy import column, func, select, true
from sqlalchemy.orm import Session

from geo.figures import TrendMonth
from geo.layer import Shown, Sums
from geo.models import District, Leaf
from geo.values import FloatArray
from privacy.release.models import LeafFigures, Release


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
    """Return one row of sums a release, added up in the database."""
    need = (
        func.unnest(LeafFigures.needs, LeafFigures.needs_sd)
        .table_valued(column("need"), column("sd"), with_ordinality="slot", joins_implicitly=True)
        .render_derived()
    )
    rows = session.execute(
        select(LeafFigures.release_id, need.c.slot, func.sum(need.c.need), func.sum(need.c.sd * need.c.sd))
        .select_from(LeafFigures)
        .join(Leaf, Leaf.leaf_id == LeafFigures.leaf_id)
        .join(need, true())
        .where(LeafFigures.release_id.in_(release_ids), Leaf.district_adcode.in_(district_adcodes))
        .group_by(LeafFigures.release_id, need.c.slot)
    ).all()
    needs: defaultdict[str, FloatArray] = defaultdict(lambda: np.zeros((2, 8)))
    for release_id, slot, total, variance in rows:
        needs[release_id][:, slot - 1] = total, variance
    return {key: Sums(np.zeros(1), np.zeros(1), needs[key][:1], needs[key][1:]) for key in release_ids}
