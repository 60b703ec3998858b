"""The description of the API, the pages of its problems, and the counters for Prometheus."""

from __future__ import annotations

import orjson
from flask import Blueprint as PageBlueprint
from flask import Response, current_app, redirect, request
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from api.html import render_docs, render_problem_list, render_problem_page
from api.openapi import get_description
from api.problems import PROBLEMS
from api.resources import get_resources

# Open to all and no part of the described API.
pages = PageBlueprint("pages", __name__)


@pages.get("/openapi.json")
def show_openapi() -> Response:
    """Answer with the OpenAPI 3.1 description."""
    body = orjson.dumps(get_description(current_app), option=orjson.OPT_INDENT_2)
    response = Response(body, content_type="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@pages.get("/")
def show_start() -> BaseResponse:
    """Lead whoever comes by hand to the description."""
    return redirect("/docs")


@pages.get("/docs")
def show_docs() -> Response:
    """Answer with the same description for people."""
    return render_docs(get_description(current_app))


@pages.get("/problems/")
def list_problems() -> Response:
    """Answer with a page of all problems."""
    return render_problem_list()


@pages.get("/problems/<slug>")
def show_problem(slug: str) -> Response:
    """Answer with the page of one problem."""
    if slug not in PROBLEMS:
        raise NotFound
    return render_problem_page(PROBLEMS[slug])


@pages.get("/metrics")
def show_metrics() -> Response:
    """Answer with counters of requests in the text format of Prometheus, at this one address.

    A proxy keeps it from outside by its name: no other may lead here.
    """
    if request.environ["PATH_INFO"] != "/metrics":
        raise NotFound
    return Response(get_resources().metrics.render(), content_type=CONTENT_TYPE_LATEST)
