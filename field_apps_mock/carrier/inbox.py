"""The phones: a page that shows what arrived on each, and lets it write back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request, send_from_directory

from field_apps_mock.carrier.messages import read_message
from field_apps_mock.carrier.network import POOL_NUMBER
from field_apps_mock.carrier.requests_in import E164, MAX_BODY
from field_apps_mock.carrier.values import ON_THE_PHONE, Direction

if TYPE_CHECKING:
    import sqlite3

    from field_apps_mock.carrier.network import Network

STATIC = Path(__file__).with_name("static")
MOST_PHONES = 200
MOST_MESSAGES = 200
SHOWN = f"NOT is_deleted AND status IN {tuple(str(status) for status in ON_THE_PHONE)}"
PHONE = f"CASE direction WHEN '{Direction.INBOUND}' THEN sender ELSE recipient END"
CONTENT_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:"


def find_phones(db: sqlite3.Connection, *, ending: str) -> list[dict[str, Any]]:
    """Return the phones with messages, the latest first, whose number contains some digits."""
    rows = db.execute(
        f"SELECT {PHONE} AS phone, max(row) AS newest, count(*) AS messages, body, direction,"  # noqa: S608 - own constants
        f" updated_at FROM messages WHERE {SHOWN} AND {PHONE} LIKE ?"
        " GROUP BY phone ORDER BY newest DESC LIMIT ?",
        (f"%{ending}%", MOST_PHONES),
    ).fetchall()
    return [
        {
            "phone": row["phone"],
            "messages": row["messages"],
            "newest": row["newest"],
            "preview": row["body"],
            "is_own": row["direction"] == Direction.INBOUND,
            "at": row["updated_at"],
        }
        for row in rows
    ]


def find_conversation(db: sqlite3.Connection, phone: str) -> list[dict[str, Any]]:
    """Return what a phone shows, oldest first."""
    rows = db.execute(
        f"SELECT * FROM messages WHERE {SHOWN} AND {PHONE} = ? ORDER BY row DESC LIMIT ?",  # noqa: S608 - own constants
        (phone, MOST_MESSAGES),
    ).fetchall()
    return [
        {
            "sid": message.sid,
            "body": message.body,
            "is_own": message.direction is Direction.INBOUND,
            "other": message.recipient if message.direction is Direction.INBOUND else message.sender,
            "at": message.updated_at.timestamp(),
        }
        for message in map(read_message, reversed(rows))
    ]


def find_last_sender(db: sqlite3.Connection, phone: str) -> str:
    """Return the number that last wrote to a phone: the one that a reply goes to."""
    row = db.execute(
        "SELECT sender FROM messages WHERE recipient = ? AND direction = ? ORDER BY row DESC LIMIT 1",
        (phone, Direction.OUTBOUND_API),
    ).fetchone()
    return str(row["sender"]) if row and row["sender"] else POOL_NUMBER


def make_inbox(network: Network) -> Blueprint:
    """Return the blueprint of the page and of what it reads."""
    inbox = Blueprint("inbox", __name__)

    @inbox.get("/")
    def page() -> Response:
        answer = send_from_directory(STATIC, "inbox.html")
        answer.headers["Content-Security-Policy"] = CONTENT_POLICY
        return answer

    @inbox.get("/_inbox/static/<path:name>")
    def static(name: str) -> Response:
        return send_from_directory(STATIC, name)

    @inbox.get("/_inbox/phones")
    def phones() -> Response:
        with network.store.transaction() as db:
            return jsonify(find_phones(db, ending="".join(filter(str.isdigit, request.args.get("digits", "")))))

    @inbox.get("/_inbox/phones/<phone>")
    def conversation(phone: str) -> Response:
        with network.store.transaction() as db:
            return jsonify(find_conversation(db, phone))

    @inbox.post("/_inbox/phones/<phone>/replies")
    def reply(phone: str) -> tuple[Response, int]:
        body = str((request.get_json() or {}).get("body", "")).strip()
        if not body or len(body) > MAX_BODY or not E164.fullmatch(phone):
            return jsonify({"error": f"a phone in E.164 and a body of 1 to {MAX_BODY} characters"}), 422
        with network.store.transaction() as db:
            number = find_last_sender(db, phone)
        message = network.receive(phone=phone, number=number, body=body)
        return jsonify({"sid": message.sid}), 201

    return inbox
