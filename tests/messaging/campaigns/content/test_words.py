"""The word table: spellings, exceptions, versions, and rows that cannot be read."""

from __future__ import annotations

import pytest

from messaging.campaigns.content.rules import get_shipped_rules
from messaging.campaigns.content.values import Rule
from messaging.campaigns.content.views import make_views
from messaging.campaigns.content.words import RuleTable, RuleTableError, read_rule_table

_HEADER = "term,class,verdict,exceptions\n"


def find(text: str, *, table: RuleTable) -> list[tuple[Rule, str]]:
    return [(each.rule, text[each.start : each.end]) for each in table.find_words(make_views(text).squeezed)]


def test_brackets_stand_for_each_of_their_characters() -> None:
    table = read_rule_table(_HEADER + "[微薇]信,contact,refuse,\n")
    assert find("薇-信和微信", table=table) == [(Rule.CONTACT, "薇-信"), (Rule.CONTACT, "微信")]


def test_a_word_inside_its_exception_is_none_and_beside_it_is_one() -> None:
    table = read_rule_table(_HEADER + "第一,absolute,review,第一次|排在第一位\n")
    assert find("第一次来，第一。", table=table) == [(Rule.ABSOLUTE_HINT, "第一")]
    assert find("排在第一位", table=table) == []


def test_terms_are_read_as_texts_are() -> None:
    table = read_rule_table(_HEADER + "Ｖ 信,contact,refuse,\n貸款,trade,refuse,\n")
    assert find("v信办贷款", table=table) == [(Rule.CONTACT, "v信"), (Rule.TRADE, "贷款")]


def test_one_spelling_may_have_two_rows() -> None:
    table = read_rule_table(_HEADER + "蓝鲸,trade,review,\n蓝鲸,contact,refuse,\n")
    assert [rule for rule, _ in find("蓝鲸", table=table)] == [Rule.TRADE_HINT, Rule.CONTACT]


def test_the_version_changes_with_the_table() -> None:
    versions = {read_rule_table(_HEADER + f"{term},trade,review,\n").version for term in ("蓝鲸", "白鲸", "蓝鲸")}
    assert len(versions) == 2
    assert get_shipped_rules() is get_shipped_rules()


@pytest.mark.parametrize(
    ("source", "row", "column"),
    [
        ("word,class\n", 0, "term, class, verdict, exceptions"),
        (_HEADER, 1, "term"),
        (_HEADER + "蓝鲸,trade,review,\n,trade,review,\n", 2, "term"),
        (_HEADER + "。，,trade,review,\n", 1, "term"),
        (_HEADER + "蓝鲸,whale,review,\n", 1, "class, verdict"),
        (_HEADER + "蓝鲸,trade,accept,\n", 1, "class, verdict"),
        (_HEADER + "[一二三四五六七八][一二三四五六七八][一二三四五六七八],trade,review,\n", 1, "term"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(source: str, row: int, column: str) -> None:
    with pytest.raises(RuleTableError) as caught:
        read_rule_table(source)
    assert (caught.value.row, caught.value.column) == (row, column)
