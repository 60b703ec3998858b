"""Signing in, renewing, signing out, and what happens to those who guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt

from tests.api import world
from tests.api.conftest import bearer, sign_in

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

    from api.resources import Resources
    from tests.conftest import FakeClock

WRONG = {"login": "sales", "password": "not this one"}


def _renew(client: FlaskClient, token: str) -> int:
    return client.post("/v1/auth/refresh", json={"refresh_token": token}).status_code


def test_a_salesperson_signs_in_and_sees_who_they_are(client: FlaskClient) -> None:
    me = client.get("/v1/me", headers=bearer(client)).get_json()
    assert me == {
        "account_id": str(world.get_account_id("sales")),
        "login": "sales",
        "display_name": "员工 sales",
        "role": "salesperson",
        "territory": [{"adcode": 370202, "name": "市南区", "city_code": 370200, "city_name": "青岛市"}],
    }


def test_an_access_token_ends_after_its_fifteen_minutes(client: FlaskClient, clock: FakeClock) -> None:
    headers = bearer(client)
    clock.advance(seconds=899)
    assert client.get("/v1/me", headers=headers).status_code == 200
    clock.advance(seconds=1)
    assert client.get("/v1/me", headers=headers).status_code == 401


def test_unknown_login_and_wrong_password_look_the_same(client: FlaskClient) -> None:
    wrong = client.post("/v1/auth/token", json=WRONG)
    unknown = client.post("/v1/auth/token", json={"login": "nobody", "password": "x"})
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    seen, other = wrong.get_json(), unknown.get_json()
    assert seen.pop("instance") != other.pop("instance")
    assert seen == other


def test_five_failures_lock_the_account_for_fifteen_minutes(client: FlaskClient, clock: FakeClock) -> None:
    for _ in range(5):
        assert client.post("/v1/auth/token", json=WRONG).status_code == 401
    right = {"login": "sales", "password": world.PASSWORD}
    assert client.post("/v1/auth/token", json=right).status_code == 401
    clock.advance(minutes=15)
    assert client.post("/v1/auth/token", json=right).status_code == 200


def test_a_good_log_in_forgets_earlier_failures(client: FlaskClient) -> None:
    for _ in range(2):
        for _ in range(4):
            client.post("/v1/auth/token", json=WRONG)
        sign_in(client)


def test_one_address_may_try_so_often_a_minute(client: FlaskClient, resources: Resources, clock: FakeClock) -> None:
    limit = resources.settings.logins_per_minute
    object.__setattr__(resources, "settings", resources.settings.model_copy(update={"logins_per_minute": 3}))
    assert limit > 3
    left = [client.post("/v1/auth/token", json={"login": "who", "password": "x"}) for _ in range(4)]
    assert [answer.status_code for answer in left] == [401, 401, 401, 429]
    assert left[-1].headers["Retry-After"] == "60"
    assert left[-1].headers["RateLimit"] == '"log-in";r=0;t=60'
    clock.advance(minutes=1)
    answer = client.post("/v1/auth/token", json={"login": "sales", "password": world.PASSWORD})
    assert answer.headers["RateLimit"] == '"log-in";r=2;t=60'


def test_a_refresh_token_works_once_and_its_second_use_ends_the_log_in(client: FlaskClient) -> None:
    first = sign_in(client)
    second = client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]}).get_json()
    assert second["refresh_token"] != first["refresh_token"]
    assert _renew(client, first["refresh_token"]) == 401
    assert _renew(client, second["refresh_token"]) == 401


def test_the_second_use_also_stops_the_access_token(client: FlaskClient, clock: FakeClock) -> None:
    first = sign_in(client)
    headers = {"Authorization": f"Bearer {first['access_token']}"}
    assert client.get("/v1/me", headers=headers).status_code == 200
    assert [_renew(client, first["refresh_token"]) for _ in range(2)] == [200, 401]
    clock.advance(seconds=5)
    assert client.get("/v1/me", headers=headers).status_code == 401


def test_a_refresh_token_expires(client: FlaskClient, clock: FakeClock) -> None:
    tokens = sign_in(client)
    clock.advance(days=30)
    assert _renew(client, tokens["refresh_token"]) == 401


def test_log_out_stops_both_tokens_at_once(client: FlaskClient) -> None:
    tokens = sign_in(client)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert client.get("/v1/me", headers=headers).status_code == 200
    answer = client.post("/v1/auth/logout", json={"refresh_token": tokens["refresh_token"]})
    assert (answer.status_code, answer.data) == (204, b"")
    assert client.get("/v1/me", headers=headers).status_code == 401
    assert _renew(client, tokens["refresh_token"]) == 401


def test_log_out_leaves_another_log_in_of_the_same_person_alone(client: FlaskClient) -> None:
    stays, goes = sign_in(client), sign_in(client)
    client.post("/v1/auth/logout", json={"refresh_token": goes["refresh_token"]})
    assert _renew(client, stays["refresh_token"]) == 200


def test_a_closed_account_is_out_within_five_seconds(
    client: FlaskClient, clock: FakeClock, serving_engine: Engine
) -> None:
    tokens = sign_in(client)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert client.get("/v1/me", headers=headers).status_code == 200
    with serving_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE staff.accounts SET is_active = false WHERE login = 'sales'")
    clock.advance(seconds=5)
    assert client.get("/v1/me", headers=headers).status_code == 401
    assert _renew(client, tokens["refresh_token"]) == 401


def test_tokens_of_other_makers_are_refused(client: FlaskClient, resources: Resources) -> None:
    good = sign_in(client)["access_token"]
    claims = jwt.decode(good, options={"verify_signature": False})
    own = resources.settings.jwt_secret.get_secret_value()
    forged = (
        jwt.encode(claims, "x" * 40, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode({**claims, "aud": "other"}, own, algorithm="HS256"),
        jwt.encode({**claims, "sub": "no uuid"}, own, algorithm="HS256"),
        jwt.encode({key: claims[key] for key in claims if key != "exp"}, own, algorithm="HS256"),
        good[:-4],
    )
    for token in forged:
        assert client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_only_hashes_of_refresh_tokens_are_stored(client: FlaskClient, serving_engine: Engine) -> None:
    token = sign_in(client)["refresh_token"]
    with serving_engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT token_sha256 FROM staff.refresh_tokens").scalars().all()
    assert len(stored) == 1
    assert token.encode() not in bytes(stored[0])
