"""What can be asked for, and what is answered: from the description, so that a new field shows here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.commands import SNAPSHOT
from api.schemas.broadcasts import AreaSchema, BroadcastBodySchema
from messaging.campaigns.models import BroadcastState
from messaging.campaigns.settings import MessagingRules, Mode
from tests.leaks.theatre import ORDER

DESCRIPTION: dict[str, Any] = json.loads(SNAPSHOT.read_bytes())
# Nothing that is sent may be named for one of these: neither drawn shapes, nor lists, nor those reached before.
NEVER_ASKED = ("polygon", "geometry", "shape", "radius", "upload", "file", "phone", "household", "customer", "exclude",
               "except", "already", "since", "score", "age", "segment")  # fmt: skip
NEVER_ANSWERED = ("eligible", "deliver", "fail", "skip", "reach", "opt_out", "cap", "cost", "sent", "household",
                  "phone", "consent", "progress", "receipt")  # fmt: skip


def find_sent_fields() -> dict[str, set[str]]:
    """Return the fields of each body that is sent, by path."""
    schemas = DESCRIPTION["components"]["schemas"]
    found = {}
    for path, item in DESCRIPTION["paths"].items():
        body = item.get("post", {}).get("requestBody")
        if body is not None:
            assert list(body["content"]) == ["application/json"], path
            schema = schemas[body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]]
            assert schema["additionalProperties"] is False, path
            found[path] = set(schema["properties"])
    return found


def test_an_audience_is_places_and_a_category_and_nothing_else() -> None:
    sent = find_sent_fields()
    area = {"community_codes", "cells", "category", "body"}
    assert sent["/v1/yingxiaobao/broadcasts/preview"] == area
    assert sent["/v1/yingxiaobao/broadcasts"] == area | {"quota"}


def find_values(described: dict[str, str]) -> list[str]:
    """Return the values of an enumeration, which is described elsewhere by its name."""
    values: list[str] = DESCRIPTION["components"]["schemas"][described["$ref"].rsplit("/", 1)[-1]]["enum"]
    return values


def test_a_planner_sends_a_card_and_words_and_nothing_that_could_choose_a_person() -> None:
    sent = find_sent_fields()
    assert sent["/v1/jiaohubao/invitations"] == {"card_id", "body"}
    assert sent["/v1/jiaohubao/conversations/{handle}/messages"] == {"body"}


def test_an_invitation_shows_what_was_asked_for_fixed_times_and_a_handle() -> None:
    shown = DESCRIPTION["components"]["schemas"]["Invitation"]["properties"]
    assert set(shown) == {
        "invitation_id", "state", "persona", "release_id", "final_text", "created_at", "told_at", "answer_by", "handle",
        "findings", "refused_for",
    }  # fmt: skip
    assert find_values(shown["state"]) == ["in_review", "refused", "waiting", "sent", "accepted", "expired"]


def test_no_body_takes_shapes_lists_of_people_or_those_reached_before() -> None:
    named = {(path, name) for path, fields in find_sent_fields().items() for name in fields}
    assert [(path, name) for path, name in named if any(word in name.split("_") for word in NEVER_ASKED)] == []


@pytest.mark.parametrize("name", NEVER_ASKED)
def test_a_field_that_is_not_described_is_refused(name: str) -> None:
    assert name in BroadcastBodySchema().validate({**ORDER, name: "x"})
    assert name in AreaSchema().validate({**{k: v for k, v in ORDER.items() if k != "quota"}, name: "x"})


def test_a_broadcast_shows_what_was_asked_for_and_fixed_times() -> None:
    shown = DESCRIPTION["components"]["schemas"]["Broadcast"]["properties"]
    assert set(shown) == {
        "broadcast_id", "state", "quota", "category", "final_text", "created_at", "starts_at", "done_at",
        "findings", "refused_for",
    }  # fmt: skip
    assert find_values(shown["state"]) == [state.value for state in BroadcastState]


def test_no_answer_has_a_field_for_what_became_of_messages() -> None:
    schemas = DESCRIPTION["components"]["schemas"]
    named = {name for schema in schemas.values() for name in schema.get("properties", {})}
    assert [name for name in named if any(word in name for word in NEVER_ANSWERED)] == []


@pytest.mark.parametrize("quotas", ["[1]", "[49, 100]", "[50, 2000]", "[]", "[100, 50]"])
def test_no_setting_allows_another_quota(quotas: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADCAST_QUOTAS", quotas)
    with pytest.raises(ValueError, match="quotas"):
        MessagingRules(mode=Mode.TEST)
