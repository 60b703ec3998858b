"""From one campaign to its messages: a random draw among the households that need the thing and agreed to be told.

The draw is an order by a hash of campaign and household: nobody can foresee it without the household ids, which leave
the people database nowhere, and after a crash it goes on where it stopped. A shortfall is told to nobody, also not to
somebody who owns phones in the audience: messages leave spread over the time that the whole quota would take, however
few there are, and one in twenty of those drawn is held out in any case, so that a message that does not come says
nothing (ADR 0014).

The held-out get no message of this campaign, and what they buy tells what the messages did (ADR 0019). Who they are is
another hash, of campaign and phone, so that the order does not matter, a second look decides the same, and two
households behind one phone stand on the same side.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Subquery, any_, exists, func, literal, select, text

from messaging.campaigns.hours import get_opening, get_sending_span, is_open
from messaging.campaigns.settings import MessagingRules
from messaging.delivery.models import Run, RunState
from privacy.people.models import Household, Need, OptOut, Phone

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

_SPARE = 10
"""Households looked at beyond what is expected, so that few draws need a second look for their last messages."""

# Arrays in one statement: rows sent one by one take three times as long.
_PLAN = text(
    "INSERT INTO delivery.messages (message_id, campaign_id, household_id, lookup_hash, lookup_version, token, state,"
    " attempt, not_before, absences, resends, changed_at)"
    " SELECT gen_random_uuid(), :campaign_id, d.household_id, d.lookup_hash, d.lookup_version, d.token, 'planned',"
    " 0, d.start, 0, 0, :now"
    " FROM unnest(CAST(:household_ids AS uuid[]), CAST(:lookup_hashes AS bytea[]),"
    " CAST(:lookup_versions AS int[]), CAST(:tokens AS uuid[]), CAST(:starts AS timestamptz[]))"
    " AS d (household_id, lookup_hash, lookup_version, token, start) ON CONFLICT DO NOTHING"
)
_HOLD_OUT = text(
    "INSERT INTO delivery.held_out (campaign_id, household_id, drawn_at)"
    " SELECT :campaign_id, d.household_id, d.drawn_at"
    " FROM unnest(CAST(:household_ids AS uuid[]), CAST(:drawn_ats AS timestamptz[])) AS d (household_id, drawn_at)"
    " ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Draw:
    """How a draw goes on: households a transaction, the window, and a source of numbers in [0, 1)."""

    batch: int
    rules: MessagingRules
    draw_jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Drawn:
    household_id: UUID
    lookup_hash: bytes
    lookup_version: int
    rank: bytes


@dataclass(frozen=True, slots=True)
class _Split:
    """Whom of a batch to message, whom to hold out, the rank of the last of both, and whether nobody was left over."""

    reached: list[_Drawn]
    held_out: list[_Drawn]
    cursor: bytes | None
    has_all: bool


def find_expanding(session: Session) -> list[UUID]:
    """Return the campaigns whose draw is not finished, those that start first before the others."""
    return list(session.scalars(select(Run.campaign_id).where(Run.state == RunState.EXPANDING).order_by(Run.starts_at)))


def expand(sessions: sessionmaker[Session], *, campaign_id: UUID, draw: Draw, now: datetime) -> bool:
    """Draw one more batch of a campaign; messages, control group and cursor in one commit.

    Returns whether more are to be drawn.
    """
    with sessions.begin() as session:
        run = session.get(Run, campaign_id, with_for_update={"key_share": True})
        if run is None or run.state != RunState.EXPANDING:
            return False
        wanted = min(draw.batch, run.quota - run.expanded)
        limit = _add_held_out(wanted, share=draw.rules.held_out_share)
        found = _draw(session, run, limit=limit) if wanted > 0 else []
        drawn = _split(found, campaign_id=campaign_id, wanted=wanted, share=draw.rules.held_out_share)
        _hold_out(session, run, drawn.held_out, draw=draw, now=now)
        _plan(session, run, drawn.reached, draw=draw, now=now)
        run.expanded += len(drawn.reached)
        if drawn.cursor is not None:
            run.cursor = drawn.cursor
        if (len(found) < limit and drawn.has_all) or run.expanded >= run.quota:
            run.state = RunState.RUNNING
        return run.state == RunState.EXPANDING


def _add_held_out(wanted: int, *, share: float) -> int:
    """Return how many households to look at so that, most likely, enough of them are not held out."""
    return ceil(wanted / (1 - share)) + (_SPARE if share else 0)


def _split(found: list[_Drawn], *, campaign_id: UUID, wanted: int, share: float) -> _Split:
    """Take households in their order until enough of them are to be messaged; the others of these are held out."""
    reached: list[_Drawn] = []
    held_out: list[_Drawn] = []
    cursor = None
    for household in found:
        if len(reached) == wanted:
            return _Split(reached, held_out, cursor, has_all=False)
        is_out = is_held_out(campaign_id, lookup_hash=household.lookup_hash, share=share)
        (held_out if is_out else reached).append(household)
        cursor = household.rank
    return _Split(reached, held_out, cursor, has_all=True)


def is_held_out(campaign_id: UUID, *, lookup_hash: bytes, share: float) -> bool:
    """Say whether a campaign holds a phone out: a fair coin that falls the same way whenever it is thrown again."""
    digest = sha256(b"held out" + campaign_id.bytes + lookup_hash).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


def _draw(session: Session, run: Run, *, limit: int) -> list[_Drawn]:
    """Draw in the order of ranks until there are enough: so what is fetched by a random id is fetched of few."""
    asked = _order_needs(run)
    eligible = (
        select(Household.household_id, Phone.lookup_hash, Phone.lookup_version, asked.c.rank)
        .join(asked, asked.c.household_id == Household.household_id)
        .join(Phone, Phone.household_id == Household.household_id)
        .where(Household.push_consent.is_(True), ~exists().where(OptOut.opt_out_hash == Phone.opt_out_hash))
        .order_by(asked.c.rank)
        .limit(limit)
        # Whoever is being erased is waited for, and not drawn; an erasure waits for the plan, and takes it along.
        .with_for_update(of=Household, read=True, key_share=True)
    )
    return [_Drawn(*row) for row in session.execute(eligible)]


def _order_needs(run: Run) -> Subquery:
    """Build the query for the households that need the thing and have not been looked at yet, by their rank."""
    rank = func.sha256(func.uuid_send(literal(run.campaign_id)).concat(func.uuid_send(Need.household_id)))
    # One value, however many leaves: each for itself would have to be written, sent and read.
    leaf_ids = literal(run.leaf_ids, ARRAY(BigInteger))
    needs = select(Need.household_id, rank.label("rank")).where(
        Need.leaf_id == any_(leaf_ids), Need.category == run.category
    )
    if run.cursor is not None:
        needs = needs.where(rank > run.cursor)
    # An offset of none keeps PostgreSQL from joining first and sorting then.
    return needs.order_by(rank).offset(0).subquery()


def _hold_out(session: Session, run: Run, drawn: list[_Drawn], *, draw: Draw, now: datetime) -> None:
    """Remember a control group, as of when its messages would have been due: both groups are compared from there."""
    if not drawn:
        return
    draw_start = _spread(max(run.starts_at, now), quota=run.quota, draw=draw)
    rows = {
        "household_ids": _write_array(one.household_id.hex for one in drawn),
        "drawn_ats": _write_array(draw_start().isoformat() for _ in drawn),
    }
    session.execute(_HOLD_OUT, rows | {"campaign_id": run.campaign_id})


def _plan(session: Session, run: Run, drawn: list[_Drawn], *, draw: Draw, now: datetime) -> None:
    if not drawn:
        return
    draw_start = _spread(max(run.starts_at, now), quota=run.quota, draw=draw)
    rows = {
        "household_ids": _write_array(one.household_id.hex for one in drawn),
        "lookup_hashes": _write_array(rf"\\x{one.lookup_hash.hex()}" for one in drawn),
        "lookup_versions": _write_array(str(one.lookup_version) for one in drawn),
        # All 128 bits are random: the token alone names the message to the gateway.
        "tokens": _write_array(secrets.token_hex(16) for _ in drawn),
        "starts": _write_array(draw_start().isoformat() for _ in drawn),
    }
    session.execute(_PLAN, rows | {"campaign_id": run.campaign_id, "now": now})


def _write_array(values: Iterable[str]) -> str:
    """Return values as PostgreSQL writes an array: without commas, braces or spaces, a backslash written twice.

    The driver, which looks at each of them, takes ten times as long.
    """
    return "{" + ",".join(values) + "}"


def get_start(start: datetime, *, quota: int, draw: Draw) -> datetime:
    """Return when one message of a quota leaves at the earliest: somewhere in the time that the whole quota takes."""
    return _spread(start, quota=quota, draw=draw)()


def _spread(start: datetime, *, quota: int, draw: Draw) -> Callable[[], datetime]:
    """Return what draws such a moment for one message after the other."""
    if is_open(start, settings=draw.rules):
        first, span = start, get_sending_span(quota, settings=draw.rules)
    else:
        first = get_opening(start, settings=draw.rules)
        span = timedelta(seconds=draw.rules.opening_jitter_s)
    return lambda: first + draw.draw_jitter() * span
