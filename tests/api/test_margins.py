"""No figure of a release leaves the API without its margin, the release that it is of, and how old that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

    from tests.api.conftest import Headers

Schema = dict[str, Any]
# A figure, and the member beside it that is its margin.
MARGINS = {"value": "moe95", "need": "moe95", "users": "users_moe95"}
# Numbers beside released figures that are none: places, names, what was asked for, what a caller may still do, and
# share and rank, which are made from figures that stand beside them. And what is unread of a planner's own talk.
OTHERS = {
    "adcode", "coordinates", "distance_m", "lat", "lon", "radius_m", "rank", "share", "moe95", "users_moe95",
    "allowed_quotas", "broadcasts", "recipients", "segments", "units", "start", "end", "city_code", "per_day",
    "remaining", "district_adcode", "unread",
}  # fmt: skip
AREA = {"category": "freezer", "community_codes": [f"3702020{column}" for column in range(8)], "body": "秋季清洗开始了"}
HERE = "lon=120.373&lat=36.073&datum=wgs84"
RELEASED = (
    f"/v1/yingxiaobao/communities?{HERE}",
    f"/v1/yingxiaobao/communities?{HERE}&category=freezer",
    f"/v1/yingxiaobao/heatmap?{HERE}&category=freezer",
    "/v1/yingxiaobao/territory",
    "/v1/jiaohubao/pain-points?district=370202",
    "/v1/jiaohubao/interests?district=370202",
    "/v1/jiaohubao/life-circle?district=370202",
)


def _is_number(schema: Schema) -> bool:
    types = schema.get("type", [])
    return bool({"number", "integer"} & set([types] if isinstance(types, str) else types))


def _walk_schema(schema: Schema, *, parts: Schema, above: frozenset[str], path: str) -> Iterator[str]:
    """Yield what is wrong in an answer's schema; `above` are the members of all objects that hold this one."""
    if "$ref" in schema:
        schema = parts[schema["$ref"].rsplit("/", 1)[-1]]
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _walk_schema(branch, parts=parts, above=above, path=path)
    if "items" in schema:
        yield from _walk_schema(schema["items"], parts=parts, above=above, path=path)
        if _is_number(schema["items"]) and path.rsplit(".", 1)[-1] not in OTHERS:
            yield f"{path}: a list of numbers"
    members = schema.get("properties", {})
    known = above | members.keys()
    for name, member in members.items():
        where = f"{path}.{name}"
        if _is_number(member) and name not in OTHERS:
            if MARGINS.get(name) not in members:
                yield f"{where}: no margin"
            if not {"release_id", "as_of"} <= known:
                yield f"{where}: no release"
        yield from _walk_schema(member, parts=parts, above=known, path=where)


def _find_answers(description: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield every answer of the field apps' routes that speaks of a release."""
    for path, item in description["paths"].items():
        for verb in ("get", "post"):
            content = item.get(verb, {}).get("responses", {}).get("200", {}).get("content", {})
            for kind, answer in content.items():
                if "json" in kind and path.startswith(("/v1/yingxiaobao", "/v1/jiaohubao")):
                    yield f"{verb} {path}", answer["schema"]


def test_every_number_of_an_answer_has_its_margin_and_its_release_or_is_no_figure(client: FlaskClient) -> None:
    description = client.get("/openapi.json").get_json()
    parts = description["components"]["schemas"]
    answers = dict(_find_answers(description))
    assert len(answers) >= 5
    wrong = [
        problem
        for path, schema in answers.items()
        if "broadcasts" not in path or "preview" in path
        for problem in _walk_schema(schema, parts=parts, above=frozenset(), path=path)
    ]
    assert wrong == []


def _walk_answer(found: Any, *, above: frozenset[str]) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield what is wrong in an answer, and "" for every figure that is right."""
    if isinstance(found, list):
        for one in found:
            yield from _walk_answer(one, above=above)
    if not isinstance(found, dict):
        return
    known = above | found.keys()
    for name, value in found.items():
        if name in MARGINS and not isinstance(value, dict):
            has_margin = isinstance(found.get(MARGINS[name]), float) and found[MARGINS[name]] > 0
            yield "" if has_margin and {"release_id", "as_of"} <= known else f"{name} of {sorted(found)}"
        yield from _walk_answer(value, above=known)


@pytest.mark.parametrize("address", RELEASED)
def test_every_figure_of_an_answer_comes_with_its_margin_and_its_release(
    client: FlaskClient, sales: Headers, planner: Headers, address: str
) -> None:
    caller = planner if "jiaohubao" in address else sales
    found = list(_walk_answer(client.get(address, headers=caller).get_json(), above=frozenset()))
    assert len(found) > 5
    assert set(found) == {""}


def test_a_preview_says_which_release_its_need_is_of(client: FlaskClient, sales: Headers) -> None:
    seen = client.post("/v1/yingxiaobao/broadcasts/preview", json=AREA, headers=sales).get_json()
    assert seen["release_id"] == "2026-11-370200"
    assert set(_walk_answer(seen, above=frozenset())) == {""}


def test_a_tile_holds_margins_and_the_release(client: FlaskClient, sales: Headers) -> None:
    tile = client.get("/v1/yingxiaobao/tiles/12/3417/1607.mvt?category=freezer", headers=sales).data
    assert [word for word in (b"moe95", b"users_moe95", b"release_id", b"as_of", b"2026-11-370200")
            if word not in tile] == []  # fmt: skip
