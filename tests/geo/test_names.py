"""Spellings: which names mean one place, and which do not however alike they look."""

from __future__ import annotations

import pytest

from geo.importing.names import clean_name, is_building_number, is_same_place, make_key

PREFIXES = ("青岛市", "市南区")


@pytest.mark.parametrize(
    "spelling",
    [
        "闽江路社区居委会",
        "闽江路社区居民委员会",
        "閩江路社區",
        "闽江路小区",
        "青岛市市南区闽江路社区",
        " 闽江路　社区",
        "闽江路·社区",
    ],
)
def test_spellings_of_one_place_share_a_key(spelling: str) -> None:
    assert make_key(spelling, prefixes=PREFIXES) == "闽江路"


@pytest.mark.parametrize("spelling", ["王家村村委会", "王家村民委员会", "王家村委会", "王家村"])
def test_a_village_keeps_its_village(spelling: str) -> None:
    assert make_key(spelling) == "王家村"


def test_digits_are_digits_however_written() -> None:
    assert make_key("南山第三小区") == make_key("南山3社区") == make_key("南山３小区")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("延安路东里", "延安路西里"),
        ("浮山后1小区东", "浮山后2小区东"),
        ("海信花园1期", "海信花园2期"),
        ("新华", "新建"),
        ("大白家庄子", "小白家庄子"),
    ],
)
def test_names_that_tell_places_apart_are_not_merged(one: str, other: str) -> None:
    assert not is_same_place(make_key(one), make_key(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("万科学府公馆", "学府公馆"), ("海信珠山小镇", "海信珠山小镇家"), ("鲁商首府佳园", "鲁商首俯佳园")],
)
def test_longer_forms_and_slips_are_one_place(one: str, other: str) -> None:
    assert is_same_place(make_key(one), make_key(other))


@pytest.mark.parametrize("text", ["暂无数据", " 无 ", "N/A", "", "--", "\u200b"])
def test_no_name_is_no_name(text: str) -> None:
    assert clean_name(text) == ""


def test_control_and_full_width_characters_are_folded() -> None:
    assert clean_name("\ufeff海信Ａ区\x00\r\n小区") == "海信A区 小区"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("10号楼", True), ("Building 41", True), ("3栋2单元", False), ("27号院小区", False), ("学府公馆", False)],
)
def test_building_numbers_are_no_communities(name: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert is_building_number(name) is expected
