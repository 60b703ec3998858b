"""A new release comes while eight callers read: each answer is of one release, and right by that release's own rows."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.api import world
from tests.released import seal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from api.resources import Resources
    from tests.api.conftest import Headers

CALLERS = 8
BEFORE, AFTER = "2026-11-370200", "2026-12-370200"
PLACES = [f"lon={120.36 + step * 0.007:.3f}&lat={36.06 + step * 0.005:.3f}" for step in range(12)]
QUESTIONS = [
    path
    for place in PLACES
    for path in (
        f"/v1/yingxiaobao/communities?{place}&datum=wgs84&category=freezer",
        f"/v1/yingxiaobao/communities?{place}&datum=wgs84&limit=5",
        f"/v1/yingxiaobao/heatmap?{place}&datum=wgs84&category=freezer&radius_m=2000",
    )
]
# Column 3 of the needs is the freezer's.
_COMMUNITIES = """
SELECT l.community_code, f.customers, f.needs[:slot], f.needs_sd[:slot], p.needs[:slot], p.needs_sd[:slot]
FROM released.leaf_figures f JOIN places.leaves l USING (leaf_id)
JOIN released.parent_figures p ON p.release_id = f.release_id AND p.parent7 = l.parent7
WHERE f.release_id = :id AND l.community_code IS NOT NULL
"""
_CELLS = """
SELECT l.cell8, sum(f.needs[:slot]), sqrt(sum(f.needs_sd[:slot] ^ 2))
FROM released.leaf_figures f JOIN places.leaves l USING (leaf_id) WHERE f.release_id = :id GROUP BY l.cell8
"""
Figures = dict[str, tuple[float | None, float]]


def _show(need: float, sd: float) -> tuple[float | None, float]:
    return None if need < 2 * sd else round(need, 1), round(1.96 * sd, 1)


def _find_truth(engine: Engine, release_id: str, *, slot: int) -> tuple[Figures, Figures]:
    """Return need and margin of communities by code, and of cells, by SQL over one release's rows."""
    asked = {"id": release_id, "slot": slot}
    with engine.connect() as connection:
        rows = connection.execute(text(_COMMUNITIES), asked).all()
        cells = connection.execute(text(_CELLS), asked).all()
    communities = {row[0]: _show(*(row[2:4] if row[1] >= 30 else row[4:6])) for row in rows}
    return communities, {f"{cell:x}": _show(need, sd) for cell, need, sd in cells}


def _publish(engine: Engine) -> None:
    """Publish December in one transaction: half as much again of every need, and signed."""
    with Session(engine) as session, session.begin():
        world._copy_rows(session.connection(), AFTER)
        for table in ("leaf_figures", "parent_figures"):
            more = f"UPDATE released.{table} SET needs = (SELECT array_agg(need * 1.5) FROM unnest(needs) need)"  # noqa: S608 - names from above
            session.execute(text(f"{more} WHERE release_id = :id"), {"id": AFTER})
        seal(session, release_id=AFTER)


@pytest.fixture
def watched(resources: Resources, serving_engine: Engine) -> Iterator[Resources]:
    """Give resources that look for a new release all the time."""
    resources.snapshots.current()
    resources.snapshots.start_watching(interval_s=0.02)
    yield resources
    resources.snapshots.stop_watching()
    for thread in threading.enumerate():
        if thread.name == "snapshot":
            thread.join(20)
    world.remove_release(serving_engine, AFTER)


def _read(app: Flask, headers: Headers, *, first: int, published: Event) -> list[dict[str, Any]]:
    """Ask question after question until every one was asked once more after the new release was seen."""
    client, bodies, left = app.test_client(), [], len(QUESTIONS)
    for at in cycle(range(len(QUESTIONS))):
        answer = client.get(QUESTIONS[(first * 5 + at) % len(QUESTIONS)], headers=headers)
        assert answer.status_code == 200
        bodies.append(json.loads(answer.data))
        if published.is_set() and bodies[-1]["release_id"] == AFTER:
            left -= 1
        if not left:
            return bodies
    raise AssertionError


def test_no_answer_is_wrong_or_mixes_two_releases_while_one_is_published(
    app: Flask, watched: Resources, sales: Headers, serving_engine: Engine
) -> None:
    del watched
    published = Event()
    with ThreadPoolExecutor(CALLERS) as pool:
        reads = [pool.submit(_read, app, sales, first=first, published=published) for first in range(CALLERS)]
        _publish(serving_engine)
        published.set()
        bodies = [body for read in reads for body in read.result(timeout=60)]
    truth = {
        (release_id, slot): _find_truth(serving_engine, release_id, slot=slot)
        for release_id in (BEFORE, AFTER)
        for slot in range(1, 9)
    }
    slots = {name: at for at, name in enumerate(_list_categories(bodies), 1)}
    for body in bodies:
        for one in body.get("communities", []):
            for category, need in one["needs"].items():
                communities, _ = truth[body["release_id"], slots[category]]
                assert (need["value"], need["moe95"]) == communities[one["community_code"]]
        for one in body.get("features", []):
            _, cells = truth[body["release_id"], slots[body["category"]]]
            assert (one["properties"]["need"], one["properties"]["moe95"]) == cells[one["id"]]
    assert {body["release_id"] for body in bodies} == {BEFORE, AFTER}


def _list_categories(bodies: list[dict[str, Any]]) -> list[str]:
    """Return all categories in their order, as an answer without a category lists them."""
    whole = next(body for body in bodies if body.get("communities") and body["category"] is None)
    return list(whole["communities"][0]["needs"])
