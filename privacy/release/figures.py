"""Released figures as arrays: tables of leaves, parents, the city and districts, and the digest over all of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from privacy.release.slots import DISTRICT_PRODUCTS, get_slot_names
from privacy.release.values import Product


@dataclass(frozen=True, slots=True, eq=False)
class LeafTable:
    """Estimates of n leaves, ascending by leaf id.

    `needs` and `needs_sd` are float64[n, 8] in the order of `Category`; `_sd` is one standard error.
    """

    leaf_ids: NDArray[np.int64]
    customers: NDArray[np.float64]
    customers_sd: NDArray[np.float64]
    any_need: NDArray[np.float64]
    any_need_sd: NDArray[np.float64]
    needs: NDArray[np.float64]
    needs_sd: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ParentTable:
    """Estimates of m H3 res-7 parents, ascending; `needs` and `needs_sd` are float64[m, 8]."""

    parents: NDArray[np.int64]
    needs: NDArray[np.float64]
    needs_sd: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CityTotals:
    """Estimates of a whole city; `needs` and `needs_sd` are float64[8]."""

    needs: NDArray[np.float64]
    needs_sd: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class DistrictTable:
    """Counts of one district product as drawn: unbiased, and `sd`, the noise's sigma, is the standard error of each.

    `districts` int64[d] ascending, `counts` float64[d, slots] in the order of slots.py.
    """

    product: Product
    districts: NDArray[np.int64]
    counts: NDArray[np.float64]
    sd: float

    @property
    def slot_names(self) -> tuple[str, ...]:
        """Return the names of the slots; an older release has fewer of them."""
        return get_slot_names(self.product)[: self.counts.shape[1]]


@dataclass(frozen=True, slots=True, eq=False)
class ReleasedFigures:
    """All figures of one release. The needs of leaves add up to those of their parent, and these to the city's.

    `districts` is empty in releases from before the district products were drawn.
    """

    leaves: LeafTable
    parents: ParentTable
    city: CityTotals
    districts: Mapping[Product, DistrictTable] = field(default_factory=dict)


def compute_digest(
    figures: ReleasedFigures, *, release_id: str, as_of: datetime, parameters: Mapping[str, object]
) -> bytes:
    """Return SHA-256 over a release's name, date, parameters and every figure, in one fixed byte order."""
    head = {"as_of": as_of.astimezone(UTC).isoformat(), "parameters": parameters, "release_id": release_id}
    digest = hashlib.sha256(json.dumps(head, sort_keys=True, separators=(",", ":")).encode())
    leaves, parents, city = figures.leaves, figures.parents, figures.city
    for ids in (leaves.leaf_ids, parents.parents):
        digest.update(np.ascontiguousarray(ids, dtype="<i8").data)
    users = (leaves.customers, leaves.customers_sd, leaves.any_need, leaves.any_need_sd)
    needs = (leaves.needs, leaves.needs_sd, parents.needs, parents.needs_sd, city.needs, city.needs_sd)
    for column in (*users, *needs):
        digest.update(np.ascontiguousarray(column, dtype="<f8").ravel().data)
    for product in DISTRICT_PRODUCTS:
        if product in figures.districts:
            _add_districts(digest, figures.districts[product])
    return digest.digest()


def _add_districts(digest: hashlib._Hash, table: DistrictTable) -> None:
    """Add a product with its shape: the figures before it have shapes that follow from each other, these have not."""
    digest.update(f"{table.product}:{table.counts.shape[0]}x{table.counts.shape[1]}:".encode())
    digest.update(table.districts.astype("<i8").tobytes())
    digest.update(np.array([table.sd], dtype="<f8").tobytes() + table.counts.astype("<f8").tobytes())
