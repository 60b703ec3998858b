"""What phones wrote, read from the carrier's own list: a refusal whose webhook found nobody in is still heard.

The carrier posts a webhook once. If the gateway or its database was away, only the list still knows. It is read from
where the last complete reading ended, with an overlap, day by day, and the end is kept in the database: an outage of
any length, or a restored backup, is caught up with. Hearing the same refusal again changes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.dialects.postgresql import insert

from messaging.delivery.answers import end_talks
from messaging.delivery.models import InboundCursor
from messaging.delivery.opt_outs import means_opt_out
from privacy.people.consent import record_opt_out
from privacy.people.errors import KeyName, PhoneError
from privacy.people.phones import parse_phone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from messaging.delivery.ports import InboundSms
    from messaging.delivery.reconcile import Inquiry

log = structlog.get_logger(__name__)

_ROW = 1
_DAY = timedelta(days=1)
_FIRST_LOOK_BACK = timedelta(days=30)


def listen(inquiry: Inquiry, *, overlap: timedelta, is_over: Callable[[], bool] = lambda: False) -> int:
    """Read what came since the last reading; returns how many phones opted out by it.

    Raises CarrierUnavailableError; every whole day read before stays read.
    """
    asked_at = inquiry.clock()
    with inquiry.sessions() as session:
        cursor = session.get(InboundCursor, _ROW)
        listed_until = cursor.listed_until if cursor else asked_at - _FIRST_LOOK_BACK
    # A cursor ahead of the clock was written by a clock that was wrong.
    start = min(listed_until, asked_at) - overlap
    news = 0
    for since, before in _split(start, asked_at):
        if is_over():
            break
        heard = inquiry.sender.find_inbound(since=since, before=before)
        news += _note(inquiry, heard, until=before or asked_at)
    return news


def _split(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    """Cut a span at midnights, UTC, where carriers cut; the last piece stays open, for clocks that go before ours."""
    start = start.astimezone(UTC)
    while True:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        if midnight >= end:
            yield start, None
            return
        yield start, midnight
        start = midnight


def _note(inquiry: Inquiry, heard: list[InboundSms], *, until: datetime) -> int:
    refusals = {phone for sms in heard if means_opt_out(sms.text) and (phone := _read_phone(sms))}
    hashes = sorted(inquiry.vault.opt_out_hash(phone) for phone in refusals)
    version = inquiry.vault.find_versions(KeyName.OPT_OUT)[0]
    now = inquiry.clock()
    with inquiry.sessions.begin() as session:
        news = sum(
            record_opt_out(session, opt_out_hash=one, version=version, source="inbound_list", at=now) for one in hashes
        )
        for phone in refusals:
            end_talks(session, inquiry.vault.lookup_hashes(phone), now=now)
        _keep_cursor(session, until=until)
    if news:
        log.warning("opt_outs_recovered", count=news)
    return news


def _read_phone(sms: InboundSms) -> str | None:
    try:
        return parse_phone(sms.phone)
    except PhoneError:
        # A short code or a name: nobody whom we write to.
        return None


def _keep_cursor(session: Session, *, until: datetime) -> None:
    row = insert(InboundCursor).values(cursor_id=_ROW, listed_until=until)
    session.execute(row.on_conflict_do_update(index_elements=["cursor_id"], set_={"listed_until": until}))
