"""The double against Twilio's own OpenAPI description: what the real client asks, and what the double answers."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from tests.field_apps_mock.conftest import ACCOUNT_SID, AUTH_TOKEN, NUMBER, PHONE, connect
from tests.waiting import wait_until

if TYPE_CHECKING:
    from twilio.rest import Client

    from field_apps_mock.carrier.server import RunningCarrier

CONTRACT = Path("field_apps_mock/data/carrier/twilio_messages_openapi.json")
LIST_PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages"
AUTH = (ACCOUNT_SID, AUTH_TOKEN)


def load_contract(base_url: str) -> dict[str, Any]:
    """Load the description with the double in the place of Twilio's host."""
    text = CONTRACT.read_text(encoding="utf-8").replace("https://api.twilio.com", base_url)
    contract: dict[str, Any] = json.loads(text)
    return contract


@pytest.fixture
def contract(carrier: RunningCarrier) -> OpenAPI:
    """Give the contract, checking requests and responses."""
    return OpenAPI.from_dict(load_contract(carrier.url))


def check(contract: OpenAPI, response: requests.Response, sent: requests.PreparedRequest) -> None:
    """Hold one exchange against the contract. Raises what openapi-core finds."""
    request = RequestsOpenAPIRequest(sent)
    contract.validate_request(request)
    contract.validate_response(request, RequestsOpenAPIResponse(response))


def ask(carrier: RunningCarrier, contract: OpenAPI, method: str, path: str, **parts: Any) -> requests.Response:  # noqa: ANN401 - of requests
    """Send one request and hold it and its answer against the contract."""
    with requests.Session() as session:
        prepared = session.prepare_request(requests.Request(method, carrier.url + path, auth=AUTH, **parts))
        response = session.send(prepared, timeout=60)
    check(contract, response, prepared)
    return response


def send(carrier: RunningCarrier, contract: OpenAPI, **fields: str) -> dict[str, Any]:
    form = {"To": PHONE, "From": NUMBER, "Body": "【青禾电器】您好", **fields}
    response = ask(carrier, contract, "POST", f"{LIST_PATH}.json", data=form)
    assert response.status_code == 201
    message: dict[str, Any] = response.json()
    return message


def test_create_fetch_list_update_and_delete_keep_the_contract(carrier: RunningCarrier, contract: OpenAPI) -> None:
    message = send(carrier, contract, ValidityPeriod="3600", StatusCallback="http://127.0.0.1:9/none")
    one = f"{LIST_PATH}/{message['sid']}"
    wait_until(lambda: ask(carrier, contract, "GET", f"{one}.json").json()["status"] == "delivered")
    page = ask(carrier, contract, "GET", f"{LIST_PATH}.json", params={"To": PHONE, "PageSize": 20}).json()
    assert [row["sid"] for row in page["messages"]] == [message["sid"]]
    assert ask(carrier, contract, "POST", f"{one}.json", data={"Body": ""}).json()["body"] == ""
    assert ask(carrier, contract, "GET", f"{one}/Media.json").json()["media_list"] == []
    feedback = ask(carrier, contract, "POST", f"{one}/Feedback.json", data={"Outcome": "confirmed"}).json()
    assert feedback["outcome"] == "confirmed"
    assert ask(carrier, contract, "DELETE", f"{one}.json").status_code == 204
    assert requests.get(f"{carrier.url}{one}.json", auth=AUTH, timeout=60).json()["code"] == 20404


def test_a_message_has_every_field_of_the_contract_and_no_other(carrier: RunningCarrier, contract: OpenAPI) -> None:
    schema = load_contract(carrier.url)["components"]["schemas"]["api.v2010.account.message"]
    assert set(send(carrier, contract)) == set(schema["properties"])


def test_a_page_has_every_field_of_the_contract_and_no_other(carrier: RunningCarrier, contract: OpenAPI) -> None:
    operation = load_contract(carrier.url)["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(ask(carrier, contract, "GET", f"{LIST_PATH}.json").json()) == set(schema["properties"])


def test_the_contract_check_would_notice_a_broken_answer(carrier: RunningCarrier, contract: OpenAPI) -> None:
    """The check itself must be able to fail."""
    prepared = requests.Request("GET", f"{carrier.url}{LIST_PATH}.json", auth=AUTH).prepare()
    broken = requests.Response()
    broken.status_code = 200
    broken.headers["Content-Type"] = "application/json"
    broken._content = b'{"messages": [{"status": "teleported"}]}'
    with pytest.raises(Exception, match=r"(?i)invalid|data"):
        check(contract, broken, prepared)


def test_what_the_real_client_sends_keeps_the_contract(carrier: RunningCarrier, contract: OpenAPI) -> None:
    """Every request that the client makes is caught on its way and checked with its answer."""
    caught: list[requests.Response] = []
    client = connect(carrier)
    with requests.Session() as session:
        session.hooks["response"].append(lambda response, **_: caught.append(response))
        client.http_client.session = session
        message = client.messages.create(to=PHONE, from_=NUMBER, body="您好", validity_period=600, attempt=1)
        client.messages(message.sid).fetch()
        client.messages.list(to=PHONE, date_sent_after=date(2026, 1, 1), limit=5, page_size=2)
        client.messages.list(date_sent_before=datetime.now(UTC) + timedelta(days=1), from_=NUMBER)
    assert len(caught) >= 4
    for response in caught:
        check(contract, response, response.request)


def test_times_are_rfc_2822_in_gmt(carrier: RunningCarrier, contract: OpenAPI, client: Client) -> None:
    message = send(carrier, contract)
    assert message["date_created"].endswith(" +0000")
    created = client.messages(message["sid"]).fetch().date_created
    assert abs(created - datetime.now(UTC)) < timedelta(seconds=30)
