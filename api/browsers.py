"""Which pages of other origins a browser lets read the answers: the apps' own, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request
from flask_cors import CORS

from api.released import Headers

READ_HEADERS = ["ETag", "RateLimit", "Retry-After", "X-Request-Id", "Idempotent-Replayed"]
SENT_HEADERS = ["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Accept-Language"]
OpenUp = Callable[[str | None], Headers]


def open_to_browsers(app: Flask, *, origins: tuple[str, ...]) -> OpenUp:
    """Let pages of some origins read the answers of an application.

    Returns what gives the headers of an answer to a GET that comes from an origin, or from none; raises KeyError for
    an origin that may not read.
    """
    if not origins:
        return dict[str | None, Headers]({None: []}).__getitem__
    CORS(
        app,
        resources={"/v1/*": {"origins": list(origins)}},
        methods=["GET", "HEAD", "POST"],
        allow_headers=SENT_HEADERS,
        expose_headers=READ_HEADERS,
        max_age=600,
        vary_header=False,
    )
    answer_browser = app.after_request_funcs[None].pop()

    def open_up(response: Response) -> Response:
        response.headers.add("Vary", "Origin")
        # Whoever names no origin is no page of another origin, and is spared the cost.
        return answer_browser(response) if "HTTP_ORIGIN" in request.environ else response  # type: ignore[return-value] # flask-cors answers at once

    app.after_request(open_up)
    return {origin: _ask(app, open_up, origin) for origin in (None, *origins)}.__getitem__


def _ask(app: Flask, open_up: Callable[[Response], Response], origin: str | None) -> Headers:
    """Return the headers that flask-cors adds to an answer for an origin."""
    with app.test_request_context("/v1/", headers={} if origin is None else {"Origin": origin}):
        response = Response()
        response.headers.clear()
        return list(open_up(response).headers)
