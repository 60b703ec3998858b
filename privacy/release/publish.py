"""Publishes a month of a city: obtain the draws, make estimates of them, sign and store them for everybody to see.

Safe to call again at any time: a stored release is returned as it is; one that was drawn but not stored is stored from
the same draw; one that was charged but not drawn stays lost (DrawLostError). Nothing is ever drawn twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session, sessionmaker

from privacy.audit.recording import Recorder
from privacy.audit.values import Action
from privacy.release.drawing import find_history, obtain_draws
from privacy.release.errors import LedgerBehindError, MonthNotBegunError, MonthOrderError
from privacy.release.figures import ReleasedFigures, compute_digest
from privacy.release.joint import JointLedger
from privacy.release.ledger import publishing_alone
from privacy.release.ledger_queries import EarlierDraws, StoredDraw, find_charges
from privacy.release.mechanism import NoiseSource
from privacy.release.postprocess import estimate_figures
from privacy.release.provenance import describe_release
from privacy.release.queries import find_releases
from privacy.release.signing import Signer
from privacy.release.storing import store_release
from privacy.release.values import LOCAL, Clock, Progress, PublicKeys, PublishedRelease, ReleaseId, Step


@dataclass(frozen=True, slots=True)
class Press:
    """Everything that a publication works with: both databases, and what a test replaces.

    `cities` are those of the people database at hand where there are several, None where there is one for all.
    """

    people_sessions: sessionmaker[Session]
    serving_sessions: sessionmaker[Session]
    noise: NoiseSource
    sign: Signer
    recorder: Recorder
    clock: Clock
    progress: Progress
    cities: frozenset[int] | None = None


def _find_stored(serving_sessions: sessionmaker[Session], *, city_code: int, month: date) -> PublishedRelease | None:
    """Return the stored release of that month, None while there is none. Raises MonthOrderError."""
    with serving_sessions() as session:
        releases = find_releases(session, city_code=city_code)
    for release in releases:
        if release.month == month:
            return release
    if releases and releases[0].month > month:
        raise MonthOrderError(city_code=city_code, month=month, last_month=releases[0].month)
    return None


def _check_ledger(press: Press) -> None:
    """Refuse to go on from a ledger that lacks what was published, of whatever city of its own: budget is one for all.

    Releases are read first: whoever publishes meanwhile has charged before. Raises LedgerBehindError.
    """
    with press.serving_sessions() as session:
        releases = [each for each in find_releases(session) if press.cities is None or each.city_code in press.cities]
    with press.people_sessions() as session:
        charged = {(each.month, each.city_code) for each in find_charges(session)}
    missing = sorted(each.release_id for each in releases if (each.month, each.city_code) not in charged)
    if missing:
        raise LedgerBehindError(releases=tuple(missing))


def _publish_draws(
    press: Press,
    *,
    draws: Sequence[StoredDraw],
    earlier: Sequence[EarlierDraws],
    keys: PublicKeys,
    month: date,
    as_of: datetime,
) -> PublishedRelease:
    """Turn stored draws into the stored, signed release. Figures cannot be newer than their draw."""
    figures = estimate_figures(draws, keys=keys, earlier=earlier)
    parameters = describe_release(draws, earlier=earlier)
    release_id = str(ReleaseId(month, keys.city_code))
    as_of = min(as_of, *(draw.drawn_at for draw in draws))
    digest = compute_digest(figures, release_id=release_id, as_of=as_of, parameters=parameters)
    press.progress(Step.SIGN, 0, 1)
    signature = press.sign(digest)
    press.progress(Step.SIGN, 1, 1)
    release = PublishedRelease(
        release_id=release_id,
        month=month,
        city_code=keys.city_code,
        as_of=as_of,
        published_at=press.clock(),
        figures_sha256=digest,
        signature=signature,
    )
    press.progress(Step.PUBLISH, 0, 1)
    _store(press, release=release, figures=figures, parameters=parameters)
    press.progress(Step.PUBLISH, 1, 1)
    return release


def _store(
    press: Press, *, release: PublishedRelease, figures: ReleasedFigures, parameters: Mapping[str, object]
) -> None:
    """Let everybody see a release. The audit hears of it just before: after a crash it may tell twice, never not."""
    with press.serving_sessions.begin() as session:
        store_release(session, release=release, figures=figures, parameters=parameters)
        session.flush()
        with press.recorder.begin(press.people_sessions) as act:
            sha256 = release.figures_sha256.hex()
            act.note(Action.RELEASE_PUBLISHED, subject=release.release_id, at=release.published_at, sha256=sha256)


def publish_month(press: Press, *, keys: PublicKeys, month: date, as_of: datetime) -> PublishedRelease:
    """Publish one calendar month of one city, or return what is published already.

    `month` is any day of it; `as_of` says how old the households' data is. Raises MonthNotBegunError, MonthOrderError,
    DrawLostError, IntakeUnderWayError, DropUnfinishedError, DropBehindError, LedgerBehindError, ClockBehindError,
    BudgetExceededError, ContributionBoundError and PublicKeysError.
    """
    month = month.replace(day=1)
    if month > press.clock().astimezone(LOCAL).date():
        raise MonthNotBegunError(city_code=keys.city_code, month=month)
    with publishing_alone(press.people_sessions, city_code=keys.city_code):
        stored = _find_stored(press.serving_sessions, city_code=keys.city_code, month=month)
        if stored is not None:
            return stored
        _check_ledger(press)
        draws = obtain_draws(
            press.people_sessions,
            keys=keys,
            month=month,
            noise=press.noise,
            recorder=press.recorder,
            clock=press.clock,
            progress=press.progress,
            joint=JointLedger(press.serving_sessions, press.cities),
        )
        earlier = find_history(press.people_sessions, city_code=keys.city_code, month=month)
        return _publish_draws(press, draws=draws, earlier=earlier, keys=keys, month=month, as_of=as_of)
