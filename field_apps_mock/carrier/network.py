"""The carrier itself: accepts messages, moves them to phones, hears what phones write back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from field_apps_mock.carrier.courier import Courier, post_now, queue_callback
from field_apps_mock.carrier.errors import TwilioError
from field_apps_mock.carrier.faults import FaultPlan, Mode, Moment, Rule
from field_apps_mock.carrier.messages import add_to_counter, change_message, insert_message, read_message
from field_apps_mock.carrier.segments import count_segments
from field_apps_mock.carrier.values import API_VERSION, FINAL, CarrierSettings, Direction, Message, NewMessage, Status

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from field_apps_mock.carrier.store import Store

POOL_NUMBER = "+15005550006"
"""What a messaging service sends from when the account lists no numbers: Twilio's own test number."""

STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
UNREACHABLE, UNKNOWN_FAILURE, EXPIRED = 30003, 30008, 30036
"""Error codes of an unreachable handset, an unexplained failure, and a validity period that ran out."""


def tell_status(message: Message, *, account_sid: str) -> dict[str, str]:
    """Return the form fields of a status callback."""
    fields = {
        "SmsSid": message.sid,
        "SmsStatus": str(message.status),
        "MessageStatus": str(message.status),
        "To": message.recipient,
        "MessageSid": message.sid,
        "AccountSid": account_sid,
        "From": message.sender or "",
        "ApiVersion": API_VERSION,
    }
    if message.service_sid:
        fields["MessagingServiceSid"] = message.service_sid
    if message.error_code:
        fields["ErrorCode"] = str(message.error_code)
    if message.status is Status.DELIVERED:
        fields["RawDlrDoneDate"] = f"{message.updated_at:%y%m%d%H%M}"
    return fields


