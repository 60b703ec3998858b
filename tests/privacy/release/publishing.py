"""Publishes a small city for tests of what comes after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from privacy.release.mechanism import NoiseSource
from privacy.release.publish import Press, publish_month
from privacy.release.signing import Signer
from privacy.release.values import Clock, Progress, PublishedRelease, Step
from tests.privacy.release.lives import make_lives, store_lives
from tests.privacy.release.worlds import KEYS, RECORDER, Dwelling, make_dwellings, store_dwellings
from tests.released import SIGN

AS_OF = datetime(2026, 11, 3, tzinfo=UTC)


def store_city(engine: Engine, *, count: int = 200) -> Sequence[Dwelling]:
    """Write households with lives of their own, all over the small city."""
    rng = np.random.default_rng(2)
    dwellings = make_dwellings(rng, count=count, leaf_ids=KEYS.leaf_ids.tolist())
    store_dwellings(engine, dwellings)
    store_lives(engine, make_lives(rng, dwellings))
    return dwellings


def _ignore(step: Step, done: int, total: int) -> None:
    del step, done, total


def publish(
    people: sessionmaker[Session],
    serving: sessionmaker[Session],
    *,
    noise: NoiseSource,
    clock: Clock,
    month: date = date(2026, 11, 18),
    sign: Signer = SIGN,
    progress: Progress = _ignore,
) -> PublishedRelease:
    """Publish a month as the command would."""
    return publish_month(
        Press(
            people,
            serving,
            noise=noise,
            sign=sign,
            recorder=RECORDER,
            clock=clock,
            progress=progress,
        ),
        keys=KEYS,
        month=month,
        as_of=AS_OF,
    )
