"""The true counts of a synthetic city, kept beside the drop for tests and never listed in its manifest."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from field_apps_mock.city.values import CATEGORIES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from field_apps_mock.city.households import Homes
    from field_apps_mock.city.places import Places
    from field_apps_mock.city.values import CityPlan


@dataclass(slots=True)
class Truth:
    """Counts per community (n + 1 rows, the last for homes away from any) as the chunks add up.

    A household counts once, however many customers share its phone; its need in a category is that of any of them.
    """

    households: NDArray[np.int64]
    uncoded: NDArray[np.int64]
    needs: NDArray[np.int64]
    customers: int = 0
    any_need: int = 0

    @classmethod
    def start(cls, communities: int) -> Truth:
        """Begin at zero."""
        rows = communities + 1
        return cls(
            households=np.zeros(rows, dtype=np.int64),
            uncoded=np.zeros(rows, dtype=np.int64),
            needs=np.zeros((rows, len(CATEGORIES)), dtype=np.int64),
        )

    def add(self, homes: Homes, needs: NDArray[np.bool_], *, customers: int) -> None:
        """Add a chunk of households (n) with their needs (n, 8) and the number of customer accounts."""
        rows = len(self.households)
        row = np.where(homes.community < 0, rows - 1, homes.community)
        self.households += np.bincount(row, minlength=rows)
        self.uncoded += np.bincount(row[~homes.has_code], minlength=rows)
        for category in range(len(CATEGORIES)):
            self.needs[:, category] += np.bincount(row[needs[:, category]], minlength=rows)
        self.customers += customers
        self.any_need += int(needs.any(axis=1).sum())

    def write(self, folder: Path, *, places: Places, plan: CityPlan) -> None:
        """Write communities.csv (code empty for homes away from any) and totals.json."""
        folder.mkdir(parents=True, exist_ok=True)
        codes = [traits.code for traits in CATEGORIES]
        with (folder / "communities.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["community_code", "households", "households_without_code", *codes])
            for row, code in enumerate([*places.codes, ""]):
                writer.writerow([code, self.households[row], self.uncoded[row], *self.needs[row]])
        totals = {
            "drop_id": plan.drop_id,
            "households": int(self.households.sum()),
            "customers": self.customers,
            "households_with_any_need": self.any_need,
            "needs": {code: int(count) for code, count in zip(codes, self.needs.sum(axis=0), strict=True)},
        }
        (folder / "totals.json").write_text(json.dumps(totals, indent=2) + "\n", encoding="utf-8")
