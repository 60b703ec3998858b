"""What no real carrier has: orders to fail, and statistics. JSON only, so that no web page can order it by a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from field_apps_mock.carrier.faults import ACCEPTING, DEFAULT_SECONDS, Mode, Rule
from field_apps_mock.carrier.messages import get_counters
from field_apps_mock.carrier.values import Direction

if TYPE_CHECKING:
    import sqlite3

    from field_apps_mock.carrier.network import Network

KNOWN = frozenset({"mode", "count", "probability", "seconds", "code", "accepts", "seed"})
HTTP_TOO_MANY = 429
FAULT_NAMES = frozenset(map(str, Mode))
NOT_COUNTED_AS_FAULT = ("create_requests", "list_requests")


class OrderError(ValueError):
    """An order that cannot be understood; the message says why."""


def read_rule(order: dict[str, Any]) -> Rule | None:
    """Read an order; None means: behave well again. A mode may be an error code of Twilio. Raises OrderError."""
    unknown = set(order) - KNOWN
    if unknown:
        raise OrderError(f"unknown fields: {', '.join(sorted(unknown))}")
    name = str(order.get("mode", ""))
    if name in {"none", "ok"}:
        return None
    code = _read_code(order.get("code", 20500))
    if name.isdigit() and int(name) != HTTP_TOO_MANY:
        name, code = Mode.ERROR, int(name)
    try:
        mode = Mode(name)
    except ValueError as error:
        raise OrderError(f"mode is none, a Twilio error code, or one of: {', '.join(Mode)}") from error
    probability = float(order.get("probability", 1.0))
    count = order.get("count")
    if not 0.0 <= probability <= 1.0 or (count is not None and int(count) < 1):
        raise OrderError("probability is 0 to 1, count at least 1")
    return Rule(
        mode=mode,
        remaining=None if count is None else int(count),
        probability=probability,
        seconds=float(order.get("seconds", DEFAULT_SECONDS.get(mode, 0.0))),
        code=code,
        accepts=bool(order.get("accepts", mode in ACCEPTING)),
    )


def _read_code(given: object) -> int | str:
    """Take a number of Twilio's or a word of Aliyun's."""
    return int(str(given)) if str(given).isdigit() else str(given)


def count_accepted(db: sqlite3.Connection) -> dict[str, Any]:
    """Count what the carrier took on: messages, duplicates (same phone and text again), states, replies."""
    outbound = f"direction = '{Direction.OUTBOUND_API}'"
    accepted = db.execute(f"SELECT count(*) FROM messages WHERE {outbound}").fetchone()[0]  # noqa: S608 - a constant
    distinct = db.execute(
        f"SELECT count(*) FROM (SELECT DISTINCT recipient, body_sha256 FROM messages WHERE {outbound})"  # noqa: S608 - a constant
    ).fetchone()[0]
    states = db.execute(
        f"SELECT status, count(*) FROM messages WHERE {outbound} GROUP BY status ORDER BY status"  # noqa: S608 - a constant
    ).fetchall()
    inbound = db.execute("SELECT count(*) FROM messages WHERE direction = ?", (Direction.INBOUND,)).fetchone()[0]
    return {
        "accepted": accepted,
        "duplicates": accepted - distinct,
        "by_status": dict(map(tuple, states)),
        "inbound": inbound,
    }


def make_control(network: Network) -> Blueprint:
    """Return the blueprint of /_control and /_stats."""
    control = Blueprint("control", __name__)

    @control.post("/_control")
    def order() -> Response | tuple[Response, int]:
        body = request.get_json()
        try:
            rule = read_rule(body if isinstance(body, dict) else {})
        except (OrderError, TypeError, ValueError) as error:
            return jsonify({"error": str(error)}), 422
        if rule is None:
            network.faults.clear()
        else:
            network.faults.order(rule)
        if "seed" in body:
            network.faults.reseed(int(body["seed"]))
        return jsonify({"rules": [rule.name for rule in network.faults.rules]})

    @control.get("/_stats")
    def stats() -> Response:
        with network.store.transaction() as db:
            counters = get_counters(db)
            answer = count_accepted(db)
        requests = {name: counters.pop(name, 0) for name in NOT_COUNTED_AS_FAULT}
        faults = {
            name: value for name, value in counters.items() if name in FAULT_NAMES or name.isdigit() or "." in name
        }
        callbacks = {name: value for name, value in counters.items() if name not in faults}
        return jsonify(answer | requests | {"callbacks": callbacks, "faults": faults})

    return control
