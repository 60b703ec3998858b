"""A carrier double on a free port, the gateway that hears its callbacks, and the real Twilio client in front of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests
from flask import Flask, request
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from werkzeug.serving import make_server

from field_apps_mock.carrier.server import QuietHandler, RunningCarrier, start_carrier
from field_apps_mock.carrier.values import CarrierSettings
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT_SID = "AC" + "0a1b2c3d" * 4
AUTH_TOKEN = "only-for-this-test"  # noqa: S105 - invented
NUMBER = "+15005550006"
PHONE = "+8615412345678"


@dataclass(frozen=True, slots=True)
class Heard:
    """One callback as it came in."""

    url: str
    fields: dict[str, str]
    signature: str

    @property
    def status(self) -> str:
        """Return the status told."""
        return self.fields.get("MessageStatus", self.fields.get("SmsStatus", ""))


@dataclass(slots=True)
class Gateway:
    """Hears callbacks; answers with `answer`, a status code."""

    url: str
    heard: list[Heard] = field(default_factory=list)
    answer: int = 204

    def wait_for(self, count: int) -> list[Heard]:
        """Return what was heard once it is at least `count`."""
        wait_until(lambda: len(self.heard) >= count)
        return self.heard


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """Serve a gateway that takes every POST."""
    app = Flask(__name__)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    hearing = Gateway(f"http://127.0.0.1:{server.port}")

    @app.post("/<path:_path>")
    def hear(_path: str) -> tuple[str, int]:
        signature = request.headers.get("X-Twilio-Signature", "")
        hearing.heard.append(Heard(request.url, request.form.to_dict(), signature))
        return "", hearing.answer

    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield hearing
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(gateway: Gateway) -> CarrierSettings:
    """Give the settings of a double that is quick."""
    return CarrierSettings(
        ACCOUNT_SID, AUTH_TOKEN, inbound_url=f"{gateway.url}/inbound", sent_after_s=0.02, delivered_after_s=0.05
    )


@pytest.fixture
def carrier(settings: CarrierSettings, tmp_path: Path) -> Iterator[RunningCarrier]:
    """Run a double on a free port."""
    with start_carrier(settings, state=tmp_path / "carrier.sqlite", clock=lambda: datetime.now(UTC)) as running:
        yield running


def connect(carrier: RunningCarrier, *, token: str = AUTH_TOKEN, timeout_s: float = 5.0) -> Client:
    """Point the real client at a double. It retries nothing, as the sender's does not."""
    client = Client(ACCOUNT_SID, token, http_client=TwilioHttpClient(timeout=timeout_s, pool_connections=False))
    client.api.base_url = carrier.url
    return client


@pytest.fixture
def client(carrier: RunningCarrier) -> Client:
    """Give the real client of the account."""
    return connect(carrier)


def order(carrier: RunningCarrier, mode: str, **fields: float | bool) -> None:
    """Tell the double how to behave."""
    answer = requests.post(f"{carrier.url}/_control", json={"mode": mode, **fields}, timeout=60)
    assert answer.status_code == 200, answer.text


def get_stats(carrier: RunningCarrier) -> dict[str, Any]:
    """Return what the double counted."""
    stats: dict[str, Any] = requests.get(f"{carrier.url}/_stats", timeout=60).json()
    return stats
