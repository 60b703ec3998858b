"""Radars of the stub API: invented shares that fall with the rank; the last tag of each radar is suppressed."""

from __future__ import annotations

import random
from typing import Any, TypeAlias

from flask import Flask, Response, jsonify, request

from tests.browser import stub_figures as figures

Row: TypeAlias = dict[str, Any]

MONTHS = ("2026-11", "2026-10", "2026-09", "2026-08")
PAINS = (
    ("noise", "噪音大", "noisy", "refrigerator", "夜里响得让人睡不好"),
    ("not_cooling", "不制冷", "does not cool", "air_conditioner", "开了半天屋里还是热"),
    ("leak", "漏水", "leaks", "washing_machine", "洗一次地上就一滩水"),
    ("frost", "结霜结冰", "frosts up", "refrigerator", "冰结得抽屉都打不开"),
    ("vibration", "抖动移位", "shakes and wanders", "washing_machine", "脱水时整台机器在走"),
    ("slow_heating", "加热慢", "heats slowly", "water_heater", "等半小时水才热"),
    ("not_draining", "不排水", "does not drain", "washing_machine", "洗完水还在桶里"),
)
INTERESTS = (("health", "健康", "health"), ("energy_saving", "节能", "energy saving"), ("design", "外观设计", "design"))
TOPICS = (
    ("renovation", "装修", "renovation"),
    ("pets", "宠物", "pets"),
    ("cooking", "烹饪", "cooking"),
    ("travel", "旅行", "travel"),
)
VOCABULARY = {
    "age_bands": (
        ("under_5_years", "不到 5 年", "less than 5 years"),
        ("over_10_years", "10 年以上", "more than 10 years"),
    ),
    "activities": (("active", "活跃", "active"), ("very_active", "非常活跃", "very active")),
    "platforms": (("short_video", "短视频", "short video"), ("forum", "论坛问答", "forums")),
    "influencers": (("designer", "家装设计师", "interior designers"), ("doctor", "医护科普", "doctors and nurses")),
}


def vocabulary() -> Row:
    """Return the lists of names that the catalog gives."""
    names = {
        name: [{"code": code, "name_zh": zh, "name_en": en} for code, zh, en in rows]
        for name, rows in VOCABULARY.items()
    }
    tags = {"pain_points": PAINS, "interests": INTERESTS, "topics": TOPICS}
    return names | {name: [make_tag(*row) for row in rows] for name, rows in tags.items()}


def make_measure(value: float, moe95: float) -> Row:
    """Return a value with its margin."""
    return {"value": round(value, 2), "moe95": moe95}


def _point(month: str, share: float) -> Row:
    count = {"value": round(share * 40, 1), "moe95": 58.0, "few": False}
    return {**figures.RELEASE, "month": month, "count": count, "share": make_measure(share, 1.4)}


def _item(rank: int, tag: Row, *, is_few: bool) -> Row:
    rng = random.Random(rank)
    share = 24.0 / rank
    series = [_point(month, share * (1 - 0.06 * place)) for place, month in enumerate(MONTHS)][::-1]
    known = {
        "share": make_measure(share, 1.4),
        "share_city": make_measure(share * rng.uniform(0.8, 1.2), 0.6),
        "share_national": make_measure(share * rng.uniform(0.7, 1.2), 0.3),
        "index_city": make_measure(100 * rng.uniform(0.9, 1.2), 8.0),
        "index_national": make_measure(150 - 22 * rank, 9.0),
        "growth": {"value": 12.4, "moe95": 8.0 + rank * 2, "since": MONTHS[-1], "clear": rank < 3},
        "series": series,
    }
    few: Row = dict.fromkeys(known) | {"series": []}
    count = {"value": None if is_few else round(share * 40, 1), "moe95": 58.0, "few": is_few}
    season = {"points": [], "missing": "fewer_than_twelve_months"}
    return {"rank": rank, "tag": tag, "count": count, "seasonality": season, **(few if is_few else known)}


def make_tag(code: str, zh: str, en: str, category: str | None = None, example: str | None = None) -> Row:
    """Return a tag of a vocabulary."""
    key = f"{category}/{code}" if category else code
    names = {"key": key, "code": code, "category": category, "name_zh": zh, "name_en": en}
    return {**names, "example_zh": example, "example_en": example, "platforms": [], "influencers": []}


def _radar(tags: list[Row], **more: Any) -> Row:  # noqa: ANN401 - the rest of an answer
    area = {"adcode": int(request.args["district"]), "name": "青岛市", "city_code": 370200, "city_name": "青岛市"}
    units = {
        "count": "households",
        "share": "percent",
        "index": "base_is_100",
        "growth": "percent",
        "seasonality": "year_mean_is_100",
    }
    items = [_item(rank, tag, is_few=rank == len(tags)) for rank, tag in enumerate(tags, 1)]
    month = request.args.get("month", MONTHS[0])
    return {**figures.RELEASE, "month": month, "area": area, "units": units, "base": [], "items": items, **more}


def add_radars(app: Flask) -> None:
    """Add the three radars, their exports and their months."""

    @app.get("/v1/jiaohubao/months")
    def months() -> Response:
        return jsonify(
            months=[{"month": month, "releases": [{**figures.RELEASE, "city_code": 370200}]} for month in MONTHS]
        )

    @app.get("/v1/jiaohubao/pain-points")
    def pains() -> Response:
        category = request.args.get("category")
        return jsonify(_radar([make_tag(*pain) for pain in PAINS if category in {None, pain[3]}], category=category))

    @app.get("/v1/jiaohubao/interests")
    def interests() -> Response:
        reason = {"reason_zh": "兴趣不按品类发布。", "reason_en": "Interests are not released by category."}
        return jsonify(_radar([make_tag(*one) for one in INTERESTS], by_category=reason))

    @app.get("/v1/jiaohubao/life-circle")
    def topics() -> Response:
        tags = [make_tag(*one) | {"platforms": ["short_video", "forum"], "influencers": ["designer"]} for one in TOPICS]
        reason = {"reason_zh": "话题不按人群发布。", "reason_en": "Topics are not released by segment."}
        best = {"rank": 1, "tag": tags[0], "why": "both", "index_national": make_measure(128, 9.0)}
        growth = {"value": 12.4, "moe95": 8.0, "since": MONTHS[-1], "clear": True}
        return jsonify(_radar(tags, by_segment=reason, suggestions=[best | {"growth": growth}]))

    @app.get("/v1/jiaohubao/<radar>.csv")
    def export(radar: str) -> Response:
        return Response(f"\ufeffrelease_id,radar\r\n{figures.RELEASE['release_id']},{radar}\r\n", mimetype="text/csv")
