"""SQL in every argument of every route: refused as what it is, a wrong argument, and nothing is changed by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from api.models import Role
from stack.read_routes import READS, Read
from tests.leaks.theatre import ORDER, PATH, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = (
    "'; DROP TABLE campaigns.broadcasts; --",
    "' OR '1'='1",
    "1 OR 1=1",
    "0 UNION SELECT password_hash FROM staff.accounts",
    "'||(SELECT pg_sleep(3))||'",
    "\\'; COPY (SELECT 1) TO PROGRAM 'id'; --",
    '"; SELECT current_setting($$data_directory$$); --',
    "%(x)s %s :x {x} ${x}",
    "a\x00b",
)
REFUSED = {400, 404, 422}
ARGUMENTS = [(read, name) for read in READS for name in read.query]
KEPT = ("campaigns.broadcasts", "campaigns.idempotency_keys", "campaigns.actor_usage", "staff.accounts")


def get_status(stage: Stage) -> object:
    """Return the status of the last answer."""
    return stage.seen[-1][2]


def count_rows(stage: Stage) -> dict[str, int]:
    with stage.world.serving_admin() as session:
        return {table: session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in KEPT}  # noqa: S608


@pytest.fixture
def untouched(stage: Stage) -> Iterator[Stage]:
    """Give the stage, and see that nothing was written by what a test asked."""
    stage.sign_in()
    before = count_rows(stage)
    yield stage
    assert count_rows(stage) == before


@pytest.mark.parametrize(("read", "name"), ARGUMENTS, ids=lambda one: getattr(one, "path", one))
def test_a_query_argument_that_is_sql_is_a_wrong_argument(untouched: Stage, read: Read, name: str) -> None:
    # In the places of the API's tests each other role has one account, named as the role is.
    untouched.sign_in("sales" if read.role == Role.SALESPERSON else read.role)
    nil = "00000000-0000-0000-0000-000000000000"
    path = read.fill(broadcast_id=nil, invitation_id=nil, handle=43 * "x")
    for hostile in HOSTILE:
        untouched.ask("GET", path, query_string=dict(read.query) | {name: hostile})
        assert get_status(untouched) == 422, hostile


def _write(hostile: str) -> str:
    return hostile.replace("%", "%25").replace("?", "%3F").replace("\x00", "%00")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_path_or_a_cursor_that_is_sql_leads_nowhere(untouched: Stage, hostile: str) -> None:
    paths = [f"{PATH}/{{}}", "/v1/yingxiaobao/tiles/{}/1/1.mvt?category=freezer", "/problems/{}", f"{PATH}?cursor={{}}"]
    for path in paths:
        untouched.ask("GET", path.format(_write(hostile)))
        assert get_status(untouched) in REFUSED, path
    untouched.sign_in("planner")
    for path in ("invitations/{}", "conversations/{}/messages", "conversations?cursor={}", "invitations?cursor={}"):
        untouched.ask("GET", "/v1/jiaohubao/" + path.format(_write(hostile)))
        assert get_status(untouched) in REFUSED, path
    untouched.sign_in()
    for change in ("pause", "resume", "cancel"):
        untouched.ask("POST", f"{PATH}/{hostile}/{change}".replace("%", "%25").replace("\x00", "%00"))
        assert get_status(untouched) in REFUSED, change


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_body_that_is_sql_is_refused_field_by_field(untouched: Stage, hostile: str) -> None:
    fields: dict[str, Any] = {
        "community_codes": [hostile], "cells": [hostile], "category": hostile, "quota": hostile, hostile: 1,
    }  # fmt: skip
    for name, value in fields.items():
        body = {**ORDER, name: value}
        if name == "cells":
            del body["community_codes"]
        untouched.ask("POST", PATH, json=body, headers={"Idempotency-Key": "a-hostile-key"})
        assert get_status(untouched) == 422, name


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_text_that_is_sql_is_a_text(untouched: Stage, hostile: str) -> None:
    area = {name: value for name, value in ORDER.items() if name != "quota"}
    shown = untouched.ask("POST", f"{PATH}/preview", json=area | {"body": hostile})
    assert get_status(untouched) == 200
    assert hostile.strip(" ") in shown["final_text"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_login_that_is_sql_lets_nobody_in(untouched: Stage, hostile: str) -> None:
    for body in ({"login": hostile, "password": hostile}, {"login": "sales", "password": hostile}):
        untouched.ask("POST", "/v1/auth/token", json=body)
        assert get_status(untouched) in {401, 422}
    untouched.ask("POST", "/v1/auth/refresh", json={"refresh_token": hostile})
    assert get_status(untouched) in {401, 422}
