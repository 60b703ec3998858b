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


def _harden(response: Response) -> None:
    headers = response.headers
    # add, not set: nobody else writes these two, and setting searches all headers first.
    headers.add(REQUEST_ID, g.request_id)
    headers.add("X-Content-Type-Options", "nosniff")
    if "Cache-Control" not in headers:
        headers.add("Cache-Control", "no-store")
    if "Content-Security-Policy" not in headers:
        headers.add("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


def register(app: Flask, *, metrics: Metrics) -> None:
    """Give every request of an application its id, its log line and its count.

    The line names the route, not the address: a query holds the position of a member of staff.
    """
    log: Any = structlog.get_logger("fieldreach.web")

    def end(response: Response) -> Response:
        _harden(response)
        duration_s = time.perf_counter() - g.started_s
        route = UNROUTED if request.url_rule is None else request.url_rule.rule
        method = request.method if request.method in KNOWN_METHODS else "OTHER"
        metrics.count(method=method, route=route, status=response.status_code, duration_s=duration_s)
        log.info(
            "request",
            request_id=g.request_id,
            method=method,
            route=route,
            status=response.status_code,
            duration_ms=round(duration_s * 1000, 2),
        )
        return response

    app.before_request(_begin)
    app.after_request(end)
