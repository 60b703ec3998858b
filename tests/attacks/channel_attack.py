"""Does a broadcast tell its sender whether one household got it? Everything a sender can see, in both worlds.

Several senders work side by side, each with a category and a target of his own, in a city where nobody else can be
reached: a coin decides before each broadcast whether the target is eligible or not, in one of four ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
import numpy as np
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from geo.models import Leaf
from privacy.release.models import LeafFigures
from privacy.release.values import CATEGORIES, Category
from tests.attacks.channel import QUOTA, watch_broadcast
from tests.attacks.distinguisher import Observation, distinguish_by_text, distinguish_by_times
from tests.attacks.households import People, Standing, Target
from tests.attacks.installation import MOST_BROADCASTS
from tests.attacks.values import Progress, Row, judge_against_bound, judge_fact

if TYPE_CHECKING:
    from stack.demo_client import FieldClient, Json
    from stack.environment import Installation

GROUP = "broadcasts"
_MOST_PLACES = 200
_SILENT = tuple(standing for standing in Standing if standing is not Standing.ELIGIBLE)


@dataclass(slots=True)
class Lane:
    """One sender with an audience and the target in it."""

    client: FieldClient
    category: Category
    audience: Json
    target: Target
    sent: int = 0

    @property
    def text(self) -> str:
        """Return a text that this sender has not sent yet."""
        return f"家电以旧换新活动开始了，{10 + self.sent // 60}点{self.sent % 60:02d}分起接受预约，欢迎到店。"

    def watch(self, people: People, standing: Standing) -> tuple[Observation, int]:
        """Send one broadcast in one world; returns what the sender saw and how many messages left."""
        people.set_standing(self.target, standing)
        known = {_write_remaining(self.sent): b"<before>", _write_remaining(self.sent + 1): b"<after>"}
        reached: list[int] = []
        seen = watch_broadcast(
            self.client,
            audience=self.audience,
            text=self.text,
            known=known,
            settle=lambda broadcast_id: reached.append(people.count_reached(broadcast_id)),
        )
        self.sent += 1
        return seen.finish(is_present=standing is Standing.ELIGIBLE), reached[0]


def _write_remaining(sent: int) -> bytes:
    left = MOST_BROADCASTS - sent, MOST_BROADCASTS - sent * QUOTA
    return b'"remaining":{"broadcasts":%d,"recipients":%d}' % left


def open_lanes(installation: Installation, clients: Sequence[FieldClient], *, people: People) -> list[Lane]:
    """Return a lane for each category whose 200 neediest communities allow a quota."""
    lanes = []
    with Session(create_engine(installation.url("serving", "field_web"))) as session:
        for client, category in zip(clients, CATEGORIES, strict=False):
            needs = LeafFigures.needs[category.column + 1]
            rows = session.execute(
                select(Leaf.community_code, Leaf.leaf_id)
                .join(LeafFigures, LeafFigures.leaf_id == Leaf.leaf_id)
                .where(Leaf.community_code.is_not(None))
                .order_by(needs.desc())
                .limit(_MOST_PLACES)
            ).all()
            audience = {"community_codes": [row.community_code for row in rows], "category": category}
            preview = client.post("/v1/yingxiaobao/broadcasts/preview", audience | {"body": ""})
            if QUOTA in preview["allowed_quotas"]:
                leaf_ids = [row.leaf_id for row in rows]
                target = people.find_target(leaf_ids=leaf_ids, category=category.column)
                lanes.append(Lane(client, category, audience, target))
    return lanes


def watch_all(
    lanes: Sequence[Lane], *, people: People, trials: int, seed: int, progress: Progress
) -> list[tuple[Standing, Observation, int]]:
    """Run `trials` broadcasts in each lane, the lanes side by side, after one that nobody looks at.

    A sender's first broadcast has no other before it in the list, which is nothing that the target did.
    """
    rng = np.random.default_rng(seed)
    coins = rng.random((len(lanes), trials)) < 0.5
    silent = rng.integers(0, len(_SILENT), (len(lanes), trials))
    total, seen = len(lanes) * trials, []

    def run(number: int) -> list[tuple[Standing, Observation, int]]:
        noted = []
        lanes[number].watch(people, Standing.ELIGIBLE)
        for trial in range(trials):
            standing = Standing.ELIGIBLE if coins[number, trial] else _SILENT[silent[number, trial]]
            noted.append((standing, *lanes[number].watch(people, standing)))
            done[number] = trial + 1
            progress(sum(done), total)
        return noted

    done = [0] * len(lanes)
    with ThreadPoolExecutor(len(lanes)) as pool:
        for lane in as_completed([pool.submit(run, number) for number in range(len(lanes))]):
            seen += lane.result()
    return seen


def attack_channel(
    installation: Installation, clients: Sequence[FieldClient], *, trials: int, seed: int, progress: Progress
) -> list[Row]:
    """Send `trials` broadcasts a lane and return the rows."""
    people = People.of(installation)
    lanes = open_lanes(installation, clients, people=people)
    if not lanes:
        raise click.ClickException("no category has an audience that allows a quota: the city is too small")
    people.silence_all()
    seen = watch_all(lanes, people=people, trials=trials, seed=seed, progress=progress)
    return judge_channel(seen, lanes=len(lanes))


def judge_channel(seen: Sequence[tuple[Standing, Observation, int]], *, lanes: int) -> list[Row]:
    """Return the rows: that the worlds differed on the phones, that the bytes did not, and what could be guessed."""
    observations = [observation for _, observation, _ in seen]
    wrong = sum(reached != observation.is_present for _, observation, reached in seen)
    different = len({observation.text for observation in observations})
    worlds = ", ".join(Standing)
    return [
        judge_fact(
            GROUP,
            f"broadcasts after which the target's phone did not show its world ({worlds})",
            goal=f"0 of {len(seen)}",
            measured=str(wrong),
            is_met=wrong == 0,
        ),
        judge_fact(
            GROUP,
            f"different bytes of all answers and states, but for ids and times, of {lanes} senders",
            goal=str(lanes),
            measured=str(different),
            is_met=different == lanes,
        ),
        judge_against_bound(GROUP, "was it reached? by the bytes", distinguish_by_text(observations), bound=0.5),
        judge_against_bound(GROUP, "was it reached? by the best time", distinguish_by_times(observations), bound=0.5),
    ]
