"""Turns every exception into application/problem+json. Nothing of the exception's own text goes out."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import Path

import orjson
import structlog
from flask import Flask, Response, g

from api.language import choose_language
from api.problem_details import ErrorEntry, find_entries, find_headers
from api.problems import Problem, get_problem
from api.resources import get_resources

PROBLEM_JSON = "application/problem+json"
ROOT = Path(__file__).parents[1]
_FAULT_OF_OURS = 500

_log = structlog.get_logger("fieldreach.web")


def render_problem(problem: Problem, *, entries: Iterable[ErrorEntry] = ()) -> Response:
    """Return the answer for a problem; without entries its own detail stands as the only one."""
    language = choose_language()
    listed = list(entries) or [{"detail": problem.detail.in_(language), "pointer": ""}]
    body = {
        "type": f"/problems/{problem.slug}",
        "title": problem.title.in_(language),
        "status": problem.status,
        "instance": g.request_id,
        "errors": listed,
    }
    response = Response(orjson.dumps(body), status=problem.status, content_type=PROBLEM_JSON)
    response.headers["Content-Language"] = language.value
    return response


def handle(error: Exception) -> Response:
    """Answer for any exception. One that we did not foresee is logged by kind and place, never with its text."""
    problem, language = get_problem(error), choose_language()
    if problem.status >= _FAULT_OF_OURS:
        reason = f"{type(error).__name__} at {find_place(error)}"
        _log.error("problem", request_id=g.request_id, slug=problem.slug, reason=reason)
    response = render_problem(problem, entries=find_entries(error, language))
    response.headers.update(find_headers(error, now=get_resources().clock()))
    return response


def find_place(error: Exception) -> str:
    """Return where an exception arose, innermost last: file and line only, as its text may quote what a user wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame for frame in frames if Path(frame.filename).is_relative_to(ROOT) and "site-packages" not in frame.filename
    ]
    return " > ".join(f"{Path(frame.filename).relative_to(ROOT)}:{frame.lineno}" for frame in own[-4:])


def register(app: Flask) -> None:
    """Make every exception of an application end here."""
    app.register_error_handler(Exception, handle)
