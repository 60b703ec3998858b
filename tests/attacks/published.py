"""Pairs of real databases that differ in one household, published by the real code and told apart by the figures.

The attacker knows every other household, so may rehearse: the public smoothing over noise of his own shows how each
figure moves with the target. The best linear test is made of that, and tried on what the system really published.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from privacy.release import counts
from privacy.release.figures import ReleasedFigures
from privacy.release.ledger_queries import StoredDraw, find_draws
from privacy.release.mechanism import NoiseSource
from privacy.release.plan import DRAWN_MONTHLY, FIRST_MONTH_SHARE, get_sigma
from privacy.release.postprocess import estimate_figures
from privacy.release.publish import Press, publish_month
from privacy.release.queries import get_figures
from privacy.release.values import CATEGORIES, Product, PublicKeys
from stack.test_services import run_services
from tests.attacks.values import Progress
from tests.privacy.release.lives import (
    INTERESTS,
    PAIN_POINTS,
    TOPICS,
    Life,
    Sent,
    forget,
    make_lives,
    store_lives,
)
from tests.privacy.release.worlds import KEYS, MONTH, RECORDER, Dwelling, make_dwellings, store_dwellings
from tests.released import SIGN

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSEHOLDS = 300
TARGET = Dwelling(0, int(KEYS.leaf_ids[2]), frozenset(range(len(CATEGORIES))), frozenset({2, 6}))
"""All eight needs, two of which count: it stands in every figure of needs that it may stand in."""
TARGET_LIFE = Life(
    TARGET.number,
    consents=True,
    activity=80,
    persona=(2, 1),
    pain_points=dict.fromkeys(PAIN_POINTS[:3], True),
    interests=dict.fromkeys(INTERESTS[:3], True),
    topics=dict.fromkeys(TOPICS[:3], True),
    purchases=((3, date(2026, 10, 20)),),
    messages=(Sent(3, is_answered=True),),
)
"""An active user with three of everything, who was messaged, answered and bought."""
_NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
_RIDGE = 0.05

Floats = NDArray[np.float64]
Counted: TypeAlias = Mapping[Product, counts.ExactCounts]


def flatten(published: object) -> Floats:
    """Return every number of a release, float64[k]: an attacker may use all of them."""
    if isinstance(published, np.ndarray):
        return published.astype(np.float64).ravel()
    parts: list[object] = []
    if isinstance(published, Mapping):
        parts = list(published.values())
    elif is_dataclass(published):
        parts = [getattr(published, field.name) for field in fields(published)]
    return np.concatenate([np.empty(0), *map(flatten, parts)])


@dataclass(frozen=True, slots=True, eq=False)
class LinearTest:
    """Says "with" where the weighted figures lie above the middle between the two worlds."""

    weights: Floats
    middle: float

    @classmethod
    def learn(cls, without: Floats, with_target: Floats) -> LinearTest:
        """Learn from rehearsals float64[m, k] without and with the target, pair by pair under the same noise."""
        shift, spread = (with_target - without).mean(axis=0), np.cov(without, rowvar=False)
        spread = np.atleast_2d(spread) + np.diag(_RIDGE * np.atleast_2d(spread).diagonal() + 1e-9)
        weights = np.linalg.solve(spread, shift)
        return cls(weights, float(weights @ (without.mean(axis=0) + shift / 2)))

    def guess(self, figures: Floats) -> NDArray[np.bool_]:
        """Return bool[n] for figures float64[n, k]."""
        return figures @ self.weights > self.middle


@dataclass(frozen=True, slots=True)
class Publication:
    """One release: the figures, and the draws before any smoothing, which no field user sees."""

    figures: ReleasedFigures
    draws: tuple[StoredDraw, ...]


@dataclass(frozen=True, slots=True)
class World:
    """One database pair: the attackers' rehearsals and the system's publications both come from here."""

    people_owner: Engine
    serving_owner: Engine
    people: sessionmaker[Session]
    serving: sessionmaker[Session]

    def count(self) -> Counted:
        """Return the exact counts, which only an attacker who knows everybody has."""
        with self.people.begin() as session:
            counts.load_households(session, keys=KEYS, month=MONTH)
            return {each.product: each for each in counts.count_all(session, keys=KEYS)}

    def publish(self, *, noise: NoiseSource) -> Publication:
        """Publish the first month of a fresh ledger, and read what everybody can read and what lies behind it."""
        with self.people_owner.begin() as connection:
            connection.execute(text("DELETE FROM ledger.draws"))
            connection.execute(text("DELETE FROM ledger.charges"))
        with self.serving_owner.begin() as connection:
            connection.execute(text("TRUNCATE released.releases CASCADE"))
        published = publish_month(
            Press(
                self.people,
                self.serving,
                noise=noise,
                sign=SIGN,
                recorder=RECORDER,
                clock=lambda: _NOW,
                progress=lambda *_: None,
            ),
            keys=KEYS,
            month=MONTH,
            as_of=_NOW,
        )
        with self.serving() as serving, self.people() as people:
            figures = get_figures(serving, release_id=published.release_id)
            return Publication(figures, tuple(find_draws(people, city_code=KEYS.city_code, month=MONTH)))

    def remove_target(self) -> None:
        """Take the target out, and nothing else."""
        forget(self.people_owner, TARGET.number)


@contextmanager
def open_world() -> Iterator[World]:
    """Give a database pair with the target among its households."""
    with ExitStack() as stack:
        services = stack.enter_context(run_services())

        def connect(database: str, role: str) -> Engine:
            url = services.url("people" if database == "people" else "serving", role=role)
            engine = create_engine(url, hide_parameters=True)
            stack.callback(engine.dispose)
            return engine

        world = World(
            connect("people", "postgres"),
            connect("serving", "postgres"),
            sessionmaker(connect("people", "field_release")),
            sessionmaker(connect("serving", "field_release")),
        )
        rng = np.random.default_rng(11)
        others = make_dwellings(rng, count=HOUSEHOLDS, leaf_ids=KEYS.leaf_ids.tolist())[1:]
        store_dwellings(world.people_owner, [TARGET, *others])
        store_lives(world.people_owner, [TARGET_LIFE, *make_lives(rng, others)])
        yield world


def rehearse(
    *worlds: Counted, keys: PublicKeys, rounds: int, seed: int, progress: Progress
) -> list[list[ReleasedFigures]]:
    """Return what would be published of each world, round by round, all under the same noise of a first month."""
    rng = np.random.default_rng(seed)
    published: list[list[ReleasedFigures]] = [[] for _ in worlds]
    for number in range(rounds):
        noises = {product: _imitate(worlds[0][product], rng=rng) for product in DRAWN_MONTHLY}
        for exact, figures in zip(worlds, published, strict=True):
            draws = [_draw(exact[product], noises[product]) for product in DRAWN_MONTHLY]
            figures.append(estimate_figures(draws, keys=keys))
        progress(number + 1, rounds)
    return published


def _imitate(exact: counts.ExactCounts, *, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return noise like the mechanism's: a rounded normal, so that a seed repeats it."""
    sigma = get_sigma(exact.product, month_share=FIRST_MONTH_SHARE)
    return np.rint(rng.normal(0, sigma, exact.counts.shape)).astype(np.int64)


def _draw(exact: counts.ExactCounts, noise: NDArray[np.int64]) -> StoredDraw:
    sigma = get_sigma(exact.product, month_share=FIRST_MONTH_SHARE)
    return StoredDraw(exact.product, sigma, exact.keys, exact.counts + noise, _NOW)
