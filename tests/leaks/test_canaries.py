"""Usable, not visible: marked people go through every route, job and failure, and show nowhere outside."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import requests

from field_apps_mock.carrier.server import start_carrier
from field_apps_mock.carrier.values import CarrierSettings
from stack.test_services import run_services
from tests.leaks.canaries import Canary, Search, Shape, find_id_shapes, find_phone_shapes, find_shapes, make_canaries
from tests.leaks.drop import COMMUNITY, get_month, write_bad_drop, write_district, write_good_drop
from tests.leaks.system import ACCOUNT_SID, AUTH_TOKEN, LOGIN, OPERATOR, PASSWORD, System, build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = make_canaries(1000, seed=1)
REJECTED = make_canaries(5, seed=2)
REFUSED = make_canaries(60, seed=3)
TYPED = make_canaries(20, seed=4)
"""Numbers that somebody in front types, where none belongs: their own answers may show them, nothing else."""

API = "/v1/yingxiaobao"
HERE = {"lon": "120.30", "lat": "36.10", "datum": "gcj02", "category": "refrigerator"}
FINAL = {"skipped", "delivered", "undelivered", "failed", "unconfirmed", "delivery_unknown"}


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Give databases, a carrier and the means to start the rest."""
    with ExitStack() as stack:

        def start(gateway_port: int) -> str:
            inbound = f"http://127.0.0.1:{gateway_port}/twilio/inbound"
            settings = CarrierSettings(ACCOUNT_SID, AUTH_TOKEN, inbound, (), 0.1, 0.2)
            state = tmp_path / "carrier.sqlite"
            running = start_carrier(settings, state=state, clock=lambda: datetime.now(UTC), host="127.0.0.1", port=0)
            return stack.enter_context(running).url

        services = stack.enter_context(run_services())
        yield stack.enter_context(build(services, tmp_path, start))


def _take_in_and_publish(system: System) -> None:
    folder = system.folder
    write_district(folder / "district.geojson")
    write_good_drop(folder / "good", PEOPLE, REJECTED)
    write_bad_drop(folder / "bad", REFUSED)
    publish = ["release", "publish", get_month(), "--city", "370200"]
    told = system.run(
        "before",
        ("operator", ["places", "districts", str(folder / "district.geojson")]),
        ("operator", ["places", "import", str(folder / "good" / "communities.parquet"), "--datum", "gcj02"]),
        ("operator", ["staff", "import", str(system.write_staff())]),
        ("intake", ["keys", "create", str(folder / "keys.json")]),
        ("intake", ["intake", str(folder / "bad")]),
        ("intake", ["intake", str(folder / "missing")]),
        ("release", ["intake", str(folder / "good")]),
        ("intake", ["intake", str(folder / "good")]),
        ("release", publish),
    )
    assert "canaries: taken in; 5 rows rejected" in told
    assert "published" in told
    assert told.count("Traceback") >= 3, "the commands that must fail did not"
    assert system.query("people", "SELECT count(*) FROM vault.phones") == [(1000,)]


def _sign_in(system: System) -> dict[str, str]:
    for login, password in ((TYPED[0].digits, TYPED[0].name), (LOGIN, PASSWORD)):
        answer = system.ask("POST", f"{system.web_url}/v1/auth/token", json={"login": login, "password": password})
    # The token is the bearer's own business.
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def _read_everything(system: System, headers: dict[str, str]) -> None:
    for path in json.loads(system.ask("GET", f"{system.web_url}/openapi.json").content)["paths"]:
        for lead in ({}, headers):
            filled = path.format_map(defaultdict(lambda: str(UUID(int=1)), z="10", x="854", y="401"))
            system.ask("GET", system.web_url + filled, headers=lead, params=HERE if API in path else {})
            system.ask("GET", system.web_url + filled, headers=lead, params={"wrong": "1"})
    for path in ("/", "/docs", "/problems", "/metrics", "/nowhere"):
        system.ask("GET", system.web_url + path, headers=headers)


