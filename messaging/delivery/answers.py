"""What an invited person does: answers, writes, ends it. Run as the gateway, which never learns whose household it is.

Answering is the acceptance; nothing else is, and looking at the page is not. Every text is masked before it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert

from messaging.campaigns.invitation_values import TALK_LASTS
from messaging.campaigns.masking import mask_line
from messaging.delivery.links import hash_code
from messaging.delivery.models import Message, MessageState
from messaging.delivery.talk_models import BoundInvitation, Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

LINES_PER_DAY: Final = 30
"""What one person may write in a conversation in 24 hours; more is dropped."""

LINES_SHOWN: Final = 100
"""How many of the newest lines the page shows."""

_UNSENT = (MessageState.PLANNED, MessageState.SKIPPED, MessageState.FAILED)


@dataclass(frozen=True, slots=True)
class Talk:
    """An invitation that may be answered, or the conversation that it became."""

    COLUMNS: ClassVar = (
        BoundInvitation.campaign_id,
        BoundInvitation.answer_by,
        BoundInvitation.accepted_at,
        BoundInvitation.talk_until,
    )

    campaign_id: UUID
    answer_by: datetime
    accepted_at: datetime | None
    talk_until: datetime | None


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line as the page shows it."""

    is_users: bool
    body: str
    at: datetime


def find_by_code(session: Session, code: str, *, now: datetime, is_locked: bool = False) -> Talk | None:
    """Return what a link leads to; None for one that never was, is over or was ended: nobody is told which."""
    its = [BoundInvitation.token_hash == hash_code(code)]
    return _find(session, its, now=now, is_locked=is_locked)


def find_by_phone(session: Session, lookup_hashes: Sequence[bytes], *, now: datetime) -> Talk | None:
    """Return what a phone may be answering: the newest invitation to it that is open, if its message may have left."""
    sent = select(Message.message_id).where(Message.lookup_hash.in_(lookup_hashes), Message.state.not_in(_UNSENT))
    return _find(session, [BoundInvitation.message_id.in_(sent)], now=now, is_locked=True)


def _find(session: Session, its: list[ColumnElement[bool]], *, now: datetime, is_locked: bool) -> Talk | None:
    until = func.coalesce(BoundInvitation.talk_until, BoundInvitation.answer_by)
    query = (
        select(*Talk.COLUMNS)
        .where(*its, BoundInvitation.ended_at.is_(None), until > now)
        .order_by(BoundInvitation.answer_by.desc())
        .limit(1)
    )
    row = session.execute(query.with_for_update() if is_locked else query).first()
    return None if row is None else Talk(*row)


def write_line(session: Session, talk: Talk, *, text: str, source: str, now: datetime) -> bool:
    """Store what a person wrote, and with the first line open the conversation. Returns whether it was news.

    `source` names what brought the text (a form, a carrier's SID); the same again adds nothing. `talk` is locked.
    """
    body = mask_line(text)
    lately = select(func.count()).where(
        Line.campaign_id == talk.campaign_id, Line.is_users, Line.at > now - timedelta(hours=24)
    )
    if not body or (session.scalar(lately) or 0) >= LINES_PER_DAY:
        return False
    line = insert(Line).values(
        line_id=uuid4(),
        campaign_id=talk.campaign_id,
        is_users=True,
        body=body,
        at=now,
        source_hash=sha256(source.encode()).digest(),
    )
    written = session.execute(line.on_conflict_do_nothing().returning(Line.line_id)).first()
    if written is not None and talk.accepted_at is None:
        accepted = {"accepted_at": now, "talk_until": now + TALK_LASTS}
        _change(session, BoundInvitation.campaign_id == talk.campaign_id, accepted)
    return written is not None


def end_talk(session: Session, talk: Talk, *, now: datetime) -> None:
    """End a conversation, or refuse an invitation, for good. The planner is not told."""
    _change(session, BoundInvitation.campaign_id == talk.campaign_id, {"ended_at": now})


def end_talks(session: Session, lookup_hashes: Sequence[bytes], *, now: datetime) -> None:
    """End every invitation and conversation of a phone: whoever wants no more messages wants none of these."""
    its = select(Message.message_id).where(Message.lookup_hash.in_(lookup_hashes))
    open_ones = BoundInvitation.message_id.in_(its) & BoundInvitation.ended_at.is_(None)
    _change(session, open_ones, {"ended_at": now})


def _change(session: Session, which: ColumnElement[bool], values: dict[str, datetime]) -> None:
    change = update(BoundInvitation).where(which).values(values)
    session.execute(change, execution_options={"synchronize_session": False})


def find_lines(session: Session, talk: Talk) -> list[ShownLine]:
    """Return the newest lines of a conversation, oldest first."""
    newest = (
        select(Line.is_users, Line.body, Line.at)
        .where(Line.campaign_id == talk.campaign_id)
        .order_by(Line.at.desc(), Line.line_id)
        .limit(LINES_SHOWN)
    )
    return [ShownLine(*row) for row in reversed(session.execute(newest).all())]
