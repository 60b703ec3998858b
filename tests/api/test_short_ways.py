"""What was made fast on the way of a reading request still gives what the long way gives."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import RAISE, Schema, ValidationError, fields, post_load

from api.blueprint import Blueprint
from api.errors import InvalidArgumentsError
from api.fragments import BUDGET_BYTES, Fragments
from api.parser import find_faults, is_plain, read_query
from api.reading import Reading
from api.released import JSON, Form, WarmAnswers, answer_released, name_answer, write_answer
from api.schemas.places import CommunitiesQuery, HeatmapQuery
from api.short_way import READER

PLACE = {"lon": "120.37", "lat": "36.07"}


def _answer_nothing(_asked: dict[str, Any], *, reading: Reading) -> bytes:
    del reading
    return b""


@pytest.mark.parametrize("more", [{}, {"datum": "bd09"}, {"category": "freezer", "limit": "7"}])
def test_a_good_query_reads_as_marshmallow_reads_it(more: dict[str, str]) -> None:
    schema = CommunitiesQuery()
    assert read_query(schema, PLACE | more) == schema.load(PLACE | more, unknown=RAISE)


def test_a_schema_that_does_more_than_its_fields_is_read_by_marshmallow() -> None:
    class WithHook(CommunitiesQuery):
        @post_load
        def name_it(self, asked: dict[str, Any], **_: object) -> dict[str, Any]:
            return asked | {"named": True}

    class Renamed(Schema):
        kept = fields.String(data_key="given")

    assert is_plain(CommunitiesQuery())
    assert not is_plain(WithHook())
    assert not is_plain(Renamed())
    blueprint = Blueprint("any", prefix="/any", description="")
    readers = [blueprint.reads(schema)(_answer_nothing).__dict__.get(READER) for schema in (CommunitiesQuery, WithHook)]
    assert [reader is None for reader in readers] == [False, True]


@pytest.mark.parametrize(
    "given",
    [
        {},
        PLACE,
        {**PLACE, "category": "spaceship"},
        {**PLACE, "category": "freezer", "more": "1"},
        {"lon": "181", "lat": "x", "category": "freezer", "radius_m": "1"},
    ],
)
def test_a_bad_query_is_refused_with_every_fault(given: dict[str, str]) -> None:
    schema = HeatmapQuery()
    with pytest.raises(ValidationError) as whole:
        schema.load(given, unknown=RAISE)
    with pytest.raises(InvalidArgumentsError) as refused:
        read_query(schema, given)
    assert list(refused.value.faults) == list(find_faults(whole.value.messages))


def test_parts_are_written_once_and_come_in_the_order_asked() -> None:
    fragments, asked = Fragments("v"), []

    def write(slots: list[int]) -> list[bytes]:
        asked.append(slots)
        return [b"%d" % slot for slot in slots]

    assert fragments.collect("a", [3, 1], write=write) == [b"3", b"1"]
    assert fragments.collect("a", [1, 2, 3], write=write) == [b"1", b"2", b"3"]
    assert fragments.collect("b", [1], write=write) == [b"1"]
    assert asked == [[3, 1], [2], [1]]


def test_an_answer_larger_than_the_budget_is_whole_and_not_kept() -> None:
    fragments, calls = Fragments("v"), []

    def write(slots: list[int]) -> list[bytes]:
        calls.append(slots)
        return [bytes(BUDGET_BYTES) for _ in slots]

    for _ in range(2):
        assert [len(part) for part in fragments.collect("a", [1, 2], write=write)] == [BUDGET_BYTES] * 2
    assert calls == [[1, 2], [1, 2]]


def test_with_a_part_that_is_missing_its_neighbours_are_written() -> None:
    fragments, asked = Fragments("v"), []

    def write(slots: list[int]) -> list[bytes]:
        asked.append(slots)
        return [b"%d" % slot for slot in slots]

    assert fragments.collect("a", [1, 2], write=write, find_near=lambda: [2, 3]) == [b"1", b"2"]
    assert fragments.collect("a", [3, 2], write=write, find_near=lambda: [4]) == [b"3", b"2"]
    assert asked == [[1, 2, 3]]


def test_a_tag_names_the_bytes() -> None:
    assert write_answer(b"x").plain_etag == write_answer(b"x").plain_etag
    assert write_answer(b"x").plain_etag != write_answer(b"y").plain_etag


def test_the_tag_of_a_quick_answer_names_its_release_and_its_question() -> None:
    tags = {name_answer(key, version=version) for key in (("/a", "x=1"), ("/a", "x=2")) for version in ("v", "w")}
    assert len(tags) == 4
    assert name_answer(("/a", "x=1"), version="v") in tags


@pytest.mark.parametrize(("form", "times_made"), [(Form(JSON), 1), (Form(JSON, is_quick=True), 2)])
def test_a_quick_answer_is_kept_when_it_is_asked_for_again_and_others_at_once(form: Form, times_made: int) -> None:
    warm, made = WarmAnswers(100_000), []

    def build() -> bytes:
        made.append("x")
        return b"x"

    for _ in range(4):
        answer_released("key", version="v", warm=warm, form=form, accepted="", build=build)
    assert len(made) == times_made
    answer_released("key", version="w", warm=warm, form=form, accepted="", build=build)
    assert len(made) == times_made + 1


def test_the_least_used_answers_go_when_the_budget_is_spent() -> None:
    warm = WarmAnswers(4_000)
    assert warm.get("a", version="v") is None
    for name in "abc":
        warm.keep(name, write_answer(bytes(1_000)), version="v")
        warm.get("a", version="v")
    assert [name for name in "abc" if warm.get(name, version="v")] == ["a", "c"]