class Network:
    """Ties memory, faults and courier together. All times come from the clock."""

    def __init__(
        self, store: Store, *, settings: CarrierSettings, faults: FaultPlan, clock: Callable[[], datetime]
    ) -> None:
        """Prepare; `courier.start()` sets messages moving."""
        self.store = store
        self.settings = settings
        self.faults = faults
        self.clock = clock
        self.courier = Courier(store, auth_token=settings.auth_token, step=self.move_due, clock=clock)

    def accept(self, new: NewMessage) -> Message:
        """Take a message on: keep it, plan its way, announce it. Raises TwilioError 21610 for a blocked pair."""
        now = self.clock()
        with self.store.transaction() as db:
            sender = new.sender or (self.settings.numbers or (POOL_NUMBER,))[0]
            blocked = "SELECT 1 FROM blocks WHERE recipient = ? AND sender = ?"
            if db.execute(blocked, (new.recipient, sender)).fetchone():
                raise TwilioError(21610)
            status = Status.SCHEDULED if new.send_at else Status.ACCEPTED if new.service_sid else Status.QUEUED
            message = insert_message(db, new, direction=Direction.OUTBOUND_API, status=status, now=now)
            late = self.faults.draw(Moment.ACCEPTED)
            if late:
                add_to_counter(db, late.name)
                hidden_until = now + timedelta(seconds=late.seconds)
                message = change_message(db, message.sid, now=now, hidden_until=hidden_until)
            fate = self.faults.draw(Moment.FATE)
            self._plan(db, message, start=new.send_at or now, fate=fate)
        if fate and fate.mode is Mode.CALLBACK_FIRST and message.callback_url:
            fields = tell_status(message, account_sid=self.settings.account_sid)
            post_now(message.callback_url, fields, auth_token=self.settings.auth_token)
        self.courier.wake()
        return message

    def _plan(self, db: sqlite3.Connection, message: Message, *, start: datetime, fate: Rule | None) -> None:
        """Queue the steps of a message; its fate may end it otherwise, in silence, or with everything said twice."""
        mode = fate.mode if fate else None
        if fate:
            add_to_counter(db, fate.name)
        if mode is Mode.SILENT:
            change_message(db, message.sid, now=message.created_at, callback_url=None)
        elif mode is not Mode.CALLBACK_FIRST:
            self._announce(db, message)
        steps: list[tuple[Status, int | None, float]] = []
        if message.service_sid:
            steps.append((Status.QUEUED, None, 0.0))
        if mode is Mode.FAILED:
            steps.append((Status.FAILED, UNKNOWN_FAILURE, self.settings.sent_after_s))
        else:
            ending = (Status.UNDELIVERED, UNREACHABLE) if mode is Mode.UNDELIVERED else (Status.DELIVERED, None)
            steps.append((Status.SENT, None, self.settings.sent_after_s))
            steps.append((*ending, self.settings.delivered_after_s))
        for outcome, error_code, after_s in steps * (2 if mode is Mode.CALLBACK_TWICE else 1):
            due_at = (start + timedelta(seconds=after_s)).timestamp()
            db.execute(
                "INSERT INTO steps (message, outcome, error_code, due_at) VALUES (?, ?, ?, ?)",
                (message.row, outcome, error_code, due_at),
            )

    def _announce(self, db: sqlite3.Connection, message: Message) -> None:
        if message.callback_url:
            fields = tell_status(message, account_sid=self.settings.account_sid)
            queue_callback(db, message.callback_url, fields, due_at=self.clock())

    def move_due(self) -> datetime | None:
        """Move every message whose step is due; return when the next one is."""
        now = self.clock()
        with self.store.transaction() as db:
            due = db.execute(
                "SELECT * FROM steps WHERE due_at <= ? ORDER BY due_at, step", (now.timestamp(),)
            ).fetchall()
            for step in due:
                self._move(db, step, now)
                db.execute("DELETE FROM steps WHERE step = ?", (step["step"],))
            later = db.execute("SELECT min(due_at) FROM steps").fetchone()[0]
        return None if later is None else datetime.fromtimestamp(later, UTC)

    def _move(self, db: sqlite3.Connection, step: sqlite3.Row, now: datetime) -> None:
        message = read_message(db.execute("SELECT * FROM messages WHERE row = ?", (step["message"],)).fetchone())
        outcome, error_code = Status(step["outcome"]), step["error_code"]
        if message.status is outcome:
            self._announce(db, message)
            return
        if message.status in FINAL:
            return
        if outcome is Status.SENT and message.valid_until and now > message.valid_until:
            outcome, error_code = Status.FAILED, EXPIRED
        sender = message.sender or (self.settings.numbers or (POOL_NUMBER,))[0]
        sent_at = now if outcome is Status.SENT else message.sent_at
        moved = change_message(
            db, message.sid, now=now, status=outcome, error_code=error_code, sender=sender, sent_at=sent_at
        )
        self._announce(db, moved)

    def receive(self, *, phone: str, number: str, body: str) -> Message:
        """Take what a phone writes to a number: honour stop words, keep it, post it signed to the inbound URL."""
        now = self.clock()
        new = NewMessage(
            recipient=number, sender=phone, service_sid=None, body=body, callback_url=None, validity_s=0, send_at=None
        )
        with self.store.transaction() as db:
            message = insert_message(db, new, direction=Direction.INBOUND, status=Status.RECEIVED, now=now)
            message = change_message(db, message.sid, now=now, sent_at=now)
            self._honour(db, phone=phone, number=number, word=body.strip().upper())
            if self.settings.inbound_url:
                queue_callback(db, self.settings.inbound_url, self._tell_inbound(message), due_at=now)
        self.courier.wake()
        return message

    def _honour(self, db: sqlite3.Connection, *, phone: str, number: str, word: str) -> None:
        if word in STOP_WORDS:
            db.execute("INSERT OR IGNORE INTO blocks (recipient, sender) VALUES (?, ?)", (phone, number))
        elif word in START_WORDS:
            db.execute("DELETE FROM blocks WHERE recipient = ? AND sender = ?", (phone, number))

    def _tell_inbound(self, message: Message) -> dict[str, str]:
        return {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsMessageSid": message.sid,
            "AccountSid": self.settings.account_sid,
            "From": message.sender or "",
            "To": message.recipient,
            "Body": message.body,
            "NumMedia": "0",
            "NumSegments": str(count_segments(message.body)),
            "SmsStatus": str(message.status),
            "ApiVersion": API_VERSION,
        }
