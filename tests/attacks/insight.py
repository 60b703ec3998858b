"""What no attacker has: the truth of the people database, the stored release, and what to expect of it.

An attacker who knows every household but one is granted all of it but that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from geo.queries import get_public_keys
from privacy.release import counts
from privacy.release.audience import COUNTS_FROM_SD
from privacy.release.plan import DRAWN_MONTHLY, FIRST_MONTH_SHARE
from privacy.release.queries import find_newest_releases, get_figures
from privacy.release.values import Category, Product, PublicKeys
from stack.demo_city import CITY_CODE
from tests.attacks.circle_questions import find_places
from tests.attacks.equations import Floats, Places
from tests.attacks.membership import ONE_NEED, get_distance
from tests.attacks.published import rehearse
from tests.attacks.values import Progress, get_best_accuracy

if TYPE_CHECKING:
    from stack.environment import Installation

REHEARSALS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Insight:
    """Of the leaves of a region, float64[n, 8] each: true needs that count, released figures, and what to expect.

    `expected` is the mean of the release over its noise, given the truth.
    """

    places: Places
    truth: Floats
    released: Floats
    released_sd: Floats
    expected: Floats

    def find_counted(self, category: Category) -> NDArray[np.bool_]:
        """Return bool[n]: which leaves an audience counts."""
        column = category.column
        return np.asarray(self.released[:, column] >= COUNTS_FROM_SD * self.released_sd[:, column])


def get_need_bound() -> float:
    """Return the accuracy that no test on one need exceeds in the first month."""
    drawn = {product: columns for product, columns in ONE_NEED.items() if product in DRAWN_MONTHLY}
    return get_best_accuracy(get_distance(drawn, shares=(FIRST_MONTH_SHARE,)))


def gain_insight(installation: Installation, *, progress: Progress) -> Insight:
    """Read truth and release, and rehearse the release."""
    with Session(create_engine(installation.url("serving", "field_release"))) as session:
        keys = get_public_keys(session, city_code=CITY_CODE)
        places = find_places(session, city_code=CITY_CODE)
        release = find_newest_releases(session)[0]
        figures = get_figures(session, release_id=release.release_id)
    with Session(create_engine(installation.url("people", "field_release"))) as session:
        counts.load_households(session, keys=keys, month=release.month)
        exact = {each.product: each for each in counts.count_all(session, keys=keys)}
    (rehearsed,) = rehearse(exact, keys=keys, rounds=REHEARSALS, seed=3, progress=progress)
    rows = _find_rows(keys, places)
    return Insight(
        places,
        exact[Product.NEED_LEAF].counts[rows].astype(np.float64),
        figures.leaves.needs[rows],
        figures.leaves.needs_sd[rows],
        np.mean([each.leaves.needs[rows] for each in rehearsed], axis=0),
    )


def _find_rows(keys: PublicKeys, places: Places) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.searchsorted(keys.leaf_ids, np.array(places.leaf_ids))
