"""The reading routes as a good developer would write them first: Flask, marshmallow, SQLAlchemy, PostGIS.

Tokens are checked at every request as ours are; neither a session is looked up nor a log line written, which spares
these routes what ours pay. Served by Granian with as many processes as ours.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import jwt
from flask import Flask, abort, request
from flask_smorest import Api, Blueprint
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from api.schemas.places import CommunitiesQuery, CommunitiesSchema, HeatmapQuery
from api.tokens import ISSUER
from benchmarks.baselines.indexed import find_indexed
from benchmarks.baselines.live import count_around, find_live
from geo.datum import to_wgs84
from geo.values import LonLat

View = Callable[..., Any]
_PREFIX = "Bearer "

# Compiling these queries takes PostgreSQL longer than running them: without this they would be many times slower.
_engine = create_engine(os.environ["BENCH_URL"], connect_args={"options": "-c jit=off"})
_sessions: sessionmaker[Session] = sessionmaker(_engine)


def _signed_in(view: View) -> View:
    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> Any:  # noqa: ANN401 - whatever the view answers
        token = request.headers.get("Authorization", "").removeprefix(_PREFIX)
        try:
            jwt.decode(token, os.environ["JWT_SECRET"], algorithms=["HS256"], audience=ISSUER, issuer=ISSUER)
        except jwt.InvalidTokenError:
            abort(401)
        return view(*args, **kwargs)

    return guarded


def _read_position(asked: dict[str, Any]) -> LonLat:
    return LonLat(*to_wgs84(asked["lon"], asked["lat"], datum=asked["datum"]))


def list_indexed(asked: dict[str, Any]) -> dict[str, Any]:
    """List the nearest communities by the index of their positions, with their released figures."""
    with _sessions() as session:
        return find_indexed(session, position=_read_position(asked), asked=asked)


def list_live(asked: dict[str, Any]) -> dict[str, Any]:
    """List the nearest communities by their distance, with users and needs counted now."""
    with _sessions() as session:
        return find_live(session, position=_read_position(asked), asked=asked)


def show_live(asked: dict[str, Any]) -> dict[str, Any]:
    """Show the cells around a position with users and needs counted now."""
    with _engine.connect() as connection:
        return count_around(connection, position=_read_position(asked), asked=asked)


def create_app() -> Flask:
    """Make the application."""
    app = Flask(__name__)
    app.config |= {"API_TITLE": "baselines", "API_VERSION": "1", "OPENAPI_VERSION": "3.0.3"}
    routes = Blueprint("baselines", __name__)
    released = routes.response(200, CommunitiesSchema)(list_indexed)
    routes.route("/indexed/communities")(_signed_in(routes.arguments(CommunitiesQuery, location="query")(released)))
    routes.route("/live/communities")(_signed_in(routes.arguments(CommunitiesQuery, location="query")(list_live)))
    routes.route("/live/heatmap")(_signed_in(routes.arguments(HeatmapQuery, location="query")(show_live)))
    Api(app).register_blueprint(routes)
    return app


app = create_app()
