"""A stand-in for geo: ten communities, and a grid where no community is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

QINGDAO = 370200


@dataclass(frozen=True, slots=True)
class Located:
    """Leaves and cities of a batch."""

    leaf_ids: NDArray[np.int64]
    city_codes: NDArray[np.int64]


class GridLocator:
    """C0 to C9 are leaves 1 to 10; positions within 119-122, 35-38 have leaf 1000 + tenths of a degree east of 119."""

    def locate(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], community_codes: Sequence[str | None], *, datum: str
    ) -> Located:
        """Locate."""
        assert datum in {"wgs84", "gcj02", "bd09"}
        is_inside = (lon > 119) & (lon < 122) & (lat > 35) & (lat < 38)
        leaf_ids = np.where(is_inside, 1000 + np.round((lon - 119) * 10).astype(np.int64), -1)
        for index, code in enumerate(community_codes):
            if code is not None and code in {f"C{number}" for number in range(10)}:
                leaf_ids[index] = 1 + int(code[1:])
        return Located(leaf_ids, np.where(leaf_ids >= 0, QINGDAO, -1))
