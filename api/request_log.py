"""One request id and one log line for every request, and the headers that every answer carries."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from api.metrics import Metrics
from privacy.redaction import OwnText

REQUEST_ID = "X-Request-Id"
UNROUTED = "unrouted"
_EVENT = OwnText("request")
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SAFE_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)


def _get_log() -> Any:  # noqa: ANN401 - structlog's logger, bound once instead of at every line
    return structlog.get_logger("fieldreach.web").bind()


@dataclass(frozen=True, slots=True)
class RequestLog:
    """Counts each request and writes its line.

    The line names the route, not the address: a query holds the position of a member of staff.
    """

    metrics: Metrics
    log: Any = field(default_factory=_get_log)

    def record(self, *, request_id: str, method: str, route: str, status: int, started_s: float) -> None:
        """Count and write down one request that was answered just now."""
        duration_s = time.perf_counter() - started_s
        self.metrics.count(method=method, route=route, status=status, duration_s=duration_s)
        self.log.info(
            _EVENT,
            request_id=OwnText(request_id),
            method=method,
            route=OwnText(route),
            status=status,
            duration_ms=round(duration_s * 1000, 2),
        )


def make_request_id() -> str:
    """Return an id that no other request has."""
    return str(uuid4())


def _begin() -> None:
    g.request_id = make_request_id()
    g.started_s = time.perf_counter()


def _harden(response: Response, *, request_id: str) -> None:
    headers = response.headers
    # add, not set: nobody else writes it, and setting searches all headers first.
    headers.add(REQUEST_ID, request_id)
    written = {name for name, _ in headers}
    for name, value in (("Cache-Control", "no-store"), *SAFE_HEADERS):
        if name not in written:
            headers.add(name, value)


def register(app: Flask, *, request_log: RequestLog) -> None:
    """Give every request of an application its id, its log line and its count."""

    def end(response: Response) -> Response:
        asked = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug documents it
        _harden(response, request_id=g.request_id)
        request_log.record(
            request_id=g.request_id,
            method=asked.method if asked.method in KNOWN_METHODS else "OTHER",
            route=UNROUTED if asked.url_rule is None else asked.url_rule.rule,
            status=response.status_code,
            started_s=g.started_s,
        )
        return response

    app.before_request(_begin)
    app.after_request(end)
