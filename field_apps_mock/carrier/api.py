"""Twilio's routes: create, list, fetch, cancel, redact, delete messages; media and feedback as far as SMS has them."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from field_apps_mock.carrier.broken_answers import break_answer
from field_apps_mock.carrier.errors import TwilioError
from field_apps_mock.carrier.faults import Mode, Moment, Rule
from field_apps_mock.carrier.messages import add_to_counter, change_message, delete_message, get_message
from field_apps_mock.carrier.requests_in import read_new_message
from field_apps_mock.carrier.resources import (
    find_list_path,
    read_page_request,
    write_message,
    write_page,
    write_time,
)
from field_apps_mock.carrier.values import API_VERSION, FINAL, Message, Status

if TYPE_CHECKING:
    import threading

    from field_apps_mock.carrier.network import Network

CANCELABLE = frozenset({Status.SCHEDULED, Status.ACCEPTED, Status.QUEUED})


def check_caller(network: Network, account_sid: str) -> None:
    """Refuse who does not know the account and its token. Raises TwilioError 20003."""
    known, given = network.settings, request.authorization
    name, token = (given.username or "", given.password or "") if given and given.type == "basic" else ("", "")
    is_known = hmac.compare_digest(name.encode(), known.account_sid.encode())
    is_known &= hmac.compare_digest(token.encode(), known.auth_token.encode())
    if not is_known or account_sid != known.account_sid:
        raise TwilioError(20003)


def make_api(network: Network, *, stopping: threading.Event) -> Blueprint:
    """Return the blueprint of /2010-04-01."""
    api = Blueprint("api", __name__, url_prefix=f"/{API_VERSION}/Accounts/<account_sid>")
    account_sid = network.settings.account_sid

    def write(message: Message) -> dict[str, Any]:
        return write_message(message, account_sid=account_sid)

    @api.before_request
    def check() -> None:
        check_caller(network, (request.view_args or {})["account_sid"])

    @api.post("/Messages.json")
    def create(account_sid: str) -> Response | tuple[Response, int]:
        return create_message(network, stopping=stopping, account_sid=account_sid)

    @api.get("/Messages.json")
    def find(account_sid: str) -> Response:
        return list_messages(network, account_sid=account_sid)

    @api.get("/Messages/<sid>.json")
    def fetch(account_sid: str, sid: str) -> Response:  # noqa: ARG001 - checked before the route
        with network.store.transaction() as db:
            return jsonify(write(get_message(db, sid)))

    @api.post("/Messages/<sid>.json")
    def update(account_sid: str, sid: str) -> Response:  # noqa: ARG001 - checked before the route
        return jsonify(write(update_message(network, sid)))

    @api.delete("/Messages/<sid>.json")
    def remove(account_sid: str, sid: str) -> Response:  # noqa: ARG001 - checked before the route
        with network.store.transaction() as db:
            if get_message(db, sid).status not in FINAL:
                raise TwilioError(20009)
            delete_message(db, sid, now=network.clock())
        return Response(status=204)

    _add_subresources(api, network)
    return api


def _add_subresources(api: Blueprint, network: Network) -> None:
    """Add media (an SMS has none) and feedback."""

    @api.get("/Messages/<sid>/Media.json")
    def find_media(account_sid: str, sid: str) -> Response:
        with network.store.transaction() as db:
            get_message(db, sid)
        uri = f"{find_list_path(account_sid)}/{sid}/Media.json?PageSize=50&Page=0"
        pages = {"first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None, "uri": uri}
        return jsonify({"end": 0, "media_list": [], "page": 0, "page_size": 50, "start": 0, **pages})

    @api.post("/Messages/<sid>/Feedback.json")
    def give_feedback(account_sid: str, sid: str) -> Response:
        outcome = request.form.get("Outcome", "confirmed")
        if outcome not in {"confirmed", "unconfirmed"}:
            raise TwilioError(20001)
        with network.store.transaction() as db:
            get_message(db, sid)
        now = write_time(network.clock())
        uri = f"{find_list_path(account_sid)}/{sid}/Feedback.json"
        times = {"date_created": now, "date_updated": now}
        return jsonify({"account_sid": account_sid, "message_sid": sid, "outcome": outcome, "uri": uri, **times})


def create_message(network: Network, *, stopping: threading.Event, account_sid: str) -> Response | tuple[Response, int]:
    """Accept a message, or fail on purpose. Every request is counted, whatever becomes of it."""
    rule = network.faults.draw(Moment.CREATE)
    with network.store.transaction() as db:
        add_to_counter(db, "create_requests")
        if rule:
            add_to_counter(db, rule.name)
    form = request.form

    def accept() -> dict[str, Any]:
        new = read_new_message(form, settings=network.settings, now=network.clock())
        return write_message(network.accept(new), account_sid=account_sid)

    if rule:
        return break_answer(rule, accept=accept, refuse=refuse_on_purpose, stopping=stopping)
    return jsonify(accept()), 201


def refuse_on_purpose(rule: Rule) -> Response:
    """Say no as a rule orders. Always raises TwilioError."""
    if rule.mode is Mode.TOO_MANY_REQUESTS:
        raise TwilioError(20429, retry_after_s=max(1, round(rule.seconds)))
    raise TwilioError(int(rule.code) if rule.mode is Mode.ERROR else 20500)


def list_messages(network: Network, *, account_sid: str) -> Response:
    """List messages, newest first."""
    rule = network.faults.draw(Moment.LIST)
    with network.store.transaction() as db:
        add_to_counter(db, "list_requests")
        if rule:
            add_to_counter(db, rule.name)
    if rule:
        raise TwilioError(20500)
    page = read_page_request(request.args)
    with network.store.transaction() as db:
        return jsonify(write_page(db, page, request.args, account_sid=account_sid, now=network.clock()))


def update_message(network: Network, sid: str) -> Message:
    """Cancel a message that is not sent yet, or redact one that is final."""
    with network.store.transaction() as db:
        message = get_message(db, sid)
        if request.form.get("Status"):
            if request.form["Status"] != Status.CANCELED:
                raise TwilioError(20001)
            if message.status not in CANCELABLE:
                raise TwilioError(20009)
            return change_message(db, sid, now=network.clock(), status=Status.CANCELED)
        if request.form.get("Body") != "":
            raise TwilioError(20001)
        if message.status not in FINAL:
            raise TwilioError(20009)
        return change_message(db, sid, now=network.clock(), body="")
