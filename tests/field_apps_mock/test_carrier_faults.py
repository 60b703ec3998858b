"""Every way in which the double can fail, seen through the real client, and what it counted meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException

from field_apps_mock.carrier.segments import count_segments
from tests.field_apps_mock.conftest import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    NUMBER,
    PHONE,
    connect,
    get_stats,
    order,
)
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from twilio.rest import Client
    from twilio.rest.api.v2010.account.message import MessageInstance

    from field_apps_mock.carrier.server import RunningCarrier


def send(client: Client, body: str = "您好") -> MessageInstance:
    return client.messages.create(to=PHONE, from_=NUMBER, body=body)


@pytest.mark.parametrize(
    ("mode", "accepted"),
    [("accepted_dropped", 1), ("dropped", 0)],
)
def test_a_cut_connection_looks_the_same_whether_accepted_or_not(
    carrier: RunningCarrier, client: Client, mode: str, accepted: int
) -> None:
    order(carrier, mode, count=1)
    with pytest.raises(requests.ConnectionError):
        send(client)
    assert get_stats(carrier)["accepted"] == accepted
    assert send(client, "再来").sid


@pytest.mark.parametrize(("mode", "accepted"), [("accepted_500", 1), ("error_500", 0)])
def test_a_500_looks_the_same_whether_accepted_or_not(
    carrier: RunningCarrier, client: Client, mode: str, accepted: int
) -> None:
    order(carrier, mode, count=1)
    with pytest.raises(TwilioRestException) as caught:
        send(client)
    assert caught.value.status == 500
    assert get_stats(carrier)["accepted"] == accepted


@pytest.mark.parametrize(("accepts", "accepted"), [(True, 1), (False, 0)])
def test_a_hang_times_out(carrier: RunningCarrier, accepts: bool, accepted: int) -> None:  # noqa: FBT001 - parametrised
    order(carrier, "hang", count=1, seconds=30, accepts=accepts)
    before = time.monotonic()
    with pytest.raises(requests.ReadTimeout):
        send(connect(carrier, timeout_s=0.3))
    assert time.monotonic() - before < 3
    assert get_stats(carrier)["accepted"] == accepted


def test_too_many_requests_names_a_time_and_accepts_nothing(carrier: RunningCarrier, client: Client) -> None:
    order(carrier, "429", count=2, seconds=3)
    with pytest.raises(TwilioRestException) as caught:
        send(client)
    assert (caught.value.status, caught.value.code) == (429, 20429)
    url = f"{carrier.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    form = {"To": PHONE, "From": NUMBER, "Body": "您好"}
    answer = requests.post(url, data=form, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=60)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert get_stats(carrier)["accepted"] == 0


@pytest.mark.parametrize("accepts", [False, True])
def test_a_gateways_html_is_no_answer(carrier: RunningCarrier, client: Client, accepts: bool) -> None:  # noqa: FBT001 - parametrised
    order(carrier, "html_502", count=1, accepts=accepts)
    with pytest.raises((TwilioException, ValueError)):
        send(client)
    assert get_stats(carrier)["accepted"] == int(accepts)


def test_a_truncated_201_is_broken_though_accepted(carrier: RunningCarrier, client: Client) -> None:
    order(carrier, "truncated_201", count=1)
    with pytest.raises((requests.RequestException, ValueError)):
        send(client)
    assert get_stats(carrier)["accepted"] == 1


@pytest.mark.parametrize(("code", "status"), [("21610", 400), ("21211", 400), ("20003", 401), ("21408", 400)])
def test_any_code_can_be_ordered(carrier: RunningCarrier, client: Client, code: str, status: int) -> None:
    order(carrier, code, count=1)
    with pytest.raises(TwilioRestException) as caught:
        send(client)
    assert (caught.value.code, caught.value.status) == (int(code), status)
    assert get_stats(carrier)["faults"] == {code: 1}
    assert send(client).sid


def test_a_late_listing_hides_what_was_accepted(carrier: RunningCarrier, client: Client) -> None:
    order(carrier, "listing_late", count=1, seconds=0.6)
    sid = send(client).sid
    shown = send(client, "立刻可见").sid
    assert [message.sid for message in client.messages.list()] == [shown]
    assert client.messages(sid).fetch().sid == sid
    wait_until(lambda: {message.sid for message in client.messages.list()} == {sid, shown})


def test_a_failing_listing_recovers(carrier: RunningCarrier, client: Client) -> None:
    send(client)
    order(carrier, "listing_fails", count=2)
    for _ in range(2):
        with pytest.raises(TwilioException):
            client.messages.list()
    assert len(client.messages.list()) == 1


def test_duplicates_are_the_same_text_to_the_same_phone(carrier: RunningCarrier, client: Client) -> None:
    for body in ("甲", "甲", "乙", "甲"):
        send(client, body)
    client.messages.create(to="+8615400000009", from_=NUMBER, body="甲")
    stats = get_stats(carrier)
    assert (stats["accepted"], stats["duplicates"], stats["create_requests"]) == (5, 2, 5)


def test_a_probability_strikes_about_as_often_and_repeatably(carrier: RunningCarrier, client: Client) -> None:
    def count_failures() -> list[bool]:
        order(carrier, "error_500", probability=0.3, seed=5)
        outcomes = []
        for number in range(60):
            try:
                send(client, str(number))
            except TwilioRestException:
                outcomes.append(True)
            else:
                outcomes.append(False)
        return outcomes

    first = count_failures()
    assert 8 <= sum(first) <= 28
    assert count_failures() == first
    order(carrier, "none")
    assert send(client).sid


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"mode": "teapot"},
        {"mode": "hang", "probability": 2},
        {"mode": "hang", "count": 0},
        {"mode": "hang", "x": 1},
    ],
)
def test_an_order_that_means_nothing_is_refused(carrier: RunningCarrier, body: dict[str, object]) -> None:
    assert requests.post(f"{carrier.url}/_control", json=body, timeout=60).status_code == 422
    assert requests.post(f"{carrier.url}/_control", data={"mode": "hang"}, timeout=60).status_code == 415


@pytest.mark.parametrize(
    ("body", "segments"),
    [("a" * 160, 1), ("a" * 161, 2), ("[" * 80, 1), ("[" * 81, 2), ("好" * 70, 1), ("好" * 71, 2), ("好" * 135, 3)],
)
def test_segments_follow_the_alphabet(body: str, segments: int) -> None:
    assert count_segments(body) == segments


def test_surrogate_pairs_stay_together() -> None:
    assert count_segments("😀" * 35) == 1
    assert count_segments("😀" * 67) == 3  # 33 pairs fit into 67 units, not 33.5


def test_the_program_runs_until_sigterm_and_keeps_its_state(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "field_apps_mock.carrier",
        "--port",
        "0",
        "--state",
        str(tmp_path / "state" / "c.db"),
    ]
    environment = {"TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN}
    for accepted in (1, 2):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix("carrier: ").strip()
            form = {"To": PHONE, "From": NUMBER, "Body": "您好"}
            path = f"{url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
            assert requests.post(path, data=form, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=60).status_code == 201
            assert requests.get(f"{url}/_stats", timeout=60).json()["accepted"] == accepted
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(("sid", "token"), [("AC123", "t"), (ACCOUNT_SID, "")])
def test_the_program_refuses_to_start_without_an_account(tmp_path: Path, sid: str, token: str) -> None:
    arguments = ["--port", "0", "--state", str(tmp_path / "c.db"), "--account-sid", sid, "--auth-token", token]
    command = [sys.executable, "-m", "field_apps_mock.carrier", *arguments]
    assert subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 2
