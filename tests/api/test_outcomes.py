"""What campaigns did, by HTTP: of my districts only, by month, few where it is few."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from marshmallow import RAISE
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from api.schemas.outcomes import TerritoryOutcomesSchema
from privacy.release.models import CityFigures, DistrictFigures, Release
from privacy.release.values import Product
from tests.api import world
from tests.api.conftest import Headers, bearer
from tests.released import seal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from sqlalchemy import Engine

    from api.resources import Resources

PATH = "/v1/yingxiaobao/outcomes"
SD = 40.0
RELEASES = ("2026-11-370200", "2026-10-370200")
# Messaged, replied, bought, held out, held out and bought.
COUNTS = {370202: [12_000.0, 60.0, 1_200.0, 640.0, 40.0], 370203: [8_000.0, 400.0, 240.0, 20.0, -30.0]}
_IS_OUTCOME = DistrictFigures.product == Product.CAMPAIGN_OUTCOMES


@pytest.fixture(autouse=True)
def _outcomes(resources: Resources, serving_engine: Engine) -> Iterator[None]:
    """Tell of October's campaigns in November, of September's in October, and of none of another city's."""
    del resources
    with Session(serving_engine) as session, session.begin():
        as_of = datetime(2026, 10, 1, tzinfo=UTC)
        session.add(
            Release(
                release_id="2026-10-370200", month=date(2026, 10, 1), city_code=370200, as_of=as_of, published_at=as_of,
                parameters={}, figures_sha256=b"", signature=None,
            )
        )  # fmt: skip
        session.flush()
        session.add(CityFigures(release_id="2026-10-370200", needs=[0.0] * 8, needs_sd=[30.0] * 8))
        for release_id, factor in zip(RELEASES, (1.0, 2.0), strict=True):
            session.add_all(
                DistrictFigures(
                    release_id=release_id,
                    product=Product.CAMPAIGN_OUTCOMES,
                    district_adcode=adcode,
                    counts=[factor * count for count in counts],
                    sd=SD,
                )
                for adcode, counts in COUNTS.items()
            )
        for release_id in RELEASES:
            seal(session, release_id=release_id)
    yield
    with Session(serving_engine) as session, session.begin():
        session.execute(delete(DistrictFigures).where(_IS_OUTCOME))
        session.execute(delete(CityFigures).where(CityFigures.release_id == "2026-10-370200"))
        session.execute(delete(Release).where(Release.release_id == "2026-10-370200"))
        seal(session, release_id="2026-11-370200")


