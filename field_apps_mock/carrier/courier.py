"""Carries messages to phones and callbacks to their URLs, in the background, from a queue that survives restarts."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import requests

from field_apps_mock.carrier.messages import add_to_counter
from field_apps_mock.carrier.signature import HEADER, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from field_apps_mock.carrier.store import Store

log = logging.getLogger(__name__)

CALLBACK_TIMEOUT_S = 15.0
CONNECT_RETRIES = 1
"""Twilio posts a callback again only when it could not connect, and once."""

RETRY_AFTER = timedelta(seconds=1)
LONGEST_WAIT_S = 5.0
CARRIERS = 8


@dataclass(frozen=True, slots=True)
class Callback:
    """A form to be posted, signed at the moment of posting."""

    callback: int
    url: str
    fields: dict[str, str]
    attempt: int


def queue_callback(db: sqlite3.Connection, url: str, fields: Mapping[str, str], *, due_at: datetime) -> None:
    """Ask for a form to be posted to a URL."""
    db.execute(
        "INSERT INTO callbacks (url, fields, due_at) VALUES (?, ?, ?)",
        (url, json.dumps(dict(fields)), due_at.timestamp()),
    )


class Courier:
    """One thread that waits for what is due, and a few that post. `step` moves one due message on."""

    def __init__(
        self, store: Store, *, auth_token: str, step: Callable[[], datetime | None], clock: Callable[[], datetime]
    ) -> None:
        """Prepare; nothing runs before `start`. `step` returns when the next message is due."""
        self._store = store
        self._auth_token = auth_token
        self._step = step
        self._clock = clock
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._posting = ThreadPoolExecutor(CARRIERS, thread_name_prefix="callback")

    def start(self) -> None:
        """Begin carrying."""
        self._thread.start()

    def wake(self) -> None:
        """Tell it that something new may be due."""
        self._wake.set()

    def stop(self) -> None:
        """Finish what is in hand and stop; what is queued stays for the next start."""
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._posting.shutdown(cancel_futures=True)

    def _run(self) -> None:
        in_hand: set[int] = set()
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                due = [self._step(), self._hand_out(in_hand)]
            except sqlite3.Error:
                # A full disk or a locked file must not end the courier: what is due stays due.
                log.exception("state file cannot be used")
                self._stopped.wait(LONGEST_WAIT_S)
                continue
            soonest = min((moment for moment in due if moment), default=None)
            wait_s = (soonest - self._clock()).total_seconds() if soonest else LONGEST_WAIT_S
            self._wake.wait(min(max(wait_s, 0.0), LONGEST_WAIT_S))

    def _hand_out(self, in_hand: set[int]) -> datetime | None:
        """Give every due callback to a poster; return when the next one is due."""
        now = self._clock().timestamp()
        with self._store.transaction() as db:
            rows = db.execute("SELECT * FROM callbacks WHERE due_at <= ? ORDER BY callback", (now,)).fetchall()
            later = db.execute("SELECT min(due_at) FROM callbacks WHERE due_at > ?", (now,)).fetchone()[0]
        for row in rows:
            if row["callback"] not in in_hand:
                in_hand.add(row["callback"])
                callback = Callback(row["callback"], row["url"], json.loads(row["fields"]), row["attempt"])
                self._posting.submit(self._post, callback, in_hand)
        return None if later is None else datetime.fromtimestamp(later, UTC)

    def _post(self, callback: Callback, in_hand: set[int]) -> None:
        headers = {HEADER: sign(callback.url, callback.fields, auth_token=self._auth_token)}
        try:
            answer = requests.post(callback.url, data=callback.fields, headers=headers, timeout=CALLBACK_TIMEOUT_S)
            outcome = "callback_taken" if answer.ok else f"callback_refused_{answer.status_code}"
        except requests.ConnectionError:
            outcome = "callback_unconnected"
        except requests.RequestException:
            outcome = "callback_failed"
        self._settle(callback, outcome)
        in_hand.discard(callback.callback)
        self.wake()

    def _settle(self, callback: Callback, outcome: str) -> None:
        log.info("%s", outcome)
        with self._store.transaction() as db:
            add_to_counter(db, outcome)
            if outcome == "callback_unconnected" and callback.attempt < CONNECT_RETRIES:
                due_at = (self._clock() + RETRY_AFTER).timestamp()
                db.execute(
                    "UPDATE callbacks SET attempt = attempt + 1, due_at = ? WHERE callback = ?",
                    (due_at, callback.callback),
                )
            else:
                db.execute("DELETE FROM callbacks WHERE callback = ?", (callback.callback,))


def post_now(url: str, fields: Mapping[str, str], *, auth_token: str) -> None:
    """Post one signed form and wait for the answer, whatever it is."""
    try:
        requests.post(url, data=dict(fields), headers={HEADER: sign(url, fields, auth_token=auth_token)}, timeout=5.0)
    except requests.RequestException:
        log.info("callback_failed")
