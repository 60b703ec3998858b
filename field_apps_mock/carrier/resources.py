"""Messages as Twilio writes them in JSON, and lists with Twilio's paging."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from field_apps_mock.carrier.errors import MESSAGES, TwilioError
from field_apps_mock.carrier.messages import MessageFilter, find_messages, get_message
from field_apps_mock.carrier.segments import count_segments
from field_apps_mock.carrier.values import API_VERSION, FINAL, Message, Status

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

DEFAULT_PAGE, LARGEST_PAGE = 50, 1000
DELIVERY_ERRORS = {
    30003: "Unreachable destination handset",
    30008: "Unknown error",
    30036: "Validity Period Expired",
}
LIST_ARGUMENTS = ("To", "From", "DateSent", "DateSent<", "DateSent>")


def write_time(moment: datetime | None) -> str | None:
    """Write a time as RFC 2822 with +0000, as Twilio does."""
    return None if moment is None else format_datetime(moment.astimezone(UTC))


def find_list_path(account_sid: str) -> str:
    """Return the path of an account's messages, without the ending."""
    return f"/{API_VERSION}/Accounts/{account_sid}/Messages"


def write_message(message: Message, *, account_sid: str) -> dict[str, Any]:
    """Return the Message resource."""
    path = f"{find_list_path(account_sid)}/{message.sid}"
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": write_time(message.created_at),
        "date_sent": write_time(message.sent_at),
        "date_updated": write_time(message.updated_at),
        "direction": str(message.direction),
        "error_code": message.error_code,
        "error_message": _explain(message.error_code),
        "from": message.sender,
        "messaging_service_sid": message.service_sid,
        "num_media": "0",
        "num_segments": "0" if message.status is Status.ACCEPTED else str(count_segments(message.body)),
        "price": None,
        "price_unit": "USD" if message.status in FINAL else None,
        "sid": message.sid,
        "status": str(message.status),
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": message.recipient,
        "uri": f"{path}.json",
    }


def _explain(code: int | None) -> str | None:
    if code is None:
        return None
    return DELIVERY_ERRORS.get(code) or MESSAGES.get(code, (400, "Unknown error"))[1]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a listing asks for: filter, size, the page's number and the SID it continues after or before."""

    wanted: MessageFilter
    size: int
    number: int
    after_sid: str | None
    before_sid: str | None


def _read_count(arguments: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    text = arguments.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise TwilioError(20001)
    return int(text)


def _read_day(text: str) -> tuple[datetime, datetime]:
    """Return the half-open span that a date or a time names: a day, or a second.

    Clients write a date as its midnight, so midnight names the day.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise TwilioError(20001) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    is_day = moment.time() == time()
    return moment, moment + (timedelta(days=1) if is_day else timedelta(seconds=1))


def read_page_request(arguments: Mapping[str, str]) -> PageRequest:
    """Read the query of a listing. Raises TwilioError 20001 for what is no number or no date."""
    sent_from = sent_before = None
    if arguments.get("DateSent"):
        sent_from, sent_before = _read_day(arguments["DateSent"])
    if arguments.get("DateSent>"):
        sent_from = _read_day(arguments["DateSent>"])[0]
    if arguments.get("DateSent<"):
        sent_before = _read_day(arguments["DateSent<"])[1]
    token = arguments.get("PageToken", "")
    if token and not token.startswith(("PA", "PB")):
        raise TwilioError(20001)
    return PageRequest(
        wanted=MessageFilter(arguments.get("To") or None, arguments.get("From") or None, sent_from, sent_before),
        size=min(_read_count(arguments, "PageSize", default=DEFAULT_PAGE, least=1), LARGEST_PAGE),
        number=_read_count(arguments, "Page", default=0, least=0),
        after_sid=token[2:] if token.startswith("PA") else None,
        before_sid=token[2:] if token.startswith("PB") else None,
    )


def write_page(
    db: sqlite3.Connection, page: PageRequest, arguments: Mapping[str, str], *, account_sid: str, now: datetime
) -> dict[str, Any]:
    """Return one page of messages with the URIs of its neighbours; pages hold still while messages arrive."""
    older = get_message(db, page.after_sid).row if page.after_sid else None
    newer = get_message(db, page.before_sid).row if page.before_sid else None
    found = find_messages(db, page.wanted, now=now, older_than=older, newer_than=newer, limit=page.size + 1)
    has_more = len(found) > page.size
    shown = found[-page.size :] if newer is not None else found[: page.size]

    def find_uri(number: int, token: str | None) -> str:
        query = [(name, arguments[name]) for name in LIST_ARGUMENTS if arguments.get(name)]
        query += [("PageSize", str(page.size)), ("Page", str(number))] + ([("PageToken", token)] if token else [])
        return f"{find_list_path(account_sid)}.json?{urlencode(query, quote_via=quote)}"

    follows = bool(shown) and (has_more or newer is not None)
    start = page.number * page.size
    return {
        "end": start + max(len(shown) - 1, 0),
        "first_page_uri": find_uri(0, None),
        "messages": [write_message(message, account_sid=account_sid) for message in shown],
        "next_page_uri": find_uri(page.number + 1, f"PA{shown[-1].sid}") if follows else None,
        "page": page.number,
        "page_size": page.size,
        "previous_page_uri": find_uri(page.number - 1, f"PB{shown[0].sid}") if shown and page.number else None,
        "start": start,
        "uri": find_uri(page.number, arguments.get("PageToken") or None),
    }
