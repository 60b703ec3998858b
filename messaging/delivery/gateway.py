"""The door for the carrier's webhooks: a small web application of its own, that trusts nothing but a signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit
from uuid import UUID

import structlog
from flask import Flask, Request, Response, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import sessionmaker
from twilio.request_validator import RequestValidator
from werkzeug.exceptions import HTTPException

from messaging.campaigns.settings import MessagingRules
from messaging.delivery.answers import end_talks, find_by_phone, write_line
from messaging.delivery.carrier_codes import is_opt_out, is_sid, read_code
from messaging.delivery.clock import DatabaseClock
from messaging.delivery.errors import ForgedRequestError
from messaging.delivery.everywhere import NO_SUCH_TOKEN, Everywhere, GatewayParts, NotInTime
from messaging.delivery.opt_outs import means_opt_out
from messaging.delivery.page import register_page
from messaging.delivery.pools import create_pool
from messaging.delivery.ports import CarrierRecord, CarrierStatus
from messaging.delivery.receipts import Callback, note_refusal, record_callback
from messaging.delivery.replies import record_reply
from messaging.delivery.settings import GatewaySettings, OutboxSettings, load
from privacy.people.consent import record_opt_out
from privacy.people.errors import KeyName, PhoneError
from privacy.people.phones import parse_phone
from privacy.people.settings import KeySettings
from privacy.people.vault import Vault
from privacy.redaction import configure_logging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from privacy.groups import Group

log = structlog.get_logger(__name__)

_LONGEST_BODY: Final = 8 * 1024
_FORM: Final = "application/x-www-form-urlencoded"
_EMPTY_TWIML: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_RETRY_AFTER_S: Final = "5"
_UNEXPECTED: Final = 500


def create_gateway() -> Flask:
    """Build the gateway from the environment. It starts without its database, and answers 503 until that is there."""
    configure_logging("gateway")
    settings = load(GatewaySettings)
    keys = load(KeySettings).open_store()
    for name in (KeyName.LOOKUP, KeyName.OPT_OUT):
        keys.find_versions(name)
    parts = [_open_group(group, settings=settings, vault=Vault(keys)) for group in settings.groups]
    return make_gateway(settings, parts=parts[0], others=parts[1:])


def _open_group(group: Group, *, settings: GatewaySettings, vault: Vault) -> GatewayParts:
    within_ms = int(settings.gateway_answer_within_s * 1000)
    engine = create_pool(group.url, connections=settings.gateway_connections, statement_timeout_ms=within_ms)
    timings = load(OutboxSettings).timings
    signature = load(MessagingRules).message_signature
    return GatewayParts(sessionmaker(engine), vault, DatabaseClock(engine), timings, signature)


def make_gateway(settings: GatewaySettings, *, parts: GatewayParts, others: Sequence[GatewayParts] = ()) -> Flask:
    """Build the application: POST /twilio/status/{token}, POST /twilio/inbound, /t/{code}, GET /healthz.

    `parts` are those of the only group, or of one of several with the `others`.
    """
    app = Flask("gateway", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LONGEST_BODY
    groups = Everywhere(
        (parts, *others), threads=settings.gateway_connections, within_s=settings.gateway_answer_within_s
    )

    @app.post("/twilio/status/<uuid:token>")
    def take_status(token: UUID) -> tuple[str, int]:
        form = check_request(request, settings=settings)
        groups.find(lambda here: _take_status(here, form, token=token))
        if others and is_opt_out(read_code(form.get("ErrorCode"))):
            groups.tell(lambda here: _take_refusal(here, form))
        return "", 204

    @app.post("/twilio/inbound")
    def take_inbound() -> Response:
        form = check_request(request, settings=settings)
        groups.tell(lambda here: _take_inbound(here, form))
        return Response(_EMPTY_TWIML, content_type="text/xml; charset=utf-8")

    @app.get("/healthz")
    def tell_health() -> dict[str, str]:
        return {"status": "ok"}

    register_page(app, groups=groups)
    _map_errors(app)
    return app


def _map_errors(app: Flask) -> None:
    @app.errorhandler(ForgedRequestError)
    def refuse(forged: ForgedRequestError) -> tuple[str, int]:
        log.warning("forged_request", reason=forged.reason)
        return "", 404 if forged.reason == NO_SUCH_TOKEN else 403

    @app.errorhandler(SQLAlchemyError)
    @app.errorhandler(NotInTime)
    def ask_again(failure: Exception) -> tuple[str, int, dict[str, str]]:
        log.warning("database_away", reason=type(failure).__name__)
        return "", 503, {"Retry-After": _RETRY_AFTER_S}

    @app.errorhandler(HTTPException)
    def say_no(answer: HTTPException) -> tuple[str, int, list[tuple[str, str]]]:
        allowed = [header for header in answer.get_headers() if header[0] == "Allow"]
        return "", answer.code or _UNEXPECTED, [("Content-Type", "text/plain; charset=utf-8"), *allowed]

    @app.errorhandler(Exception)
    def admit(failure: Exception) -> tuple[str, int]:
        # The type alone: text and trace may hold what the request brought.
        log.error("request_failed", reason=type(failure).__name__)
        return "", _UNEXPECTED


def check_request(asked: Request, *, settings: GatewaySettings) -> dict[str, str]:
    """Return the form of a request that the carrier signed for our account. Raises ForgedRequestError.

    The signature covers the public address, the raw path and query, and every field. A field given twice is refused:
    the signature would not tell how often.
    """
    signature = asked.headers.get("X-Twilio-Signature")
    if not signature:
        # Twilio's validator raises without one.
        raise ForgedRequestError(reason="unsigned")
    if asked.mimetype != _FORM:
        raise ForgedRequestError(reason="form")
    url = settings.gateway_public_url.rstrip("/") + get_raw_target(asked)
    if not any(RequestValidator(token).validate(url, asked.form, signature) for token in settings.auth_tokens):
        raise ForgedRequestError(reason="signature")
    if any(len(values) != 1 for _, values in asked.form.lists()):
        raise ForgedRequestError(reason="repeated_field")
    if asked.form.get("AccountSid") != settings.twilio_account_sid:
        raise ForgedRequestError(reason="account")
    return asked.form.to_dict()


def get_raw_target(asked: Request) -> str:
    """Return path and query as they came in, before any decoding, where the server tells them."""
    raw = asked.environ.get("REQUEST_URI") or asked.environ.get("RAW_URI")
    if raw:
        parts = urlsplit(raw)
        return parts.path + (f"?{parts.query}" if parts.query else "")
    query = asked.query_string.decode("latin-1")
    return quote(asked.root_path + asked.path, safe="/~") + (f"?{query}" if query else "")


def _parse(number: str | None) -> str:
    try:
        return parse_phone(number or "")
    except PhoneError:
        raise ForgedRequestError(reason="to") from None


def _take_status(parts: GatewayParts, form: dict[str, str], *, token: UUID) -> None:
    phone = _parse(form.get("To"))
    sid = form.get("MessageSid", "")
    if not is_sid(sid):
        raise ForgedRequestError(reason="sid")
    if form.get("MessageStatus") not in set(CarrierStatus):
        # A status of a kind that SMS does not have, or that Twilio adds one day: polling finds the end.
        log.warning("status_unknown")
        return
    record = CarrierRecord(sid, CarrierStatus(form["MessageStatus"]), read_code(form.get("ErrorCode")))
    lookup_hashes, hashes = parts.vault.lookup_hashes(phone), parts.vault.hash_phone(phone)
    callback = Callback(token, record, lookup_hashes, hashes.opt_out_hash, hashes.opt_out_version)
    record_callback(parts.sessions, callback=callback, now=parts.clock(), timings=parts.timings)


def _take_refusal(parts: GatewayParts, form: dict[str, str]) -> None:
    """Note a refusal that the carrier told of where the phone may turn up one day, too: people move between groups."""
    hashes = parts.vault.hash_phone(_parse(form.get("To")))
    with parts.sessions.begin() as session:
        note_refusal(session, opt_out_hash=hashes.opt_out_hash, version=hashes.opt_out_version, now=parts.clock())


def _take_inbound(parts: GatewayParts, form: dict[str, str]) -> None:
    phone, body, now = _parse(form.get("From")), form.get("Body", ""), parts.clock()
    lookup_hashes = parts.vault.lookup_hashes(phone)
    with parts.sessions.begin() as session:
        if form.get("OptOutType") == "STOP" or means_opt_out(body):
            hashes = parts.vault.hash_phone(phone)
            record_opt_out(
                session, opt_out_hash=hashes.opt_out_hash, version=hashes.opt_out_version, source="inbound", at=now
            )
            end_talks(session, lookup_hashes, now=now)
            return
        record_reply(session, lookup_hashes=lookup_hashes, now=now)
        # Without an invitation that is open there, what somebody wrote is forgotten.
        if talk := find_by_phone(session, lookup_hashes, now=now):
            write_line(session, talk, text=body, source=f"sms:{form.get('MessageSid', '')}", now=now)
