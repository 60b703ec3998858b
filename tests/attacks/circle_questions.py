"""The questions of the circle attack and how their answers become equations: circles, lists and previews of sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from geo.cells import from_texts, get_centres, to_text
from geo.models import Leaf
from geo.sphere import PointIndex
from geo.values import LonLat
from privacy.release.values import Category
from tests.attacks.attackers import Answer, Question
from tests.attacks.equations import Equations, Places

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CENTRE = LonLat(120.38, 36.10)
REGION_M = 8_000.0
LEAST_RADIUS_M, MOST_RADIUS_M = 500, 5_000
_M_PER_DEGREE = 111_320.0
_LISTED = 100
_CHOSEN = 0.5


@dataclass(frozen=True, slots=True)
class Volume:
    """How many questions of each kind a category gets."""

    circles: int
    lists: int
    previews: int


def find_places(session: Session, *, city_code: int) -> Places:
    """Return the public map of all cells whose centre lies within the region."""
    rows = session.execute(
        select(Leaf.leaf_id, Leaf.cell8, Leaf.community_code).where(Leaf.city_code == city_code).order_by(Leaf.leaf_id)
    ).all()
    cells = np.unique(np.array([row.cell8 for row in rows], dtype=np.int64))
    inside, _ = PointIndex.build(*get_centres(cells)).find_within(CENTRE, radius_m=REGION_M)
    chosen = set(cells[inside].tolist())
    leaf_ids: list[int] = []
    leaves_of_cell: dict[str, tuple[int, ...]] = {}
    leaf_of_community: dict[str, int] = {}
    for row in rows:
        if row.cell8 not in chosen:
            continue
        number, cell = len(leaf_ids), to_text(row.cell8)
        leaf_ids.append(int(row.leaf_id))
        leaves_of_cell[cell] = (*leaves_of_cell.get(cell, ()), number)
        if row.community_code is not None:
            leaf_of_community[row.community_code] = number
    return Places(tuple(leaf_ids), leaves_of_cell, leaf_of_community)


def get_centre(cell: str) -> tuple[float, float]:
    """Return the centre of a cell as longitude and latitude, WGS84."""
    lon, lat = get_centres(np.array(from_texts([cell]), dtype=np.int64))
    return float(lon[0]), float(lat[0])


def _choose_position(rng: np.random.Generator, *, within_m: float) -> dict[str, str]:
    distance, angle = within_m * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
    lat = CENTRE.lat + distance * np.sin(angle) / _M_PER_DEGREE
    lon = CENTRE.lon + distance * np.cos(angle) / (_M_PER_DEGREE * np.cos(np.radians(CENTRE.lat)))
    return {"lon": f"{lon:.6f}", "lat": f"{lat:.6f}", "datum": "wgs84"}


def make_questions(rng: np.random.Generator, *, category: Category, places: Places, volume: Volume) -> list[Question]:
    """Invent questions: the smallest circle around each cell, overlapping circles of all sizes, lists."""
    questions = []
    for cell in places.leaves_of_cell:
        lon, lat = get_centre(cell)
        where = {"lon": f"{lon:.6f}", "lat": f"{lat:.6f}", "datum": "wgs84"}
        arguments = {**where, "category": category, "radius_m": str(LEAST_RADIUS_M)}
        questions.append(Question("/v1/yingxiaobao/heatmap", arguments))
    for _ in range(volume.circles):
        radius_m = int(LEAST_RADIUS_M * (MOST_RADIUS_M / LEAST_RADIUS_M) ** rng.random())
        # 1 % less, because a degree is not as long everywhere.
        where = _choose_position(rng, within_m=0.99 * (REGION_M - radius_m))
        arguments = {**where, "category": category, "radius_m": str(radius_m)}
        questions.append(Question("/v1/yingxiaobao/heatmap", arguments))
    for _ in range(volume.lists):
        arguments = {**_choose_position(rng, within_m=REGION_M), "category": category, "limit": str(_LISTED)}
        questions.append(Question("/v1/yingxiaobao/communities", arguments))
    codes = np.array(sorted(places.leaf_of_community))
    for _ in range(volume.previews):
        body = {"community_codes": codes[rng.random(codes.size) < _CHOSEN].tolist(), "category": category, "body": ""}
        questions.append(Question("/v1/yingxiaobao/broadcasts/preview", body=body))
    return questions


def read_answers(
    answers: Sequence[Answer], *, category: Category, places: Places, counted: NDArray[np.bool_]
) -> Equations:
    """Turn answers into equations: totals of circles before any cell is hidden, cells, communities, chosen sets.

    `counted` bool[leaves] says which leaves an audience counts: those that stand out of their noise. An attacker learns
    that of each by a preview with it and one without, and is spared the asking.
    """
    equations = Equations(len(places.leaf_ids))
    for question, content in answers:
        answer = json.loads(content)
        if "features" in answer:
            cells = [feature["properties"] for feature in answer["features"]]
            circle = [leaf for cell in cells for leaf in places.leaves_of_cell[cell["cell"]]]
            equations.add(circle, answer["total"]["need"]["value"])
            for cell in cells:
                if cell["need"] is not None:
                    equations.add(places.leaves_of_cell[cell["cell"]], cell["need"])
        elif "communities" in answer:
            for row in answer["communities"]:
                leaf, need = places.leaf_of_community.get(row["community_code"]), row["needs"][category]
                if leaf is not None and row["level"] == "community" and need["value"] is not None:
                    equations.add([leaf], need["value"])
        elif answer["need"] is not None and question.body is not None:
            chosen = [places.leaf_of_community[code] for code in question.body["community_codes"]]
            equations.add([leaf for leaf in chosen if counted[leaf]], answer["need"]["value"])
    return equations
