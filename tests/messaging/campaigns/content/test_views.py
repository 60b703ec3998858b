"""Canonical views: maps that point back, normalisation that is idempotent."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.campaigns.content.views import View, fold, keep, make_views, read_digits

_ANY = st.text(st.one_of(st.characters(), st.sampled_from("㈱①Ⅷ㎡１Ａａ零壹兩貳買賣馬ﬃİß；·。 \u200b")), max_size=80)


@given(text=_ANY)
@settings(max_examples=300, deadline=None)
def test_every_place_of_every_view_points_into_the_text(text: str) -> None:
    views = make_views(text)
    for view in (views.folded, views.unspaced, views.squeezed, views.digits, views.sounded):
        assert len(view.text) == len(view.origin)
        assert list(view.origin) == sorted(view.origin)
        assert all(0 <= place < len(text) for place in view.origin)


@given(text=_ANY)
@settings(max_examples=300, deadline=None)
def test_each_folded_character_comes_from_the_one_it_points_to(text: str) -> None:
    view = fold(text)
    for place, char in enumerate(text):
        mine = "".join(part for part, origin in zip(view.text, view.origin, strict=True) if origin == place)
        assert mine == fold(char).text


@given(text=_ANY)
@settings(max_examples=300, deadline=None)
def test_normalisation_is_idempotent(text: str) -> None:
    once = fold(text)
    assert fold(once.text).text == once.text
    squeezed = keep(once, only_alphanumeric=True)
    assert keep(fold(squeezed.text), only_alphanumeric=True).text == squeezed.text
    assert read_digits(read_digits(once)).text == read_digits(once).text


@pytest.mark.parametrize(
    ("typed", "read"),
    [("ＡＢＣ１２３", "abc123"), ("冰箱買賣", "冰箱买卖"), ("㈱", "(株)"), ("①Ⅷ", "1viii"), ("㎡㎥", "mm")],
)
def test_what_is_folded(typed: str, read: str) -> None:
    assert fold(typed).text == read


def test_digits_are_read_however_spelt() -> None:
    assert read_digits(fold("壹貳叁肆伍陆柒捌玖零〇兩幺洞拐")).text == "123456789002" + "107"


def test_a_span_is_located_in_the_text_as_typed() -> None:
    view = keep(fold("买 ㈱ 卖"), only_alphanumeric=True)
    assert view.text == "买株卖"
    assert view.locate(1, 2) == (2, 3)
    assert view.locate(0, 3) == (0, 5)


def test_a_replaced_view_keeps_its_length() -> None:
    with pytest.raises(ValueError, match="length"):
        View("ab", (0, 1)).replace("abc")
