"""How a route is made: a role is a required argument, arguments are strict, and answers are declared."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any, TypeAlias

import flask_smorest
from flask import Response, g, request
from marshmallow import Schema

from api.auth import check_role
from api.models import Role
from api.parser import StrictParser, check_nothing_else, is_plain
from api.reading import get_reading
from api.released import GEOJSON, JSON, Body, Form, WarmAnswer, answer_anew, answer_released, send
from api.resources import get_resources, get_snapshot
from api.short_way import FORM, READER, Reader, make_key

View: TypeAlias = Callable[..., Any]
Doc: TypeAlias = dict[str, Any]
Answer: TypeAlias = Callable[[str, Callable[[], Body]], WarmAnswer]

PROBLEM_NAMES = {
    400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT", 410: "GONE",
    413: "REQUEST_ENTITY_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE", 422: "UNPROCESSABLE_ENTITY",
    429: "TOO_MANY_REQUESTS", 503: "SERVICE_UNAVAILABLE",
}  # fmt: skip

_IF_NONE_MATCH: Doc = {
    "in": "header",
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "ETag of an answer already held; the answer is 304 while it is still right",
}
_ETAG: Doc = {"ETag": {"schema": {"type": "string"}, "description": "Strong tag of exactly these bytes"}}


def _note(view: View, *, key: str, value: object) -> None:
    view.__dict__["_apidoc"] = {**deepcopy(view.__dict__.get("_apidoc", {})), key: value}


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc] # flask-smorest carries no types
    """A set of routes. None can be registered without naming who may use it."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, *, prefix: str, description: str) -> None:
        """Name a set of routes; the name is their tag in the description."""
        super().__init__(name, __name__, url_prefix=prefix, description=description)
        self._prepare_doc_cbks.append(self._prepare_header_doc)

    def route(
        self, rule: str, *, roles: frozenset[Role], method: str = "GET", problems: Iterable[int] = ()
    ) -> Callable[[View], View]:
        """Register a view for `roles`; PUBLIC lets everybody in. `problems` lists statuses it may answer with."""

        def decorate(view: View) -> View:
            guarded = self._guard(view, roles=roles)
            documented: View = self.doc(operationId=view.__name__, **({} if roles else {"security": []}))(guarded)
            for status in sorted({*problems, *((401, 403) if roles else ())}):
                documented = self.alt_response(status, PROBLEM_NAMES[status])(documented)
            documented.__dict__["roles"] = roles
            self.add_url_rule(rule, view.__name__, documented, methods=[method])
            return view

        return decorate

    def arguments(self, schema: type[Schema], *, location: str = "query") -> Callable[[View], View]:
        """Read arguments strictly and pass them as the first argument, a dictionary."""

        def decorate(view: View) -> View:
            read: View = super(Blueprint, self).arguments(schema(), location=location)(view)
            for status in (400, 413, 415) if location == "json" else ():
                read = self.alt_response(status, PROBLEM_NAMES[status])(read)
            return read

        return decorate

    def reads(self, schema: type[Schema]) -> Callable[[View], View]:
        """Read the arguments of a query and hand in, as `reading`, all that the answer may come from.

        Such a view needs nothing of Flask's: the short way (api/short_way.py) can ask it too.
        """

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def read(asked: dict[str, Any]) -> Body:
                body: Body = view(asked, reading=get_reading())
                return body

            strict, known = self.arguments(schema)(read), schema()
            # Only what Flask reads the same way: a schema with a hook of its own is read by marshmallow as a whole.
            if is_plain(known):
                strict.__dict__[READER] = Reader(known, view)
            return strict

        return decorate

    def answers(
        self, schema: type[Schema] | None = None, *, status: int = 200, description: str | None = None
    ) -> Callable[[View], View]:
        """Declare the one success answer; the schema drops what it does not know."""
        decorate: Callable[[View], View] = self.response(status, schema, description=description)
        return decorate

    def also_answers(self, schema: type[Schema], *, status: int, description: str) -> Callable[[View], View]:
        """Declare an answer that is no success and no problem either."""
        decorate: Callable[[View], View] = self.alt_response(
            status, schema=schema, content_type=JSON, description=description
        )
        return decorate

    def released(
        self, schema: type[Schema] | Doc, *, content_type: str = JSON, is_personal: bool = False
    ) -> Callable[[View], View]:
        """Declare an answer made of released figures: the view returns a mapping (or bytes), api/released.py writes it.

        `is_personal` keeps answers apart that depend on the caller's territory. Put it above `arguments`: a warm
        answer was made for exactly the same query, which therefore needs no second reading.
        """

        def decorate(view: View) -> View:
            form = Form(content_type, is_personal=is_personal, is_quick=READER in view.__dict__)

            def answer(accepted: str, build: Callable[[], Body]) -> WarmAnswer:
                key = make_key(request.environ, territory=g.caller.territory if is_personal else None)
                version, warm = get_snapshot().version, get_resources().warm
                return answer_released(key, version=version, warm=warm, form=form, accepted=accepted, build=build)

            written = self._write(view, answer, schema=schema, form=form)
            written.__dict__[FORM] = form
            return written

        return decorate

    def mapped(self, schema: type[Schema]) -> Callable[[View], View]:
        """Declare an answer made of public places, large but no figures: made anew each time, written the same way."""

        def decorate(view: View) -> View:
            return self._write(view, answer_anew, schema=schema, form=Form(GEOJSON))

        return decorate

    def takes_header(self, parameter: Doc) -> Callable[[View], View]:
        """Document a request header of a view."""

        def decorate(view: View) -> View:
            _note(view, key="headers", value=[parameter])
            return view

        return decorate

    def _write(self, view: View, answer: Answer, *, schema: type[Schema] | Doc, form: Form) -> View:
        documented: View = self.response(200, schema, content_type=form.content_type, headers=_ETAG)(view)
        for status, name in ((304, "NOT_MODIFIED"), (503, PROBLEM_NAMES[503])):
            documented = self.alt_response(status, name)(documented)

        @functools.wraps(documented)
        def respond(*args: object, **kwargs: object) -> Response:
            accepted = request.headers.get("Accept-Encoding", "")
            written = answer(accepted, lambda: view(*args, **kwargs))
            return send(written, form=form, max_age_s=get_resources().settings.released_max_age_s)

        _note(respond, key="headers", value=[_IF_NONE_MATCH])
        return respond

    def _guard(self, view: View, *, roles: frozenset[Role]) -> View:
        taken = view.__dict__.get("_apidoc", {}).get("arguments", {}).get("parameters", [])
        locations = {parameter["in"] for parameter in taken}

        @functools.wraps(view)
        def guarded(*args: object, **kwargs: object) -> Any:  # noqa: ANN401 - whatever the view answers
            if roles:
                g.caller = get_resources().doorkeeper.identify(request.headers.get("Authorization"))
                check_role(g.caller, roles=roles)
            check_nothing_else(locations)
            return view(*args, **kwargs)

        return guarded

    @staticmethod
    def _prepare_header_doc(doc: Doc, doc_info: Doc, **_: object) -> Doc:
        if headers := doc_info.get("headers"):
            doc["parameters"] = [*doc.get("parameters", []), *headers]
        return doc
