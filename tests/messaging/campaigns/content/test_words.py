"""The word table: spellings, exceptions, versions, and rows that cannot be read."""

from __future__ import annotations

import pytest

from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.rules import extend_shipped_rules, get_shipped_rows, get_shipped_rules
from messaging.campaigns.content.terms import RuleTableError, read_rows, write_rows
from messaging.campaigns.content.values import Rule, Verdict
from messaging.campaigns.content.views import make_views
from messaging.campaigns.content.words import RuleTable, build_rule_table
from tests.messaging.campaigns.examples import RULES

_HEADER = "term,class,verdict,exceptions\n"


def read_rule_table(source: str) -> RuleTable:
    return build_rule_table(read_rows(source))


def judge(text: str, added: str) -> Verdict:
    table = extend_shipped_rules(read_rows(_HEADER + added), number=1)
    return check_text(text, rules=RULES, table=table).verdict


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
        ("", 0, "term, class, verdict, exceptions"),
        (_HEADER, 1, "term"),
        (_HEADER + "蓝鲸,trade,review,,\n", 1, "exceptions"),
        (_HEADER + "蓝鲸,trade,review,白鲸\n", 1, "exceptions"),
        (_HEADER + "蓝[鲸,trade,review,\n", 1, "term"),
        (_HEADER + "蓝鲸*,trade,review,\n", 1, "term"),
        (_HEADER + "蓝*鲸*鱼,trade,review,\n", 1, "term"),
        (_HEADER + "蓝鲸\n", 1, "class"),
        (_HEADER + "蓝鲸,trade,refuse,\n藍鯨,trade,review,\n", 2, "term"),
        (_HEADER + "蓝鲸" * 201 + ",trade,refuse,\n", 1, "term"),
        (_HEADER + "蓝鲸,known,accept,\n", 1, "term"),
        (_HEADER + "bluewhale,known,review,\n", 1, "verdict"),
        (_HEADER + "bluewhale,known,accept,bluewhales\n", 1, "exceptions"),
        (_HEADER + "蓝鲸,trade,review,\n,trade,review,\n", 2, "term"),
        (_HEADER + "。，,trade,review,\n", 1, "term"),
        (_HEADER + "蓝鲸,whale,review,\n", 1, "class"),
        (_HEADER + "蓝鲸,trade,doubt,\n", 1, "verdict"),
        (_HEADER + "[一二三四五六七八][一二三四五六七八][一二三四五六七八][一二],trade,review,\n", 1, "term"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(source: str, row: int, column: str) -> None:
    with pytest.raises(RuleTableError) as caught:
        read_rule_table(source)
    assert (caught.value.row, caught.value.column) == (row, column)


def test_the_shipped_table_reads_back_as_it_is_written() -> None:
    assert tuple(read_rows(write_rows(get_shipped_rows()))) == get_shipped_rows()


@pytest.mark.parametrize(
    ("text", "added", "verdict"),
    [
        ("蓝鲸冰箱以旧换新", "[蓝兰]鲸,trade,refuse,\n", Verdict.REFUSE),
        ("兰 鲸冰箱以旧换新", "[蓝兰]鲸,trade,review,\n", Verdict.REVIEW),
        ("欢迎扫码预约上门", "扫码,contact,refuse,\n", Verdict.REFUSE),
        ("欢迎扫码预约上门", "扫码,contact,accept,\n", Verdict.ACCEPT),
        ("扫码枪坏了请预约", "扫码,contact,review,扫码枪\n", Verdict.ACCEPT),
        ("电话手表到店有礼", "电话,contact,refuse,电话簿\n", Verdict.ACCEPT),
        ("Zephyrion系列到店", "zephyrion,known,accept,\n", Verdict.ACCEPT),
        ("Zephyrions系列到店", "zephyrion,known,accept,\n", Verdict.REVIEW),
        ("型号qh520wd冰箱到店", "QH520WD,known,accept,\n", Verdict.ACCEPT),
        ("冰箱加我zephyrion8吧", "zephyrion8,known,accept,\n", Verdict.REFUSE),
        ("看zephyrion.com冰箱", "zephyrion.com,known,accept,\n", Verdict.REFUSE),
        ("冰箱15412345678到店", "a15412345678,known,accept,\n", Verdict.REFUSE),
    ],
)
def test_an_operators_rows_go_over_the_shipped_ones(text: str, added: str, verdict: Verdict) -> None:
    assert judge(text, added) is verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("办dai款到店", Verdict.REFUSE), ("du博赢冰箱", Verdict.REFUSE), ("带宽足的智能冰箱", Verdict.ACCEPT)],
)
def test_a_word_in_pinyin_is_the_word_and_two_characters_that_sound_alike_are_not(text: str, verdict: Verdict) -> None:
    assert check_text(text, rules=RULES).verdict is verdict


def test_three_characters_that_sound_like_a_word_are_read_by_a_person() -> None:
    table = read_rule_table(_HEADER + "蓝鲸湾,trade,refuse,\n")
    assert find("篮惊万", table=table) == [(Rule.TRADE_HINT, "篮惊万")]
    assert find("lan鲸wan和LANJINGWAN", table=table) == [(Rule.TRADE, "lan鲸wan"), (Rule.TRADE, "LANJINGWAN")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("请蓝鲸游到白沙湾", ["蓝鲸游到白沙"]),
        ("请灰-鲸1234561海湾", []),
        ("请灰-鲸123456海湾", ["灰-鲸123456海湾"]),
        ("海湾里有蓝鲸", []),
        ("蓝鲸馆在白沙湾", []),
        ("蓝鲸蓝鲸白沙", ["蓝鲸蓝鲸白沙", "蓝鲸白沙"]),
    ],
)
def test_a_star_joins_two_words_that_stand_near_in_this_order(text: str, found: list[str]) -> None:
    table = read_rule_table(_HEADER + "(蓝鲸|灰鲸|海豚)*(白沙|海湾),trade,review,(蓝鲸|灰鲸|海豚)[馆园]\n")
    assert [span for _, span in find(text, table=table)] == found


@pytest.mark.parametrize(
    "text",
    ["退订请拨8888", "本店短信不可退订", "不想收到请回复8", "冰箱换新，拒 收回8", "tui订找冰箱店长", "冰箱换新，回TD吧",
     "冰箱换新，回复T退出", "不要再收短信请到店登记", "取消订阅请到店办理"],
)  # fmt: skip
def test_a_body_tells_nobody_how_to_opt_out_for_that_stands_in_the_suffix(text: str) -> None:
    content = check_text(text, rules=RULES)
    assert content.verdict is Verdict.REVIEW
    assert Rule.DECEPTION_HINT in {each.rule for each in content.findings}
