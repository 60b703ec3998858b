"""What the stub API answers has the shape that the real API describes: a screen that works here works there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from openapi_core import OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest, WerkzeugOpenAPIResponse

from tests.browser.stub_api import LOGIN, PASSWORD, StubState, make_stub
from tests.browser.stub_planner import make_invitation, make_line, make_review

DESCRIBED = Path(__file__).parents[2] / "api/openapi.json"
DESCRIPTION: dict[str, Any] = json.loads(DESCRIBED.read_text(encoding="utf-8"))
CARD = {"card_id": "card-1", "body": "想听听您用冰箱时的烦恼"}
CALLS = (
    ("GET", "/v1/catalog", "", None),
    ("GET", "/v1/yingxiaobao/outcomes", "", None),
    ("GET", "/v1/yingxiaobao/territory", "", None),
    ("GET", "/v1/jiaohubao/months", "", None),
    ("GET", "/v1/jiaohubao/pain-points", "?district=370200", None),
    ("GET", "/v1/jiaohubao/interests", "?district=370200", None),
    ("GET", "/v1/jiaohubao/life-circle", "?district=370200", None),
    ("GET", "/v1/jiaohubao/active-users", "?limit=5", None),
    ("POST", "/v1/jiaohubao/invitations/preview", "", CARD),
    ("POST", "/v1/jiaohubao/invitations", "", CARD),
    ("GET", "/v1/jiaohubao/invitations", "", None),
    ("GET", "/v1/jiaohubao/conversations", "", None),
    ("GET", "/v1/jiaohubao/conversations/{handle}/messages", "", None),
    ("POST", "/v1/jiaohubao/conversations/{handle}/messages", "", {"body": "谢谢，聊聊好吗？"}),
    ("GET", "/v1/reviews", "", None),
    ("GET", "/v1/operations", "", None),
    ("GET", "/v1/operations/pump", "", None),
)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """Give a client of a stub in which something was invited, said and doubted."""
    state = StubState()
    state.talk.invitations.append(make_invitation("想听听您的烦恼", "accepted"))
    state.talk.lines.append(make_line("user", "可以聊。"))
    state.talk.reviews.append(make_review("全城最省心的以旧换新。", "最省心"))
    return make_stub(state, origins="*").test_client()


@pytest.fixture(scope="module")
def described() -> OpenAPI:
    """Give the real API's description."""
    return OpenAPI.from_dict(DESCRIPTION)


@pytest.mark.parametrize(("method", "path", "query", "body"), CALLS)
def test_the_stub_answers_as_the_api_is_described(
    client: FlaskClient, described: OpenAPI, method: str, path: str, query: str, body: dict[str, str] | None
) -> None:
    tokens = client.post("/v1/auth/token", json={"login": LOGIN, "password": PASSWORD}).get_json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "Idempotency-Key": uuid4().hex}
    asked: dict[str, Any] = {"method": method, "json": body, "headers": headers}
    address = f"{path.format(handle='h' * 43)}{query}"
    answer = client.open(address, **asked)
    with client.application.test_request_context(address, **asked) as context:
        described.validate_response(WerkzeugOpenAPIRequest(context.request), WerkzeugOpenAPIResponse(answer))