def _type_numbers(system: System, headers: dict[str, str]) -> None:
    """Put people where none belong: into addresses, headers and bodies, of both doors."""
    for canary in TYPED:
        web, number = system.web_url, canary.digits
        told = {"X-Request-Id": number, "User-Agent": canary.name.encode().hex() + number, "Referer": number}
        requests.get(f"{web}/{number}", headers=told, timeout=60)
        requests.get(f"{web}{API}/broadcasts/{number}", headers=headers | told, timeout=60)
        requests.get(f"{web}{API}/heatmap", params={"lon": number, "lat": f"+86{number}"}, headers=headers, timeout=60)
        requests.get(f"{web}/v1/me", headers={"Authorization": f"Bearer {number}"}, timeout=60)
        body = {"community_codes": [COMMUNITY], "category": "refrigerator", "body": f"请打{number}找{canary.name}"}
        requests.post(f"{web}{API}/broadcasts/preview", json=body, headers=headers, timeout=60)
        key = {"Idempotency-Key": canary.customer_id}
        requests.post(f"{web}{API}/broadcasts", json=body | {"quota": 50}, headers=headers | key, timeout=60)
        form = {"From": f"+86{number}", "To": f"+86{number}", "Body": canary.ticket, "MessageSid": number}
        for path in ("inbound", f"status/{number}", f"status/{UUID(int=int(number))}"):
            requests.post(f"{system.gateway_url}/twilio/{path}", data=form, headers=told, timeout=60)
            signed = told | {"X-Twilio-Signature": number}
            requests.post(f"{system.gateway_url}/twilio/{path}?{number}", data=form, headers=signed, timeout=60)


def _order_faults(system: System) -> None:
    for mode in (
        "accepted_dropped",
        "accepted_500",
        "error_500",
        "html_502",
        "truncated_201",
        "dropped",
        "hang",
        "429",
    ):
        system.order(mode=mode, count=1)
    for mode in ("21211", "21610", "undelivered", "failed", "callback_first", "callback_twice", "silent"):
        system.order(mode=mode, count=2)
    system.order(mode="listing_fails", count=2)
    system.order(mode="listing_late", count=2, seconds=1)


def _broadcast(system: System, headers: dict[str, str]) -> str:
    body = {"community_codes": [COMMUNITY], "category": "refrigerator", "body": "旧冰箱换新，门店可预约"}
    preview = system.ask("POST", f"{system.web_url}{API}/broadcasts/preview", json=body, headers=headers).json()
    assert 200 in preview["allowed_quotas"], preview
    order = body | {"quota": 200}
    key = {"Idempotency-Key": "canary-broadcast"}
    for _ in range(2):
        answer = system.ask("POST", f"{system.web_url}{API}/broadcasts", json=order, headers=headers | key)
        assert answer.status_code == 202, answer.text
    return str(answer.json()["broadcast_id"])