def _get(client: FlaskClient, headers: Headers, **query: str) -> dict[str, Any]:
    answer = client.get(PATH, query_string=query, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = json.loads(answer.data)
    assert TerritoryOutcomesSchema().load(found, unknown=RAISE)
    return found


def test_my_district_is_told_of_with_margins(client: FlaskClient, sales: Headers) -> None:
    found = _get(client, sales)
    assert (found["release_id"], found["month"]) == ("2026-11-370200", "2026-10")
    (mine,) = found["districts"]
    outcomes = mine["outcomes"]
    assert (mine["adcode"], mine["name"], found["total"]) == (370202, "市南区", outcomes)
    assert outcomes["counts"]["messaged"] == {"value": 12_000.0, "moe95": 78.4, "few": False}
    assert outcomes["counts"]["replied"] == {"value": None, "moe95": 78.4, "few": True}
    assert outcomes["purchase_rate"]["value"] == 0.1
    assert outcomes["held_out_purchase_rate"] == {"value": None, "moe95": pytest.approx(0.124, abs=0.002), "few": True}
    assert outcomes["lift"]["few"]
    assert outcomes["lift"]["moe95"] > outcomes["held_out_purchase_rate"]["moe95"]


def test_all_my_districts_together_have_a_smaller_relative_margin(client: FlaskClient) -> None:
    found = _get(client, bearer(client, "sales-two"))
    assert [one["adcode"] for one in found["districts"]] == [370202, 370203]
    none = {"value": None, "moe95": None, "few": True}
    assert found["districts"][1]["outcomes"]["lift"] == none
    messaged = found["total"]["counts"]["messaged"]
    assert messaged == {"value": 20_000.0, "moe95": pytest.approx(78.4 * 2**0.5, abs=0.1), "few": False}
    assert found["total"]["reply_rate"]["value"] == pytest.approx(460 / 20_000, abs=1e-5)


def test_an_earlier_month_is_told_of_by_its_own_release(client: FlaskClient, sales: Headers) -> None:
    found = _get(client, sales, month="2026-09")
    assert (found["release_id"], found["month"], found["as_of"]) == (
        "2026-10-370200", "2026-09", "2026-10-01T00:00:00+00:00",
    )  # fmt: skip
    assert found["total"]["counts"]["messaged"]["value"] == 24_000.0
    assert _get(client, sales, month="2026-10") == _get(client, sales)


@pytest.mark.parametrize(
    ("query", "status", "slug"),
    [
        ({"month": "2026-08"}, 404, "not-found"),
        ({"month": "2026-11"}, 404, "not-found"),
        ({"month": "2026-13"}, 422, "invalid-arguments"),
        ({"month": "2026-1"}, 422, "invalid-arguments"),
        ({"month": "202６-10"}, 422, "invalid-arguments"),
        ({"month": ""}, 422, "invalid-arguments"),
        ({"month": "2026-10' OR '1'='1"}, 422, "invalid-arguments"),
        ({"month": "2026-10\n"}, 422, "invalid-arguments"),
        ({"district": "370203"}, 422, "invalid-arguments"),
    ],
)
def test_what_cannot_be_told_is_refused(
    client: FlaskClient, sales: Headers, query: dict[str, str], status: int, slug: str
) -> None:
    answer = client.get(PATH, query_string=query, headers=sales)
    assert (answer.status_code, answer.get_json()["type"]) == (status, f"/problems/{slug}")


@pytest.mark.parametrize(("login", "slug"), [("planner", "role-refused"), ("sales-nowhere", "outside-territory")])
def test_others_are_told_nothing(client: FlaskClient, login: str, slug: str) -> None:
    answer = client.get(PATH, headers=bearer(client, login))
    assert (answer.status_code, answer.get_json()["type"]) == (403, f"/problems/{slug}")
    assert client.get(PATH).status_code == 401


def test_a_release_from_before_outcomes_has_none(client: FlaskClient, sales: Headers, serving_engine: Engine) -> None:
    with Session(serving_engine) as session, session.begin():
        session.execute(delete(DistrictFigures).where(DistrictFigures.release_id == "2026-10-370200"))
        seal(session, release_id="2026-10-370200")
    assert client.get(PATH, query_string={"month": "2026-09"}, headers=sales).status_code == 404


@pytest.mark.parametrize("month", ["2026-09", "2026-10"])
def test_outcomes_that_nobody_signed_are_not_told(
    client: FlaskClient, sales: Headers, resources: Resources, serving_engine: Engine, month: str
) -> None:
    resources.snapshots.current()
    with Session(serving_engine) as session, session.begin():
        session.execute(update(DistrictFigures).values(counts=[7_777.0] * 5).where(_IS_OUTCOME))
    assert client.get(PATH, query_string={"month": month}, headers=sales).status_code == 404


def test_a_month_that_another_wrote_is_not_told_of(
    client: FlaskClient, sales: Headers, resources: Resources, serving_engine: Engine
) -> None:
    resources.snapshots.current()
    world.copy_release(serving_engine, "2026-12-370200")
    try:
        assert client.get(PATH, query_string={"month": "2026-11"}, headers=sales).status_code == 404
    finally:
        world.remove_release(serving_engine, "2026-12-370200")


def test_what_was_checked_is_told_on_when_the_figures_are_changed_behind_it(
    client: FlaskClient, sales: Headers, resources: Resources, serving_engine: Engine
) -> None:
    first = _get(client, sales, month="2026-09")
    with Session(serving_engine) as session, session.begin():
        session.execute(update(DistrictFigures).values(counts=[7_777.0] * 5).where(_IS_OUTCOME))
    resources.warm._answers.clear()
    assert _get(client, sales, month="2026-09") == first


def test_the_answer_is_kept_and_tagged(client: FlaskClient, sales: Headers, resources: Resources) -> None:
    first = client.get(PATH, headers=sales)
    resources.warm._answers.clear()
    assert client.get(PATH, headers=sales).data == first.data
    again = client.get(PATH, headers=sales | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Vary"].startswith("Accept-Encoding, Authorization")
    other = client.get(PATH, headers=bearer(client, "sales-two") | {"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
