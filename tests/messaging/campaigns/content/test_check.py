"""The whole check: honest texts pass, numbers and addresses do not, each with its span."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.details import DETAILS, get_detail
from messaging.campaigns.content.rules import get_shipped_rules
from messaging.campaigns.content.terms import read_rows
from messaging.campaigns.content.values import Rule, RuleClass, Verdict
from messaging.campaigns.content.words import build_rule_table
from tests.messaging.campaigns.examples import RULES

_HONEST = """
老小区冰箱以旧换新，11月18日至25日到店最高补贴2000元
海尔路店空调满3000减300，满5000减600，周末9:00-20:00到店
您家洗衣机用了8年以上？以旧换新直降500元，免费上门拆装
BCD-501WKPZM对开门冰箱到店价3999元，送货上门，欢迎选购
电视50/55/65/75寸全系8折，2026.11.18-11.25，限云霄路店
周六上午9点到12点，小区广场免费检测热水器，欢迎参加
洗碗机3999/4999/5999元三档可选，分期免息，到店体验
KFR-35GW/26空调一级能效，到手价2599元，限前100名
地址：市南区香港中路100号2楼201室，进店有礼
微信支付立减50元，最新款油烟机到店，第一时间体验
XQG100-14BD滚筒洗衣机，10kg大容量，原价4299现价3299元
双11大促11.1-11.11，冰箱洗衣机8.5折起，买二送一
冷柜BD/BC-200满1000-100，2026年11月30日前有效
最近降温，热水器维护最好提前预约，免费上门
邀您参加新品访谈，约30分钟，11月20日14:00开始，有礼品
您好，想了解您使用洗衣机的感受，参加可得100元购物卡
油烟机清洗服务，3号楼1单元至5单元，本周日10点到16点
能效比5.2，节能约30%，每年省电约200度，欢迎到店了解
青禾电器店庆，1、2、3楼全场满2000送200，送完为止
5匹中央空调，适合80-120平米，包安装，10年保修
""".strip().splitlines()

_NUMBERS = """
联系13800138000价格优惠
一三八零零一三八零零零欢迎
138-0013-8000有惊喜礼品
请打1 3 8 0 0 1 3 8 0 0 0
1.3.8.0.0.1.3.8.0.0.0冰箱
138元0013元8000元特价冰箱
幺三八转零零幺三转八零零零
１３８００１３８０００冰箱优惠
139a0013b8000冰箱优惠活动
依伞吧零零依伞吧零零零冰箱
壹叁捌零零壹叁捌零零零冰箱
壹貳捌零零壹叁捌零零零冰箱
138/0013/8000元特价冰箱
+86 138 0013 8000订购
0532-88886666咨询冰箱
（0532）8888 6666咨询冰箱
400-800-1234咨询冰箱
四零零八零零一二三四冰箱
请打8888-6666咨询冰箱
编号1234567领取礼品
1啊3啊8啊0啊0啊1啊3啊8啊0啊0啊0
l38oo138ooo优惠多多
丨59丨2233丨4455冰箱
联系一五九-二二三三-四四五五
零五三二 八三八六 一二三四
""".strip().splitlines()

_ADDRESSES = """
详见www.baidu.com冰箱优惠
请看t.cn/A6xyz优惠详情
登录淘宝点com看冰箱优惠
请看baidu。com冰箱优惠
w w w b a i d u c o m 冰箱优惠
请看ｂａｉｄｕ．ｃｏｍ优惠
打开baidu dot com看优惠
https://a.b/冰箱优惠活动
冰箱优惠abc.top限时抢购
冰箱优惠baidu,com看详情
登录192.168.1.1看冰箱
看b a i d u . c o m冰箱
冰箱活动qinghe点cn报名
青禾.中国有冰箱优惠
abc点xyz看冰箱优惠
""".strip().splitlines()


@pytest.mark.parametrize("text", _HONEST)
def test_honest_texts_are_accepted(text: str) -> None:
    verdict = check_text(text, rules=RULES)
    assert (verdict.verdict, verdict.findings) == (Verdict.ACCEPT, ())


@pytest.mark.parametrize("text", [*_NUMBERS, *_ADDRESSES])
def test_numbers_and_addresses_are_refused_for_their_structure(text: str) -> None:
    content = check_text(text, rules=RULES)
    assert content.verdict is Verdict.REFUSE
    refusing = [each for each in content.findings if each.verdict is Verdict.REFUSE]
    assert RuleClass.STRUCTURE in {each.rule_class for each in refusing}


@pytest.mark.parametrize(
    ("text", "rule", "span"),
    [
        ("联系13800138000吧", Rule.MOBILE_NUMBER, "13800138000"),
        ("冰箱请打0532-88886666", Rule.LANDLINE_NUMBER, "0532-88886666"),
        ("冰箱请打400 800 1234吧", Rule.SERVICE_NUMBER, "400 800 1234"),
        ("冰箱编号1234567吧", Rule.LONG_NUMBER, "1234567"),
        ("冰箱优惠看qh-dq.com吧", Rule.DOMAIN, "qh-dq.com"),
        ("冰箱优惠加 薇 信聊", Rule.CONTACT, "加 薇"),
        ("冰箱全网最 低 价", Rule.ABSOLUTE, "最 低 价"),
        ("办理貸 款请到店里来", Rule.TRADE, "貸 款"),
        ("冰箱优惠找abc12345领", Rule.HANDLE, "abc12345"),
    ],
)
def test_a_finding_names_its_rule_and_its_span(text: str, rule: Rule, span: str) -> None:
    found = {(each.rule, text[each.start : each.end]) for each in check_text(text, rules=RULES).findings}
    assert (rule, span) in found


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("冰箱优惠，欢迎扫码预约", Verdict.REVIEW),
        ("这台冰箱是我们用过最舒服的", Verdict.REVIEW),
        ("办理信用卡分期免息购冰箱", Verdict.ACCEPT),
        ("办理信用卡就送冰箱一台", Verdict.REVIEW),
        ("冰箱质量最好，欢迎选购", Verdict.REFUSE),
    ],
)
def test_certain_is_refused_and_doubtful_is_reviewed(text: str, verdict: Verdict) -> None:
    assert check_text(text, rules=RULES).verdict is verdict


@pytest.mark.parametrize(("length", "rule"), [(4, Rule.TOO_SHORT), (5, None), (58, None), (59, Rule.TOO_LONG)])
def test_the_length_of_a_text_is_5_to_58_units(length: int, rule: Rule | None) -> None:
    findings = check_text(f" {'好' * length} ", rules=RULES).findings
    assert [each.rule for each in findings] == ([rule] if rule else [])


def test_what_is_too_long_is_marked_from_where_it_no_longer_fits() -> None:
    (finding,) = check_text(" " + "好" * 60 + " ", rules=RULES).findings
    assert (finding.start, finding.end) == (59, 61)


def test_beyond_500_characters_no_pattern_reads_the_text() -> None:
    content = check_text("13800138000" * 50, rules=RULES)
    assert [each.rule for each in content.findings] == [Rule.TOO_LONG]


@given(text=st.text(st.one_of(st.characters(), st.sampled_from("1380一点.com微信最❤ ")), max_size=120))
@settings(max_examples=200, deadline=None)
def test_every_finding_lies_inside_the_text(text: str) -> None:
    content = check_text(text, rules=RULES)
    assert all(0 <= each.start <= each.end <= len(text) for each in content.findings)
    assert (content.verdict is Verdict.ACCEPT) == (not content.findings)
    assert content.rules_version == get_shipped_rules().version


def test_another_table_replaces_the_words() -> None:
    table = build_rule_table(read_rows("term,class,verdict,exceptions\n蓝鲸,trade,refuse,\n"))
    assert check_text("蓝鲸冰箱以旧换新", rules=RULES, table=table).verdict is Verdict.REFUSE
    assert check_text("蓝鲸冰箱以旧换新", rules=RULES).verdict is Verdict.ACCEPT


def test_every_rule_is_explained_in_both_languages() -> None:
    assert set(DETAILS) == set(Rule)
    assert get_detail(Rule.URL, language="en-GB") == "The text must not contain a web address."
    assert get_detail(Rule.URL, language="zh-CN") == "不能包含网址。"