def _send_through_every_failure(system: System) -> None:
    # The last ones, which nobody has in hand yet.
    planned = "SELECT household_id FROM delivery.messages WHERE state = 'planned' ORDER BY ctid DESC LIMIT 3"
    spoil = f"UPDATE vault.phones SET ciphertext = lookup_hash WHERE household_id IN ({planned}) RETURNING 1"  # noqa: S608 - as above
    system.wait_until(lambda: bool(system.query("people", spoil)))
    _wait_for_accepted(system, 40)
    system.kill("worker")
    system.start("worker")
    _wait_for_accepted(system, 70)
    system.query("people", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'field_sender'")
    _write_back(system)
    system.wait_until(lambda: set(_count_states(system)) <= FINAL and len(_count_states(system)) > 3)


def _wait_for_accepted(system: System, count: int) -> None:
    system.wait_until(lambda: requests.get(f"{system.carrier_url}/_stats", timeout=60).json()["accepted"] >= count)


def _count_states(system: System) -> dict[str, int]:
    return dict(system.query("people", "SELECT state, count(*) FROM delivery.messages GROUP BY state"))


def _write_back(system: System) -> None:
    """Let phones answer: with refusals, and with everything about themselves."""
    phones = requests.get(f"{system.carrier_url}/_inbox/phones", timeout=60).json()
    for phone, canary in zip(phones[:6], PEOPLE, strict=False):
        for text in (f"退订 {canary.ticket}", canary.ticket):
            url = f"{system.carrier_url}/_inbox/phones/{phone['phone']}/replies"
            requests.post(url, json={"body": text}, timeout=60).raise_for_status()


def _look_as_operator(system: System) -> None:
    credentials = {"login": OPERATOR, "password": PASSWORD}
    token = system.ask("POST", f"{system.web_url}/v1/auth/token", json=credentials).json()["access_token"]
    for path in ("/v1/operations", "/v1/operations/pump"):
        answer = system.ask("GET", f"{system.web_url}{path}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
    assert answer.json()["report"] is not None


def _look_at_the_end(system: System, headers: dict[str, str], broadcast_id: str) -> str:
    _read_everything(system, headers)
    _look_as_operator(system)
    for path in (f"broadcasts/{broadcast_id}", "broadcasts", f"broadcasts/{broadcast_id}/cancel"):
        method = "POST" if path.endswith("cancel") else "GET"
        system.ask(method, f"{system.web_url}{API}/{path}", headers=headers)
    return system.run(
        "after",
        ("sender", ["messages", "status"]),
        ("sender", ["send", "stop"]),
        ("auditor", ["audit", "verify"]),
        ("auditor", ["audit", "head"]),
    )


def _find_leaks(search: Search, places: dict[str, bytes]) -> dict[str, list[str]]:
    return {place: found[:5] for place, content in places.items() if (found := search.find(content))}


def _tell_that_it_happened(system: System, told: str) -> None:
    """Refuse a silent pass: what was to be gone through was gone through."""
    stats: dict[str, Any] = requests.get(f"{system.carrier_url}/_stats", timeout=60).json()
    struck = set(stats["faults"])
    assert {"accepted_dropped", "error_500", "html_502", "hang", "21211", "21610", "listing_fails"} <= struck, stats
    assert stats["duplicates"] == 0
    assert "all in order" in told
    reads = "SELECT count(*) FROM audit.entries WHERE action = 'phone_read' AND details->>'purpose' = 'inquire'"
    assert system.query("people", reads)[0][0] > 0
    assert system.query("people", "SELECT count(*) FROM vault.opt_outs")[0][0] >= 6
    logs = b"".join(system.get_logs().values())
    for event in (b"database_away", b"forged_request", b"campaign_adopted"):
        assert event in logs, event


@pytest.mark.timeout(300)
def test_a_thousand_marked_people_show_nowhere(system: System) -> None:
    system.start("web")
    _take_in_and_publish(system)
    for name in ("gateway", "pump", "worker"):
        system.start(name)
    system.wait_until(system.is_ready)
    headers = _sign_in(system)
    _read_everything(system, headers)
    _order_faults(system)
    broadcast_id = _broadcast(system, headers)
    _type_numbers(system, headers)
    _send_through_every_failure(system)
    told = _look_at_the_end(system, headers, broadcast_id)
    system.stop_all()
    _tell_that_it_happened(system, told)

    dumps = {"redis": system.dump_redis(), "serving database": system.dump_serving()}
    outside = system.get_logs() | dumps
    people = [*PEOPLE, *REJECTED, *REFUSED]
    marks = [shape for canary in people for shape in find_shapes(canary)]
    ids = [UUID(str(row[0])) for row in system.query("people", "SELECT household_id FROM core.households")]
    marks += [shape for household_id in ids for shape in find_id_shapes(household_id)]
    assert _find_leaks(Search(marks), outside | system.answers) == {}
    typed = [shape for canary in TYPED for shape in find_phone_shapes(canary.digits)]
    assert _find_leaks(Search(typed), outside) == {}


def _hide(canary: Canary) -> dict[str, bytes]:
    e164 = f"+86{canary.digits}"
    return {
        "plain": e164.encode(),
        "spaced": f"{canary.digits[:3]} {canary.digits[3:7]} {canary.digits[7:]}".encode(),
        "hex": e164.encode().hex().upper().encode(),
        "base64": base64.b64encode(b'{"to":"' + e164.encode() + b'"}'),
        "base64, moved": base64.b64encode(b'{"to": "' + e164.encode() + b'"}'),
        "base64, moved again": base64.b64encode(b'{ "to": "' + e164.encode() + b'"}'),
        "hash": hashlib.sha256(e164.encode()).hexdigest().encode(),
        "raw hash": hashlib.md5(canary.digits.encode()).digest(),  # noqa: S324 - what must be found
        "name in JSON": json.dumps(canary.ticket).encode(),
        "id": canary.customer_id.encode(),
        "wechat": canary.wechat.encode(),
        "address": canary.address.encode(),
    }


@pytest.mark.parametrize("way", _hide(PEOPLE[0]))
def test_the_search_finds_one_person_however_written_and_only_then(way: str) -> None:
    search = Search(shape for canary in PEOPLE[:50] for shape in find_shapes(canary))
    noise = b"\x00 1.5400000001234567 2026-11-27 " + "王先生".encode()
    assert search.find(noise + _hide(PEOPLE[7])[way] + noise)
    assert search.find(noise + _hide(PEOPLE[60])[way] + noise) == []
    assert search.find(b"0." + PEOPLE[7].digits.encode() + b"77") == []


def test_the_search_finds_a_household_id() -> None:
    household_id = UUID(int=0x0123456789ABCDEF0123456789ABCDEF)
    search = Search([*find_id_shapes(household_id), Shape(b"unused", "word")])
    for written in (str(household_id).upper().encode(), household_id.hex.encode(), household_id.bytes):
        assert search.find(b"x" + written)
