"""From households to noised counts: check, charge, count, draw, store. The stored draw is all that ever leaves."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session, sessionmaker

from privacy.audit.recording import Recorder
from privacy.release import counts, ledger
from privacy.release.aligning import REPLAYED, REPLAYED_YEARS
from privacy.release.drops import check_newest_drop, keeping_intake_out
from privacy.release.errors import DrawLostError
from privacy.release.joint import JointLedger
from privacy.release.ledger_queries import (
    Charged,
    EarlierDraws,
    StoredDraw,
    find_charges,
    find_draws,
    find_earlier_draws,
)
from privacy.release.mechanism import CHUNK, NoiseSource
from privacy.release.plan import DRAWN_MONTHLY
from privacy.release.values import Clock, Progress, PublicKeys, Step


def _add_noise(
    exact: NDArray[np.int64], *, sigma: float, noise: NoiseSource, progress: Progress, done: int, total: int
) -> NDArray[np.int64]:
    """Noise int64[n, width] chunk by chunk: the counts are independent, so the parts are as good as the whole."""
    flat = exact.reshape(-1)
    noised = np.empty_like(flat)
    for start in range(0, flat.size, CHUNK):
        chunk = slice(start, start + CHUNK)
        noised[chunk] = noise.add(flat[chunk], sigma=sigma)
        progress(Step.DRAW, done + min(start + CHUNK, flat.size), total)
    return noised.reshape(exact.shape)


def _draw(
    session: Session,
    *,
    charges: list[Charged],
    keys: PublicKeys,
    noise: NoiseSource,
    clock: Clock,
    progress: Progress,
) -> None:
    """Count, noise and store every charged product, inside the transaction that has loaded the households."""
    progress(Step.COUNT, 0, 1)
    exact = {each.product: each for each in counts.count_all(session, keys=keys)}
    progress(Step.COUNT, 1, 1)
    total = sum(exact[each.product].counts.size for each in charges)
    progress(Step.DRAW, 0, total)
    done = 0
    for each in charges:
        own = exact[each.product]
        values = _add_noise(own.counts, sigma=each.sigma, noise=noise, progress=progress, done=done, total=total)
        done += values.size
        draw = StoredDraw(product=each.product, sigma=each.sigma, keys=own.keys, values=values, drawn_at=clock())
        ledger.store_draw(session, charged=each, draw=draw)


def _charge_and_draw(
    people_sessions: sessionmaker[Session],
    *,
    keys: PublicKeys,
    month: date,
    noise: NoiseSource,
    recorder: Recorder,
    clock: Clock,
    progress: Progress,
    joint: JointLedger | None,
) -> None:
    """Load and check the households, charge in a transaction of its own, and draw from what was checked.

    What a bound would refuse is refused before the charge, which it would otherwise burn.
    """
    if joint and joint.cities is not None:
        check_newest_drop(people_sessions, month=month)
    with people_sessions.begin() as session:
        progress(Step.CHECK, 0, 1)
        counts.load_households(session, keys=keys, month=month)
        progress(Step.CHECK, 1, 1)
        progress(Step.CHARGE, 0, 1)
        charges = ledger.charge(
            people_sessions,
            products=DRAWN_MONTHLY,
            city_code=keys.city_code,
            month=month,
            noise=noise,
            recorder=recorder,
            clock=clock,
            joint=joint,
        )
        progress(Step.CHARGE, 1, 1)
        _draw(session, charges=charges, keys=keys, noise=noise, clock=clock, progress=progress)


def obtain_draws(
    people_sessions: sessionmaker[Session],
    *,
    keys: PublicKeys,
    month: date,
    noise: NoiseSource,
    recorder: Recorder,
    clock: Clock,
    progress: Progress,
    joint: JointLedger | None = None,
) -> list[StoredDraw]:
    """Return a month's draws: the stored ones where there are any, else one draw, charged first.

    The caller holds the lock of the city. Raises DrawLostError where a charge has outlived its draw, and
    IntakeUnderWayError or DropUnfinishedError, before any charge, where the households are half of two months, or
    DropBehindError where another group may have people by now who are still counted here.
    """
    city_code = keys.city_code
    with people_sessions() as session:
        charges = find_charges(session, city_code=city_code, month=month)
    if not charges:
        with keeping_intake_out(people_sessions):
            _charge_and_draw(
                people_sessions,
                keys=keys,
                month=month,
                noise=noise,
                recorder=recorder,
                clock=clock,
                progress=progress,
                joint=joint,
            )
    elif any(each.drawn_at is None for each in charges):
        raise DrawLostError(city_code=city_code, month=month)
    with people_sessions() as session:
        return find_draws(session, city_code=city_code, month=month)


def find_history(people_sessions: sessionmaker[Session], *, city_code: int, month: date) -> list[EarlierDraws]:
    """Return the stored draws that the filter replays for a month, which is the first day of it."""
    since = month.replace(year=month.year - REPLAYED_YEARS)
    with people_sessions() as session:
        return find_earlier_draws(session, city_code=city_code, month=month, since=since, products=REPLAYED)
