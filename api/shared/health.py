"""Is the process alive, can it serve, and how much has it served."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.auth import PUBLIC
from api.blueprint import Blueprint
from api.resources import Resources, get_resources
from api.schemas.health import HealthSchema, ReadinessSchema
from geo.errors import NoReleaseError

Readiness: TypeAlias = dict[str, str | list[str]]

health = Blueprint("health", prefix="", description="For load balancers and monitoring")


@health.route("/healthz", roles=PUBLIC)
@health.answers(HealthSchema)
def show_health() -> dict[str, str]:
    """Say that the process is alive."""
    return {"status": "ok"}


@health.route("/readyz", roles=PUBLIC)
@health.answers(ReadinessSchema)
@health.also_answers(ReadinessSchema, status=503, description="Not ready; `missing` names why")
def show_readiness() -> tuple[Readiness, int]:
    """Say whether requests can be answered, and name what is missing, database or release, and what is refused."""
    missing = find_missing(get_resources())
    refused = sorted(get_resources().snapshots.refused)
    state = "not_ready" if missing else "ready"
    return {"status": state, "missing": missing, "refused": refused}, 503 if missing else 200


def find_missing(resources: Resources) -> list[str]:
    """Return what a request would fail for. Redis is not among it: it only speeds up sending."""
    missing = []
    try:
        with resources.sessions() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        missing.append("database")
    try:
        resources.snapshots.current()
    except (NoReleaseError, SQLAlchemyError):
        missing.append("release")
    return missing
