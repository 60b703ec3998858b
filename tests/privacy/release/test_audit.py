"""A charge commits with its entry; a release shows only once the audit has heard of it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import text

from privacy.audit.recording import Recorder
from privacy.audit.values import Action
from privacy.release.plan import DRAWN_MONTHLY
from privacy.release.publish import Press, publish_month
from privacy.release.queries import find_releases
from tests.privacy.release.worlds import KEYS, RECORDER, RecordingNoise, make_dwellings, store_dwellings
from tests.released import SIGN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from privacy.audit.recording import Act
    from privacy.release.values import PublishedRelease
    from tests.conftest import FakeClock

NOVEMBER = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def _households(people_owner: Engine) -> None:
    store_dwellings(people_owner, make_dwellings(np.random.default_rng(4), count=50, leaf_ids=KEYS.leaf_ids.tolist()))


def _publish(
    people: sessionmaker[Session],
    serving: sessionmaker[Session],
    *,
    clock: FakeClock,
    recorder: Recorder = RECORDER,
) -> PublishedRelease:
    return publish_month(
        Press(
            people,
            serving,
            noise=RecordingNoise(),
            sign=SIGN,
            recorder=recorder,
            clock=clock,
            progress=lambda _step, _done, _total: None,
        ),
        keys=KEYS,
        month=NOVEMBER,
        as_of=clock(),
    )


def test_charge_and_publication_are_told_once_and_in_this_order(
    people: sessionmaker[Session], serving: sessionmaker[Session], people_owner: Engine, clock: FakeClock
) -> None:
    with people_owner.connect() as connection:
        before = connection.scalar(text("SELECT number FROM audit.head"))
    published = _publish(people, serving, clock=clock)
    _publish(people, serving, clock=clock)
    told = text("SELECT actor, action, subject, details FROM audit.entries WHERE number > :before ORDER BY number")
    with people_owner.connect() as connection:
        rows = [tuple(row) for row in connection.execute(told, {"before": before})]
    assert rows == [
        ("release", "budget_charged", published.release_id, {"products": len(DRAWN_MONTHLY)}),
        ("release", "release_published", published.release_id, {"sha256": published.figures_sha256.hex()}),
    ]


class _Deaf(Recorder):
    """Fails on one kind of act, right before its entry is written."""

    deaf_to = Action.RELEASE_PUBLISHED

    @contextmanager
    def begin(self, sessions: sessionmaker[Session], /) -> Iterator[Act]:
        with super().begin(sessions) as act:
            yield act
            if any(entry.action is self.deaf_to for entry in act.entries):
                raise ConnectionError


class _DeafToCharges(_Deaf):
    deaf_to = Action.BUDGET_CHARGED


@pytest.mark.parametrize("deaf", [_Deaf, _DeafToCharges])
def test_what_the_audit_cannot_hear_of_does_not_happen(
    people: sessionmaker[Session],
    serving: sessionmaker[Session],
    people_owner: Engine,
    clock: FakeClock,
    deaf: type[_Deaf],
) -> None:
    with pytest.raises(ConnectionError):
        _publish(people, serving, clock=clock, recorder=deaf(RECORDER.key, RECORDER.actor))
    with serving() as session:
        assert find_releases(session) == []
    with people_owner.connect() as connection:
        charges = connection.scalar(text("SELECT count(*) FROM ledger.charges"))
    assert charges == (0 if deaf is _DeafToCharges else len(DRAWN_MONTHLY))
    assert _publish(people, serving, clock=clock).month == NOVEMBER
