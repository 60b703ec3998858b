"""The short way of a reading request: past Flask, through every check of the long way.

An empty endpoint of Flask takes longer than an answer that is kept, or than finding one in memory. So a GET of
released figures is looked at here first: who calls, in which role, with which arguments, of which release. It gets the
same status, headers and bytes as on the long way, the same line in the log and the same counters. Whatever is not
plainly right - a token not seen before or not checked for some seconds, a role, an argument, a body, an error - is left
to Flask, which looks again from the beginning: this way refuses nothing and lets nobody in.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask

from api.parser import read_query
from api.reading import Reading
from api.released import Body, Form, Sending, answer_holder, answer_released, choose
from api.request_log import REQUEST_ID, SAFE_HEADERS, RequestLog, make_request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from marshmallow import Schema

    from api.browsers import OpenUp
    from api.models import Role
    from api.resources import Resources

FORM = "released_form"
READER = "reader"
_STATUS = {200: "200 OK", 304: "304 NOT MODIFIED"}
_PLAIN_QUERY = re.compile(r"[a-z0-9_]+=[A-Za-z0-9_.-]*(?:&[a-z0-9_]+=[A-Za-z0-9_.-]*)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reader:
    """A view that needs no Flask: the schema of its query, and what writes the body."""

    schema: Schema
    write: Callable[..., Body]


@dataclass(frozen=True, slots=True)
class _Route:
    """A route of released figures. Without a reader only what is kept is answered."""

    rule: str
    roles: frozenset[Role]
    form: Form
    reader: Reader | None


def make_key(environ: WSGIEnvironment, *, territory: tuple[int, ...] | None) -> Hashable:
    """Return what an answer is kept under, besides its release: the question as it was put."""
    return environ["PATH_INFO"], environ["QUERY_STRING"], territory


def split_query(query: str) -> dict[str, str] | None:
    """Return the arguments of a query that is written without any escape and names none twice; None for another."""
    if not _PLAIN_QUERY.fullmatch(query):
        return None
    pairs = query.split("&")
    given = dict(pair.split("=") for pair in pairs)
    return given if len(given) == len(pairs) else None


class _LeftToLongWayError(Exception):
    """A request is not plainly right."""


class ShortWay:
    """A WSGI application before another: answers what it can, and leaves the rest to the long way."""

    def __init__(self, app: Flask, *, resources: Resources, request_log: RequestLog, open_up: OpenUp) -> None:
        """Find the routes of released figures of an application. `open_up` gives the headers for a browser's origin."""
        self._long_way: WSGIApplication = app.wsgi_app
        self._resources = resources
        self._request_log = request_log
        self._open_up = open_up
        self._max_age_s = resources.settings.released_max_age_s
        routes = _find_routes(app)
        self._fixed = {route.rule: route for route in routes if "<" not in route.rule}
        self._open = {route.rule.partition("<")[0]: route for route in routes if "<" in route.rule}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        started_s = time.perf_counter()
        try:
            route = self._find_route(environ)
            sending = self._answer(environ, route)
            allowed = self._open_up(environ.get("HTTP_ORIGIN"))
        except Exception:  # noqa: BLE001 - whatever it is, the long way meets it again and has an answer for it
            return self._long_way(environ, start_response)
        request_id = make_request_id()
        headers = [*sending.headers, *allowed, *SAFE_HEADERS, (REQUEST_ID, request_id)]
        start_response(_STATUS[sending.status], headers)
        self._request_log.record(
            request_id=request_id, method="GET", route=route.rule, status=sending.status, started_s=started_s
        )
        # A list: Granian sends the body of any other iterable after the head, by another wake-up and another write.
        return [sending.body]

    def _find_route(self, environ: WSGIEnvironment) -> _Route:
        """Return the route of a GET without a body."""
        if environ["REQUEST_METHOD"] != "GET" or environ.get("CONTENT_LENGTH", "0") not in {"", "0"}:
            raise _LeftToLongWayError
        if "HTTP_TRANSFER_ENCODING" in environ:
            raise _LeftToLongWayError
        path: str = environ["PATH_INFO"]
        found = self._fixed.get(path) or next(
            (route for start, route in self._open.items() if path.startswith(start)), None
        )
        if found is None:
            raise _LeftToLongWayError
        return found

    def _answer(self, environ: WSGIEnvironment, route: _Route) -> Sending:
        """Return the answer of a route to a caller who may have it."""
        resources = self._resources
        caller = resources.doorkeeper.recall(environ.get("HTTP_AUTHORIZATION"))
        snapshot = resources.snapshots.peek()
        if caller is None or caller.role not in route.roles or snapshot is None:
            raise _LeftToLongWayError

        version, form = snapshot.version, route.form
        key = make_key(environ, territory=caller.territory if form.is_personal else None)
        accepted, held = environ.get("HTTP_ACCEPT_ENCODING", ""), environ.get("HTTP_IF_NONE_MATCH")
        build = _build_nothing
        if resources.warm.get(key, version=version) is None:
            write, asked = _read(environ, route)
            known = answer_holder(
                key, version=version, form=form, accepted=accepted, held=held, max_age_s=self._max_age_s
            )
            if known is not None:
                return known
            build = partial(write, asked, reading=Reading(resources, snapshot))
        answer = answer_released(key, version=version, warm=resources.warm, form=form, accepted=accepted, build=build)
        return choose(answer, form=form, accepted=accepted, held=held, max_age_s=self._max_age_s)


def _build_nothing() -> Body:
    """Stand where an answer is kept; if it went meanwhile, Flask makes it."""
    raise _LeftToLongWayError


def _read(environ: WSGIEnvironment, route: _Route) -> tuple[Callable[..., Body], dict[str, Any]]:
    """Return what writes the answer and the arguments for it. Raises InvalidArgumentsError for what is wrong."""
    given = split_query(environ["QUERY_STRING"])
    if route.reader is None or given is None:
        raise _LeftToLongWayError
    return route.reader.write, read_query(route.reader.schema, given)


def _find_routes(app: Flask) -> list[_Route]:
    """Return the routes of released figures, as their blueprints noted them."""
    views = [(rule.rule, app.view_functions[rule.endpoint].__dict__) for rule in app.url_map.iter_rules()]
    return [_Route(rule, noted["roles"], noted[FORM], noted.get(READER)) for rule, noted in views if FORM in noted]
