"""Chinese numerals written out, and the place that each digit came from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.campaigns.content.views import fold, write_out


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("一百三十八", "138"),
        ("零零一十三", "0013"),
        ("八千", "8000"),
        ("八千五", "8500"),
        ("三百五", "350"),
        ("三百零五", "305"),
        ("两千零二十六", "2026"),
        ("贰仟伍佰叁拾", "2530"),
        ("双十一", "双11"),
        ("二十四小时", "24小时"),
        ("十分满意", "十分满意"),
        ("百货大楼", "百货大楼"),
        ("千家万户", "千家万户"),
        ("三九九九元", "3999元"),
    ],
)
def test_numerals_are_read(typed: str, read: str) -> None:
    assert write_out(fold(typed)).text == read


@given(text=st.text(st.sampled_from("0一二三八九零十百千拾佰仟元a，"), max_size=30))
def test_every_digit_points_into_the_text_in_order(text: str) -> None:
    view = write_out(fold(text))
    assert len(view.text) == len(view.origin)
    assert list(view.origin) == sorted(view.origin)
    assert all(0 <= place < len(text) for place in view.origin)


def test_a_numeral_is_located_whole() -> None:
    view = write_out(fold("共一百三十八元"))
    assert view.locate(1, 4) == (1, 6)
