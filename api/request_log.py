"""One request id and one log line for every request, and the headers that every answer carries."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from api.metrics import Metrics

REQUEST_ID = "X-Request-Id"
UNROUTED = "unrouted"
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _begin() -> None:
    g.request_id = str(uuid4())
    g.started_s = time.perf_counter()


def _harden(response: Response, *, request_id: str) -> None:
    headers = response.headers
    # add, not set: nobody else writes these two, and setting searches all headers first.
    headers.add(REQUEST_ID, request_id)
    headers.add("X-Content-Type-Options", "nosniff")
    written = {name for name, _ in headers}
    if "Cache-Control" not in written:
        headers.add("Cache-Control", "no-store")
    if "Content-Security-Policy" not in written:
        headers.add("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


def register(app: Flask, *, metrics: Metrics) -> None:
    """Give every request of an application its id, its log line and its count.

    The line names the route, not the address: a query holds the position of a member of staff.
    """
    log: Any = structlog.get_logger("fieldreach.web")

    def end(response: Response) -> Response:
        asked, request_id, status = request._get_current_object(), g.request_id, response.status_code  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug documents it
        _harden(response, request_id=request_id)
        duration_s = time.perf_counter() - g.started_s
        route = UNROUTED if asked.url_rule is None else asked.url_rule.rule
        method = asked.method if asked.method in KNOWN_METHODS else "OTHER"
        metrics.count(method=method, route=route, status=status, duration_s=duration_s)
        log.info(
            "request",
            request_id=request_id,
            method=method,
            route=route,
            status=status,
            duration_ms=round(duration_s * 1000, 2),
        )
        return response

    app.before_request(_begin)
    app.after_request(end)
