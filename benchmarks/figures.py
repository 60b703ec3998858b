"""Released figures of the bench's city: true counts and noise as wide as a release's, stored and signed like one.

Made without intake and release, which have benches of their own: the reading routes know the released rows only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from geoalchemy2 import Geometry
from numpy.typing import NDArray
from sqlalchemy import cast, func, select
from sqlalchemy.orm import Session

from benchmarks.ground import Households, Leaves
from geo.models import Leaf, LeafKind
from geo.queries import get_public_keys
from privacy.release.figures import CityTotals, LeafTable, ParentTable, ReleasedFigures, compute_digest
from privacy.release.signing import Signer
from privacy.release.storing import store_release
from privacy.release.values import CATEGORIES, PublishedRelease, ReleaseId

CUSTOMERS_SD, ANY_NEED_SD, NEED_SD, PARENT_SD, CITY_SD = 17.1, 24.1, 10.8, 24.1, 30.0
"""One standard error of each kind of figure, in households: those of a regular month."""

_SEED = 7


@dataclass(frozen=True, slots=True)
class Counts:
    """True counts of leaves (n): households, those with any need, and needs (n, 8)."""

    households: NDArray[np.int64]
    any_need: NDArray[np.int64]
    needs: NDArray[np.int64]


def load_leaves(session: Session, *, city_code: int) -> Leaves:
    """Load the leaves of a city, by id."""
    point: Any = cast(Leaf.position, Geometry("POINT", srid=4326))
    columns = (Leaf.leaf_id, Leaf.cell8, Leaf.kind, func.ST_X(point), func.ST_Y(point))
    rows = session.execute(select(*columns).where(Leaf.city_code == city_code).order_by(Leaf.leaf_id)).all()
    ids, cells, kinds, lon, lat = zip(*rows, strict=True)
    return Leaves(
        np.array(ids, dtype=np.int64),
        np.array(cells, dtype=np.int64),
        np.array([kind == LeafKind.COMMUNITY for kind in kinds]),
        np.array(lon),
        np.array(lat),
    )


def count_households(households: Iterable[Households], *, leaves: int) -> Counts:
    """Count the households of `leaves` leaves."""
    shape = (leaves, len(CATEGORIES))
    counts = Counts(np.zeros(leaves, np.int64), np.zeros(leaves, np.int64), np.zeros(shape, np.int64))
    for chunk in households:
        counts.households[:] += np.bincount(chunk.rows, minlength=leaves)
        counts.any_need[:] += np.bincount(chunk.rows[chunk.needs.any(axis=1)], minlength=leaves)
        for column in range(len(CATEGORIES)):
            counts.needs[:, column] += np.bincount(chunk.rows[chunk.needs[:, column]], minlength=leaves)
    return counts


def publish(session: Session, *, city_code: int, counts: Counts, sign: Signer) -> None:
    """Store the release of the running month."""
    now = datetime.now(UTC)
    keys = get_public_keys(session, city_code=city_code)
    release_id = ReleaseId(now.date().replace(day=1), city_code)
    figures = _add_noise(counts, leaf_ids=keys.leaf_ids, parents=keys.parents)
    digest = compute_digest(figures, release_id=str(release_id), as_of=now, parameters={})
    release = PublishedRelease(
        release_id=str(release_id),
        month=release_id.month,
        city_code=city_code,
        as_of=now,
        published_at=now,
        figures_sha256=digest,
        signature=sign(digest),
    )
    store_release(session, release=release, figures=figures, parameters={})


def _add_noise(counts: Counts, *, leaf_ids: NDArray[np.int64], parents: NDArray[np.int64]) -> ReleasedFigures:
    rng = np.random.default_rng(_SEED)
    parent_ids, slots = np.unique(parents, return_inverse=True)
    parent_needs = np.zeros((len(parent_ids), len(CATEGORIES)))
    np.add.at(parent_needs, slots, counts.needs)
    leaves = LeafTable(
        leaf_ids,
        *_blur(counts.households, sd=CUSTOMERS_SD, rng=rng),
        *_blur(counts.any_need, sd=ANY_NEED_SD, rng=rng),
        *_blur(counts.needs, sd=NEED_SD, rng=rng),
    )
    return ReleasedFigures(
        leaves,
        ParentTable(parent_ids, *_blur(parent_needs, sd=PARENT_SD, rng=rng)),
        CityTotals(*_blur(counts.needs.sum(axis=0), sd=CITY_SD, rng=rng)),
    )


def _blur(
    true: NDArray[Any], *, sd: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return true + rng.normal(0.0, sd, true.shape), np.full(true.shape, sd)
