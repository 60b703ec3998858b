"""Keeps personal data out of what is written down: masks phone-shaped text, lets only known fields into the log."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TextIO

import orjson
import structlog

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from typing import Any

PHONE_MASK: Final = "[phone]"
PERSONAL_MASK: Final = "[masked]"

# Eleven digits from 1 on, however split, with or without 86; landlines; service numbers; numbers with a plus sign.
# Letters around keep ids and hashes whole, but after a plus sign nothing does.
_GAP = r"[ .\-—·()\u00a0]?"
_START, _END = "(?<![0-9A-Za-z])", "(?![0-9A-Za-z])"
_PHONE = re.compile(
    rf"\+(?:{_GAP}[0-9]){{8,15}}(?![0-9])"
    rf"|{_START}(?:(?:00)?86{_GAP})?1(?:{_GAP}[0-9]){{10}}{_END}"
    rf"|\(?{_START}0[0-9]{{2,3}}\)?{_GAP}[2-9][0-9]{{2,3}}{_GAP}[0-9]{{4}}{_END}"
    rf"|{_START}[48]00{_GAP}[0-9]{{3}}{_GAP}[0-9]{{4}}{_END}"
)
_HALF_WIDTH = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("＋"): "+", ord("－"): "-"}
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+"
    r"|(?:微信|薇信|威信|v信|weixin|vx|wx|wechat|qq|扣扣)\s*(?:号|号码)?\s*[:：是]?\s*[A-Za-z0-9_-]{5,}"
    r"|\d{17}[\dXx]|\d{15}"
    r"|\d+\s*(?:号楼|栋|幢|座)(?:\s*\d+\s*单元)?(?:\s*\d+\s*(?:室|户|房)?)?"
    r"|\d+\s*单元\s*\d+\s*(?:室|户|房)?|\d+\s*(?:弄|室)"
    r"|\d{7,}",
    re.IGNORECASE,
)

ALLOWED_FIELDS: Final = frozenset(
    {
        "event", "level", "logger", "timestamp", "process", "exception",
        "request_id", "method", "route", "status", "slug", "duration_ms", "account_id", "role",
        "release_id", "month", "city_code", "product", "drop_id", "file", "row", "column", "reason", "problem",
        "campaign_id", "message_id", "attempt", "state", "code", "sid", "job_id", "queue",
        "count", "rows", "rejected", "done", "total", "retry_after_s", "lease_s", "version", "port",
    }
)  # fmt: skip
_DROPPED = "dropped_fields"
_DIGIT = re.compile("[0-9０-９]")


class OwnText(str):
    """Text that the program made by itself - a route, an id - and that nobody else's words are in: not searched."""

    __slots__ = ()


_HARMLESS = frozenset({type(None), bool, int, float, OwnText})


def mask_phones(text: str, /) -> str:
    """Replace everything that looks like a phone number, also full-width or split by spaces, dots or dashes."""
    if not _DIGIT.search(text):
        return text
    # One character for one: what is found there stands here.
    folded = text if text.isascii() else text.translate(_HALF_WIDTH)
    kept, at = [], 0
    for found in _PHONE.finditer(folded):
        kept.append(text[at : found.start()])
        at = found.end()
    return PHONE_MASK.join([*kept, text[at:]])


def mask_personal_text(text: str, /) -> str:
    """Mask free text of customers: phones, accounts, mail and door addresses, identity numbers, long digit runs."""
    return _PERSONAL.sub(PERSONAL_MASK, mask_phones(text))


def find_personal_text(text: str, /) -> list[tuple[int, int]]:
    """Return where `mask_personal_text` masks, as half-open spans that may overlap, for a text whose digits are 0-9."""
    return [found.span() for pattern in (_PHONE, _PERSONAL) for found in pattern.finditer(text)]


def keep_allowed_fields(logger: object, method: str, event: MutableMapping[str, Any], /) -> Mapping[str, Any]:
    """Let only ALLOWED_FIELDS through, as a structlog processor; mask their text, count what was left out."""
    del logger, method
    kept = {
        name: value if type(value) in _HARMLESS else mask_phones(str(value))
        for name, value in event.items()
        if name in ALLOWED_FIELDS
    }
    if len(kept) == len(event):
        return kept
    left_out = sum(name not in ALLOWED_FIELDS and not name.startswith("_") for name in event)
    return kept | {_DROPPED: left_out} if left_out else kept


class PhoneFilter(logging.Filter):
    """Masks the message, the arguments, the trace and the stack of a standard log record, in place."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask and let through."""
        if not isinstance(record.msg, dict):
            record.msg = mask_phones(record.getMessage())
            record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        # Every formatter prefers this text to making its own.
        record.exc_text = mask_phones(record.exc_text) if record.exc_text else None
        record.stack_info = mask_phones(record.stack_info) if record.stack_info else None
        return True


class _LineLogger:
    """Writes finished lines to a stream, each by one call: what structlog's own loggers end in."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self.name = name
        self._stream = stream

    def write(self, line: str) -> None:
        self._stream.write(line)
        self._stream.flush()

    debug = info = warning = error = critical = write


def _render(_: object, __: str, event: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(event, default=str).decode() + "\n"
    except orjson.JSONEncodeError:
        # Numbers beyond 64 bits, lone surrogates: a line is never lost for what it says.
        return json.dumps(event, default=str) + "\n"


def configure_logging(process: str, /, *, stream: TextIO | None = None) -> None:
    """Send every log line of this process, structlog's and everybody else's, as masked JSON to stderr."""
    target = stream or sys.stderr

    def add_process(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["process"] = process
        return event

    def add_origin(logger: _LineLogger, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        # Made here, hence free of anybody's data, and added after the masking.
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        event.update(logger=logger.name, level=method, timestamp=f"{now[:-6]}Z", process=process)
        return event

    _collect_others(target, add_process)
    structlog.configure(
        processors=[structlog.processors.format_exc_info, keep_allowed_fields, add_origin, _render],
        logger_factory=lambda name="": _LineLogger(target, name),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def _collect_others(target: TextIO, add_process: structlog.typing.Processor) -> None:
    """Send what the standard library's loggers write the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        add_process,
        structlog.processors.format_exc_info,
        keep_allowed_fields,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    handler = logging.StreamHandler(target)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    handler.addFilter(PhoneFilter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # They say at INFO, or when debugged, whom they write to.
    for talkative in ("twilio.http_client", "darabonba-core", "urllib3"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
