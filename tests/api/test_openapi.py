"""The description: valid, committed, and readable without the network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.commands import SNAPSHOT, render_snapshot
from api.errors import Fault
from api.problems import FAULTS, PROBLEMS, SLUGS
from privacy.release.values import Category

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.fixture
def description(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").get_json()
    return found


def test_it_is_valid_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(description).iter_errors()) == []


def test_the_committed_snapshot_is_up_to_date() -> None:
    assert SNAPSHOT.read_bytes() == render_snapshot(), "run `python manage.py openapi` and review the change"


def test_every_error_is_described_as_problem_json(description: dict[str, Any]) -> None:
    responses = description["components"]["responses"]
    seen = 0
    for item in description["paths"].values():
        for operation in (item[verb] for verb in ("get", "post") if verb in item):
            for status, answer in operation["responses"].items():
                described = responses[answer["$ref"].rsplit("/", 1)[-1]] if "$ref" in answer else answer
                if status == "default" or (status >= "400" and "$ref" in answer):
                    assert list(described["content"]) == ["application/problem+json"]
                    seen += 1
    assert seen > 50


def test_no_argument_or_field_is_without_a_type(description: dict[str, Any]) -> None:
    for item in description["paths"].values():
        for operation in (item[verb] for verb in ("get", "post") if verb in item):
            assert all(one["schema"].keys() & {"type", "$ref"} for one in operation.get("parameters", []))


@pytest.mark.parametrize("path", ["/docs", "/problems/", "/problems/text-refused"])
def test_pages_load_nothing_from_anywhere(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert not re.search(r"(src|href)=[\"']?(https?:)?//|@import|url\(|<script", page.get_data(as_text=True))
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_an_enumeration_is_described_once_by_name(description: dict[str, Any]) -> None:
    described = [schema["enum"] for schema in description["components"]["schemas"].values() if "enum" in schema]
    assert [value.value for value in Category] in described
    assert [each for each in described if described.count(each) > 1] == []
    assert orjson.dumps(description).count(b'"refrigerator","washing_machine"') == 1


def test_docs_name_every_path(client: FlaskClient, description: dict[str, Any]) -> None:
    page = client.get("/docs").get_data(as_text=True)
    assert all(path in page for path in description["paths"])


@pytest.mark.parametrize("slug", PROBLEMS)
def test_every_problem_has_a_page_in_both_languages(client: FlaskClient, slug: str) -> None:
    page = client.get(f"/problems/{slug}").get_data(as_text=True)
    assert PROBLEMS[slug].title.zh in page
    assert PROBLEMS[slug].detail.en.split("'", maxsplit=1)[0] in page


def test_an_unknown_problem_has_no_page(client: FlaskClient) -> None:
    assert client.get("/problems/no-such").status_code == 404


def test_the_table_of_problems_is_whole() -> None:
    assert set(SLUGS.values()) <= set(PROBLEMS)
    assert set(PROBLEMS) - set(SLUGS.values()) == set()
    assert set(FAULTS) == set(Fault)
    assert all(400 <= problem.status < 600 for problem in PROBLEMS.values())
