"""Whether a baseline answers what we answer. A comparison with something that answers another question is void."""

from __future__ import annotations

import math
from typing import Any

import click
import numpy as np
from pyproj import Geod

from geo.cells import from_texts, get_centres
from geo.figures import Z95

Row = dict[str, Any]
_GEOD = Geod(ellps="WGS84")
_ROUNDING = {"distance_m": 0.11, "share": 0.00011}
_DEGREES = 2e-6
_MOST_SD = 6.0
SPHERE_ERROR = 0.006
"""By how much a distance on a sphere is off at most."""

# A user lives so near to the centre of the cell that he is counted in.
_HOME_TO_CENTRE_M = 1_200.0


def require(agrees: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Stop where answers differ."""
    if not agrees:
        raise click.ClickException(f"the baseline answers something else: {what}")


def check_same(ours: Any, theirs: Any, *, at: str = "") -> None:  # noqa: ANN401 - JSON
    """Require the same JSON, but for the last digit of what is rounded."""
    if isinstance(ours, dict):
        require(ours.keys() == theirs.keys(), f"{at} {ours.keys() ^ theirs.keys()}")
        for key in ours:
            check_same(ours[key], theirs[key], at=key)
    elif isinstance(ours, list):
        require(len(ours) == len(theirs), f"{at}: {len(ours)} and {len(theirs)}")
        for one, other in zip(ours, theirs, strict=True):
            check_same(one, other, at=at)
    elif isinstance(ours, float):
        allowed = _ROUNDING.get(at, _DEGREES if at == "coordinates" else 1e-9)
        require(math.isclose(ours, theirs, rel_tol=0.0, abs_tol=allowed), f"{at}: {ours} and {theirs}")
    else:
        require(ours == theirs, f"{at}: {ours} and {theirs}")


def check_nearest(ours: Row, theirs: Row) -> None:
    """Require the same communities with the same figures, in an order that `<->` may have changed.

    PostGIS orders geography by distance on a sphere: where two distances differ by less than its error, they change
    places, at the end of the list with one that is not on it. Shares and ranks are of the list; who has no share is
    ranked by its place there.
    """
    require(ours["release_id"] == theirs["release_id"], "another release")
    found = {row["community_code"]: row for row in theirs["communities"]}
    codes = [row["community_code"] for row in ours["communities"]]
    is_whole = found.keys() == set(codes)
    last_m = ours["communities"][-1]["distance_m"] * (1.0 - SPHERE_ERROR)
    for row in ours["communities"]:
        other = found.get(row["community_code"])
        require(other is not None or row["distance_m"] >= last_m, f"without {row['community_code']}")
        if other is not None:
            ignored = {"share", "rank"} if not is_whole else {"rank"} if not row["share"] else set()
            check_same(*({key: one[key] for key in one if key not in ignored} for one in (row, other)))


def check_counted(ours: Row, theirs: Row, *, category: str) -> None:
    """Require the same communities at the same distances, and figures that differ by no more than their noise."""
    for one, other in zip(ours["communities"], theirs["communities"], strict=True):
        require(one["community_code"] == other["community_code"], "another community")
        check_same(one["distance_m"], other["distance_m"], at="distance_m")
        if one["level"] == "community":
            _check_noisy(one["users"]["value"], other["users"], moe95=one["users"]["moe95"], at="users")
            need = one["needs"][category]
            _check_noisy(need["value"], other["need"], moe95=need["moe95"], at="need")


def check_counted_cells(ours: Row, theirs: Row, *, lon: float, lat: float, radius_m: float) -> None:
    """Require figures that differ by no more than noise in every cell all of whose users live within the radius.

    On the rim the two count differently: we take a cell whole when its centre lies within, rows are taken one by one.
    """
    counted = {feature["id"]: feature["properties"] for feature in theirs["features"]}
    shown = [feature["properties"] for feature in ours["features"]]
    lons, lats = _get_centres_of([one["cell"] for one in shown])
    inner = 0
    for one, x, y in zip(shown, lons, lats, strict=True):
        if _GEOD.inv(lon, lat, x, y)[2] <= radius_m - _HOME_TO_CENTRE_M:
            other = counted.get(one["cell"], {"users": 0, "need": 0})
            _check_noisy(one["users"], other["users"], moe95=one["users_moe95"], at="users of a cell")
            _check_noisy(one["need"], other["need"], moe95=one["moe95"], at="need of a cell")
            inner += 1
    require(inner > 0, "no cell to compare")


def _get_centres_of(cells: list[str]) -> tuple[list[float], list[float]]:
    lon, lat = get_centres(np.array(from_texts(cells)))
    return lon.tolist(), lat.tolist()


def _check_noisy(ours: float | None, counted: float, *, moe95: float, at: str) -> None:
    """Require the count and noise where something is shown; what is hidden says nothing."""
    if ours is not None:
        require(abs(ours - counted) <= _MOST_SD * moe95 / Z95 + 1.0, f"{at}: {ours} and {counted}")
