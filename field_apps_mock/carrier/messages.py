"""Reads and writes of messages in the double's memory."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from field_apps_mock.carrier.errors import TwilioError
from field_apps_mock.carrier.values import Direction, Message, NewMessage, Status

LISTED = "NOT is_deleted AND coalesce(hidden_until, 0) <= :now"


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """What a listing asks for. The sent date of a message not yet sent is when it was created."""

    recipient: str | None = None
    sender: str | None = None
    sent_from: datetime | None = None
    sent_before: datetime | None = None


def _read_time(value: float | None) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(value, UTC)


def read_message(row: sqlite3.Row) -> Message:
    """Turn a row into a value."""
    return Message(
        row=row["row"],
        sid=row["sid"],
        direction=Direction(row["direction"]),
        status=Status(row["status"]),
        recipient=row["recipient"],
        sender=row["sender"],
        service_sid=row["service_sid"],
        body=row["body"],
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
        updated_at=datetime.fromtimestamp(row["updated_at"], UTC),
        sent_at=_read_time(row["sent_at"]),
        valid_until=_read_time(row["valid_until"]),
        callback_url=row["callback_url"],
        error_code=row["error_code"],
        hidden_until=_read_time(row["hidden_until"]),
    )


def insert_message(
    db: sqlite3.Connection, new: NewMessage, *, direction: Direction, status: Status, now: datetime
) -> Message:
    """Keep a message under a fresh SID."""
    values: dict[str, Any] = {
        "sid": f"SM{secrets.token_hex(16)}",
        "direction": direction,
        "status": status,
        "recipient": new.recipient,
        "sender": new.sender,
        "service_sid": new.service_sid,
        "body": new.body,
        "now": now.timestamp(),
        "valid_until": ((new.send_at or now) + timedelta(seconds=new.validity_s)).timestamp(),
        "callback_url": new.callback_url,
        "body_sha256": hashlib.sha256(new.body.encode()).hexdigest(),
    }
    db.execute(
        "INSERT INTO messages (sid, direction, status, recipient, sender, service_sid, body, created_at, updated_at,"
        " valid_until, callback_url, body_sha256) VALUES (:sid, :direction, :status, :recipient, :sender, :service_sid,"
        " :body, :now, :now, :valid_until, :callback_url, :body_sha256)",
        values,
    )
    return get_message(db, values["sid"])


def get_message(db: sqlite3.Connection, sid: str) -> Message:
    """Return a message by SID. Raises TwilioError 20404."""
    row = db.execute("SELECT * FROM messages WHERE sid = ? AND NOT is_deleted", (sid,)).fetchone()
    if row is None:
        raise TwilioError(20404)
    return read_message(row)


def change_message(db: sqlite3.Connection, sid: str, *, now: datetime, **fields: Any) -> Message:  # noqa: ANN401 - column values
    """Set columns of a message. Column names come from this package, never from a request."""
    assignments = ", ".join(f"{name} = :{name}" for name in fields)
    values = {name: value.timestamp() if isinstance(value, datetime) else value for name, value in fields.items()}
    db.execute(
        f"UPDATE messages SET updated_at = :updated_at, {assignments} WHERE sid = :sid",  # noqa: S608 - own names
        {**values, "updated_at": now.timestamp(), "sid": sid},
    )
    return get_message(db, sid)


def delete_message(db: sqlite3.Connection, sid: str, *, now: datetime) -> None:
    """Hide a message from the API; the statistics still know it."""
    get_message(db, sid)
    db.execute("UPDATE messages SET is_deleted = 1, updated_at = ? WHERE sid = ?", (now.timestamp(), sid))


def find_messages(
    db: sqlite3.Connection,
    wanted: MessageFilter,
    *,
    now: datetime,
    older_than: int | None,
    newer_than: int | None,
    limit: int,
) -> list[Message]:
    """Return messages, newest first: the first below `older_than`, or the last above `newer_than`."""
    clauses = {
        "recipient = :recipient": wanted.recipient,
        "sender = :sender": wanted.sender,
        "coalesce(sent_at, created_at) >= :sent_from": wanted.sent_from and wanted.sent_from.timestamp(),
        "coalesce(sent_at, created_at) < :sent_before": wanted.sent_before and wanted.sent_before.timestamp(),
        "row < :older_than": older_than,
        "row > :newer_than": newer_than,
    }
    used = {clause: value for clause, value in clauses.items() if value is not None}
    values = {clause.rpartition(":")[2]: value for clause, value in used.items()}
    where = " AND ".join([LISTED, *used])
    order = "ASC" if newer_than is not None else "DESC"
    rows = db.execute(
        f"SELECT * FROM messages WHERE {where} ORDER BY row {order} LIMIT :limit",  # noqa: S608 - own clauses
        {**values, "now": now.timestamp(), "limit": limit},
    ).fetchall()
    return [read_message(row) for row in sorted(rows, key=lambda row: -row["row"])]


def add_to_counter(db: sqlite3.Connection, name: str) -> None:
    """Count an event of the double by name."""
    db.execute(
        "INSERT INTO counters (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1", (name,)
    )


def get_counters(db: sqlite3.Connection) -> dict[str, int]:
    """Return every counter."""
    return dict(db.execute("SELECT name, value FROM counters ORDER BY name").fetchall())
