"""A sender watches one broadcast of the running system from the preview to its end, and notes all there is to see."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from tests.attacks.distinguisher import Observation
from tests.attacks.installation import SLOT_S

if TYPE_CHECKING:
    import requests

    from stack.demo_client import FieldClient, Json

QUOTA = 50
_PATH = "/v1/yingxiaobao/broadcasts"
_LOOKS = 5
_NAMES = (
    (re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), b"<id>"),
    (re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.]*(\+00:00|Z)"), b"<time>"),
    (re.compile(rb'"next_cursor":"[A-Za-z0-9_-]+"'), b'"next_cursor":"<id and time>"'),
)
"""What differs between any two broadcasts: ids and times."""
_VARYING = ("date", "x-request-id", "content-length")
"""Headers that differ between any two answers; the length of a body is that of its bytes."""
_STATE = re.compile(rb'"state":"(accepted|done)"')
_DONE_AT = re.compile(rb'"done_at":"([^"]+)"')

Call: TypeAlias = "Callable[[], requests.Response]"


@dataclass(slots=True)
class Watch:
    """What a sender has noted of one broadcast: answers with ids, times and the known changes put aside, and times."""

    known: dict[bytes, bytes]
    pages: list[bytes] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    done_lag_s: float = 0.0

    def note(self, call: Call) -> Any:  # noqa: ANN401 - whatever the answer is
        """Time a request and note status, headers and body."""
        sent_at, started = time.time(), time.perf_counter()
        response = call()
        self.times.append(time.perf_counter() - started)
        body = _hide_due_state(response.content, sent_at=sent_at, read_at=time.time())
        for known, name in self.known.items():
            body = body.replace(known, name)
        for pattern, name in _NAMES:
            body = pattern.sub(name, body)
        told = sorted((name, value) for name, value in response.headers.items() if name.lower() not in _VARYING)
        self.pages.append(f"{response.status_code} {told} ".encode() + body)
        return response.json()

    def finish(self, *, is_present: bool) -> Observation:
        """Return everything as one observation."""
        summary = (sum(self.times), max(self.times), self.done_lag_s)
        return Observation(hashlib.sha256(b"\n".join(self.pages)).digest(), (*self.times, *summary), is_present)


def _hide_due_state(body: bytes, *, sent_at: float, read_at: float) -> bytes:
    """Put one word for accepted and done, where the answer says what the clock says; leave anything else as it is."""
    state, slot = _STATE.search(body), _DONE_AT.search(body)
    if state is None or slot is None:
        return body
    done_at = datetime.fromisoformat(slot[1].decode()).timestamp()
    is_due = read_at >= done_at if state[1] == b"done" else sent_at < done_at
    return _STATE.sub(b'"state":"<as the clock says>"', body) if is_due else body


def watch_broadcast(
    client: FieldClient, *, audience: Json, text: str, known: dict[bytes, bytes], settle: Callable[[str], None]
) -> Watch:
    """Preview, send, look at it until it is done, pause, resume and cancel it; returns what was noted.

    `known` are parts of the answers that the sender himself changed, with a name to put in their place. `settle` is
    called with the broadcast's id before anything is changed, and returns when no message of it is on its way.
    """
    watch = Watch(known | {text.encode(): b"<text>"})
    session, root = client.session, client.address + _PATH
    request = audience | {"body": text}
    watch.note(lambda: session.post(f"{root}/preview", json=request, timeout=30))
    sent = watch.note(
        lambda: session.post(
            root, json=request | {"quota": QUOTA}, headers={"Idempotency-Key": str(uuid4())}, timeout=30
        )
    )
    one = f"{root}/{sent['broadcast_id']}"
    _look_until_done(watch, client=client, one=one)
    settle(str(sent["broadcast_id"]))
    for change in ("pause", "resume", "cancel"):
        watch.note(partial(session.post, f"{one}/{change}", timeout=30))
    watch.note(lambda: session.get(root, params={"limit": "1"}, timeout=30))
    watch.note(lambda: session.post(f"{root}/preview", json=request, timeout=30))
    return watch


def _look_until_done(watch: Watch, *, client: FieldClient, one: str) -> None:
    """Look at the broadcast and the list at fixed moments, then wait for the slot at which it becomes done."""
    session, started = client.session, time.monotonic()
    for look in range(_LOOKS):
        time.sleep(max(0.0, started + look * 0.08 - time.monotonic()))
        watch.note(lambda: session.get(one, timeout=30))
        watch.note(lambda: session.get(one.rpartition("/")[0], params={"limit": "1"}, timeout=30))
    started = time.monotonic()
    while session.get(one, timeout=30).json()["state"] != "done":
        if time.monotonic() > started + 10 * SLOT_S:
            raise TimeoutError(one)
        time.sleep(0.02)
    # Slots are whole multiples since the epoch, so this is how late `done` came.
    watch.done_lag_s = time.time() % SLOT_S
    watch.note(lambda: session.get(one, timeout=30))
