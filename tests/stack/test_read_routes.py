"""The list of reads is whole: a read that is new in the description cannot be forgotten in the proof."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.commands import SNAPSHOT
from api.models import Role
from stack.read_routes import READS, ReadWithoutArgumentsError, find_reads


@pytest.fixture
def description() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SNAPSHOT.read_bytes())
    return found


def test_every_read_of_the_description_has_its_arguments_and_no_other_is_listed(description: dict[str, Any]) -> None:
    reads = find_reads(description)
    assert {read.path for read in reads} == {read.path for read in READS}
    assert len(reads) >= 11


def test_each_read_names_the_required_arguments_and_none_that_is_unknown(description: dict[str, Any]) -> None:
    for read in find_reads(description):
        item = description["paths"][read.path]
        taken = [*item.get("parameters", []), *item["get"].get("parameters", [])]
        named = {one["name"]: one for one in taken if one["in"] == "query"}
        required = {name for name, one in named.items() if one.get("required")}
        assert required <= set(read.query) <= set(named), read.path
        assert read.role in set(Role), read.path


def test_one_read_alone_may_change_with_the_other_side() -> None:
    assert [read.path for read in READS if read.tells_of_life] == ["/v1/operations/pump"]


def test_a_read_without_arguments_is_named(description: dict[str, Any]) -> None:
    description["paths"]["/v1/new"] = {"get": {}}
    with pytest.raises(ReadWithoutArgumentsError, match=r"stack/read_routes\.py: /v1/new"):
        find_reads(description)
