"""Outcomes and territory of the stub API: one district with a clear lift, one where everything is few."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

from tests.browser import stub_figures as figures
from tests.browser.stub_content import make_problem

FEW = {"value": None, "moe95": None, "few": True}


def _known(value: float, moe95: float) -> dict[str, Any]:
    return {"value": value, "moe95": moe95, "few": False}


def _outcomes(*, is_few: bool) -> dict[str, Any]:
    rates = ("reply_rate", "purchase_rate", "held_out_purchase_rate", "lift")
    counts = ("messaged", "replied", "bought", "held_out", "held_out_bought")
    if is_few:
        return {"counts": dict.fromkeys(counts, FEW), **dict.fromkeys(rates, FEW)}
    told = [_known(1843.2, 38.0), _known(212.7, 38.0), _known(161.4, 38.0), _known(104.9, 38.0), FEW]
    rated = [_known(0.11541, 0.02081), _known(0.08757, 0.02064), _known(0.03111, 0.01204), _known(0.05646, 0.02389)]
    return {"counts": dict(zip(counts, told, strict=True)), **dict(zip(rates, rated, strict=True))}


def add_outcomes(app: Flask) -> None:
    """Add the route: October only, another month is not found."""

    @app.get("/v1/yingxiaobao/outcomes")
    def outcomes() -> Response:
        if request.args.get("month", "2026-10") != "2026-10":
            return make_problem(404, "not-found", "没有找到。")
        districts = [
            {"adcode": 370202, "name": "市南区", "outcomes": _outcomes(is_few=False)},
            {"adcode": 370203, "name": "市北区", "outcomes": _outcomes(is_few=True)},
        ]
        return jsonify(month="2026-10", districts=districts, total=_outcomes(is_few=False), **figures.RELEASE)


def _needs(month: int, *, districts: int = 1) -> dict[str, Any]:
    """Return needs that grow from month to month; nobody needs a freezer."""
    known = {
        code: _known((4200 - 430 * place) * (1 + 0.09 * month) * districts / 3, 62.0 * districts**0.5)
        for place, code in enumerate(figures.CATEGORIES)
    }
    return known | {"freezer": {"value": None, "moe95": 62.0, "few": True}}


def add_territory(app: Flask) -> None:
    """Add the route: three districts, four months."""

    @app.get("/v1/yingxiaobao/territory")
    def territory() -> Response:
        names = {370202: "市南区", 370203: "市北区", 370212: "崂山区"}
        districts = [
            {"adcode": adcode, "name": name, "users": {"value": 21_430.0 - place * 4100, "moe95": 212.0},
             "needs": _needs(3)}
            for place, (adcode, name) in enumerate(names.items())
        ]  # fmt: skip
        trend = [
            {**figures.RELEASE, "month": f"2026-{8 + month:02d}", "needs": _needs(month, districts=3)}
            for month in range(4)
        ]
        return jsonify(districts=districts, trend=trend, **figures.RELEASE)
