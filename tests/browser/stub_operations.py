"""What the stub API answers an operator: two cities, three broadcasts under way, and a pump that a test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import NAMESPACE_OID, uuid5

from flask import Flask, Response, jsonify

CITIES = {370200: "青岛市", 110000: "北京市"}
WINDOW = {"opens": "09:00", "closes": "20:00", "timezone": "Asia/Shanghai"}
MONTHS = ("2026-11", "2026-10", "2026-09", "2026-08")


def make_report(
    valve: str = "open", *, code: str | None = None, since: datetime | None = None, doubt: str = "low"
) -> dict[str, Any]:
    """Return a report of this moment."""
    return {
        "told_at": datetime.now(UTC).isoformat(),
        "valve": valve,
        "carrier_code": code,
        "since": since.isoformat() if since else None,
        "doubt": doubt,
    }


@dataclass(slots=True)
class PumpState:
    """What the pump last said; a test writes other words into it."""

    report: dict[str, Any] | None = field(default_factory=make_report)
    is_silent: bool = False


def _live() -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    told = (
        ("accepted", "air_conditioner", 200, 40),
        ("paused", "refrigerator", 100, 90),
        ("in_review", "freezer", 50, 5),
    )
    return [
        {
            "broadcast_id": str(uuid5(NAMESPACE_OID, state)),
            "state": state,
            "city_code": 370200,
            "city_name": "青岛市",
            "category": category,
            "quota": quota,
            "created_at": (now - timedelta(minutes=ago)).isoformat(),
            "starts_at": (now - timedelta(minutes=ago)).isoformat(),
            "done_at": (now + timedelta(minutes=80)).isoformat(),
            "expires_at": (now + timedelta(hours=47)).isoformat(),
        }
        for state, category, quota, ago in told
    ]


def _days() -> list[dict[str, Any]]:
    today = datetime.now(UTC).date()
    asked = ((1350, 6, 12), (2100, 9, 8), (1800, 8, 15), (0, 0, 0), (250, 2, 3), (3200, 11, 9), (900, 4, 6))
    return [
        {"day": (today - timedelta(days=back)).isoformat(), "messages": messages, "broadcasts": broadcasts,
         "invitations": invitations}
        for back, (messages, broadcasts, invitations) in enumerate(asked)
    ]  # fmt: skip


def _ledger() -> dict[str, Any]:
    spent = (("2026-11", 0.83, 2.31), ("2026-10", 0.83, 2.11), ("2026-09", 0.83, 1.9), ("2026-08", 1.71, 1.71))
    months = [
        {
            "month": month,
            "epsilon": epsilon,
            "year_epsilon": year,
            "cities": [{"city_code": code, "city_name": name, "epsilon": epsilon} for code, name in CITIES.items()],
        }
        for month, epsilon, year in spent
    ]
    return {"epsilon": 4.0, "delta": 1e-9, "months": months}


def _releases() -> list[dict[str, Any]]:
    return [
        {
            "release_id": f"{month}-{code}",
            "month": month,
            "city_code": code,
            "city_name": name,
            "as_of": f"{month}-01T00:00:00+00:00",
            "published_at": f"{month}-02T00:00:00+00:00",
            "state": "refused" if (month, code) == ("2026-11", 110000) else "good",
        }
        for month in MONTHS
        for code, name in CITIES.items()
    ]


class HasPump(Protocol):
    """The part of the stub's state that is a pump's."""

    pump: PumpState


def add_operations(app: Flask, state: HasPump) -> None:
    """Add both routes."""

    @app.get("/v1/operations")
    def operations() -> Response:
        counts = {
            "broadcast": {"in_review": 1, "refused": 2, "accepted": 1, "paused": 1, "cancelled": 3, "done": 32},
            "invitation": {"accepted": 9, "done": 44},
        }
        return jsonify(
            campaigns=[
                {"kind": kind, "state": state, "count": count}
                for kind, own in counts.items()
                for state, count in own.items()
            ],
            live=_live(),
            days=_days(),
            rates={"send_rate_per_s": 10.0, "messages_per_day": 20_000, "window": WINDOW},
            ledger=_ledger(),
            releases=_releases(),
        )

    @app.get("/v1/operations/pump")
    def operations_pump() -> Response:
        return jsonify(report=state.pump.report, is_silent=state.pump.is_silent)
