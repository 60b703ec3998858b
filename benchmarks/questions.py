"""What every bench of the reading routes asks: the nearest 30 and the cells within 5 km, at ever new places."""

from __future__ import annotations

import random
from typing import Final

from api.released import MOST_ASKED_ONCE
from privacy.release.values import Category
from stack.demo_city import read_staff
from stack.demo_client import FieldClient
from stack.environment import Installation

LIMIT, RADIUS_M = 30, 5_000
NEED = Category.REFRIGERATOR
NEAREST = f"/v1/yingxiaobao/communities?{{}}&category={NEED}&limit={LIMIT}"
HEATMAP = f"/v1/yingxiaobao/heatmap?{{}}&category={NEED}&radius_m={RADIUS_M}"
PLACES: Final = 2 * MOST_ASKED_ONCE + 10_000
"""More than both processes remember as asked for lately: every question is new, and no answer is kept for the next."""


def get_rounds(*, quick: bool) -> int:
    """Return how often everything is measured: a quick run says that it can be, and once is enough for that."""
    return 1 if quick else 3


def draw_places(count: int = PLACES) -> list[tuple[float, float]]:
    """Draw places in the middle of the city, GCJ-02, the same at every call."""
    source = random.Random(7)
    return [(source.uniform(120.30, 120.48), source.uniform(36.06, 36.22)) for _ in range(count)]


def find_paths(question: str, *, count: int = PLACES) -> list[str]:
    """Return one question, asked at each place."""
    return [question.format(f"lon={lon:.6f}&lat={lat:.6f}") for lon, lat in draw_places(count)]


def sign_in(installation: Installation) -> FieldClient:
    """Sign a salesperson in."""
    account = next(row for row in read_staff(installation) if row["role"] == "salesperson")
    client = FieldClient(installation.address("web"))
    client.log_in(account["login"], account["password"])
    return client


def get_headers(client: FieldClient) -> dict[str, str]:
    """Return what a signed-in caller sends along."""
    return {"Authorization": str(client.session.headers["Authorization"])}
