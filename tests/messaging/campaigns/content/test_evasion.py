"""Numbers, addresses, accounts and claims in disguise: certain ones are refused, doubtful ones read by a person."""

from __future__ import annotations

import pytest

from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import Rule, Verdict
from tests.messaging.campaigns.examples import RULES

_CERTAIN = """
冰箱138-----0013-----8000优惠
冰箱138、、、、、0013、、、、、8000
冰箱138……0013……8000优惠
满138减0013送8000
138层0013室8000号
138楼0013号8000室
2023年138月00日138000号
冰箱138-中-0013-间-8000
前三位138中间0013后四位8000
先拨138，再拨0013，最后8000
腰三八动动腰三八动动动
么三八零零么三八零零零
一百三十八 零零一十三 八千
冰箱优惠is.gd/abc
详见is.gd冰箱
点开b23点tv看冰箱
登录haier点卡姆看冰箱
看haier.xn--fiqs8s冰箱
冰箱优惠V：haier88
冰箱我v：haier8优惠
冰箱嘉微haier88优惠
冰箱佳威haier88优惠
冰箱优惠+薇haier88
冰箱优惠Q：123456
冰箱优惠Q群12345
冰箱Q一二三四五六
冰箱球球123456
冰箱企鹅123456优惠
冰箱秋秋123456优惠
冰箱蔻蔻123456优惠
冰箱威芯haier优惠
冰箱zui低价优惠
冰箱zuidi价到店
冰箱蕞低价优惠
净水器100%纯净好水
冰箱优惠拨137*****6655*****4432
冰箱137/////6655/////4432
冰箱1376,,,,,,655,,,,,,4432
冰箱137（6655）（4432）优惠
型号a137b6655c4432冰箱
型号AB137CD6655EF4432冰箱
一百三十七 六千六百五十五 四千四百三十二
一百三十七六千六百五十五四千四百三十二
一三七六六五五四四三二到店
要三七六六五五四四三二到店
幺三拐六六五五四四三两到店
137加6655加4432冰箱
先按137六六五五然后4432冰箱
区号零五三二然后八八八六六六五五
冰箱0532加8866加5544优惠
冰箱0532点8866点5544到店
我店 1 3 7 六 六 五 五 4 4 3 2
冰箱13:76:65:54:43:2到店
冰箱137.6655.4432元特惠
冰箱137+6655+4432=优惠
冰箱vx-haier2020优惠
冰箱W：haier2020优惠
冰箱VX haierqd咨询
冰箱薇haierqd咨询
冰箱围haier_88咨询
冰箱加V haierqd咨询
冰箱+V haierqd咨询
冰箱微我haierqd咨询
冰箱扣123456咨询
冰箱叩叩:987654咨询
冰箱Q號：987654咨询
冰箱鹅号987654咨询
冰箱裙987654咨询
冰箱峮号987654进来聊
冰箱打开qd.ru看优惠
冰箱看haier丶com优惠
冰箱看haier=com优惠
冰箱看haier.c0m优惠
冰箱看haier..com优惠
冰箱看海尔点康母优惠
冰箱看haier点西嗯优惠
冰箱看haier小数点cn优惠
冰箱看haier句号com优惠
净水器百分之百纯净好水
冰箱嘴低价到店
冰箱第①品牌到店
冰箱全网蕞便宜到店
冰箱No1品牌到店
冰箱优惠139.....2247.....8163到店
一百三十九，二千二百四十七，八千一百六十三
咨询拨一三九再拨二二四七末尾八一六三
妖散酒二二四七八一六三到店
要三久两两四期八一六三到店
工号：7788990到店有礼
冰箱139~~~~~~~2247~~~~~~~8163
0532分机8877店6655有礼
四零零，八二三，四五六七咨询
店号 八 八 六 六 五 五 四 四
冰箱优惠打幺叁玖22四七81六3
冰箱微：qdhaier咨询
咨询wei xin qdhaier到店
维欣：qdhaier送礼
伽威qdhaier送礼
冰箱Q Q 八八六六五四
企额654321送礼
QQ裙：654321送礼
冰箱优惠看qdhaier点抗母
打开dwz点vip领冰箱券
打开u。nu斜杠ab领券
看qd-haier.store领券
打开ha ier 点 c n领券
本店冰箱价格zui实惠
全城罪低冰箱价格
净水100％安全无忧
纯净度百分之一百安全
全网NO.1冰箱品牌
冰箱到店领券，报手机尾数前138后00138000
冰箱1开头38接着00接着13再8000
冰箱优惠138零0一3捌千
冰箱138，一楼0013，二楼8000
冰箱只要138元，0013号店，满8000送礼
冰箱yao san ba ling ling到店
冰箱yi3ba00yi3ba000到店
冰箱l三8O零l三8O零零到店
找店里的小王要他的V，haier88
小企鹅654321送礼
冰箱绿色聊天软件搜青禾
冰箱haier圈a圈qq圈com
冰箱haier艾特qq点com
冰箱b23。tv斜杠abc看
冰箱看haier点c点n
冰箱优惠h-a-i-e-r点商城
冰箱看海尔点网址
冰箱top级品质到店
冰箱第壹品牌到店
冰箱百分佰安全到店
冰箱Zui佳选择到店
净水率达100.0%安全
冰箱加薇聊更优惠
冰箱加个V聊更优惠
冰箱联系店长13捌0013八千
冰箱⼀三八零零
空调0532㎡8237㎡6688
空调138㎡0013㎡8000
空调138°1234°5678
空调138²1234²5678到店
空调138001³8000到店
空调138²34m²5678到店
空调138²001³8000到店
""".strip().splitlines()

# Each has a reading, however unlikely, in which it is honest.
_DOUBTFUL = """
冰箱优惠8588……6677到店
1月3日8点00分13日8点00
冰箱137元6655件4432台到店
满137赠6655返4432有惊喜
137号6655楼4432室开业
137折6655升4432瓦新冰箱
头三个137，然后6655，收尾4432
衣山气流流五五丝丝山儿到店
妖三气柳柳舞舞死死伞二到店
座机八八六六-五五四四转冰箱
四百八百八千一百二十三到店
冰箱1年3月7日6点6分5秒5元4台4件3个2名
冰箱¥137¥6655¥4432特惠
冰箱胃芯haier88咨询
冰箱dd：haierqd咨询
冰箱小红薯haierqd看优惠
冰箱抖y号haierqd看优惠
满139元送2247积分抵8163元
本店139栋2247室8163户专享
邮编139224，门牌78163到店
原价1392元现价2478元省163元
13点92分24秒78米1路6层3室
热水器400升820瓦3456元
电视1-3-9寸2-2-4-7元8-1-6-3
尾号8163中段2247开头139到店
冰箱139a2247b8163c到店
扣一下654321送礼
抖音搜qdhaier送礼
红书qdhaier99送礼
冰箱节1月38日00点13分8000件
衣衫扒灵灵衣衫扒灵灵灵冰箱
冰箱八五八八咱六六七七到店
我的绿标haier88欢迎聊
冰箱威haier88到店
冰箱唯一信haier88到店
腾讯账户654321送礼
南极企鹅那个654321送礼
冰箱咨询tx654321送礼
冰箱最划得来就在青禾
冰箱宇宙第一到店
老电视换新，找小李138㎡1234㎡5678
空调换新138㎡ 1234㎡ 5678
空调400㎡820㎡8820
空调138m²1234m²5678
空调138m21234m25678
空调138cm³1234cm³5678
空调138米²1234米²5678
空调13812㎡345678到店
空调138℃1234㎡5678℃
空调1㎡3㎡8㎡1㎡2㎡3㎡4㎡5㎡6㎡7㎡8
空调158m29690米1888位到店
空调139元9870升8880瓦到店
空调139W9870V8880Hz
空调1755cm³6589cm³829到店
空调149mAh7049mAh3878mAh
空调0层5人3台2匹8升8元6个6寸6瓦8位8件
""".strip().splitlines()


@pytest.mark.parametrize("text", _CERTAIN)
def test_what_is_certain_is_refused(text: str) -> None:
    assert check_text(text, rules=RULES).verdict is Verdict.REFUSE


@pytest.mark.parametrize("text", _DOUBTFUL)
def test_what_is_doubtful_is_read_by_a_person(text: str) -> None:
    assert check_text(text, rules=RULES).verdict is Verdict.REVIEW


@pytest.mark.parametrize(
    ("text", "rule", "span"),
    [
        ("冰箱138……0013……8000优惠", Rule.MOBILE_NUMBER, "138……0013……8000"),
        ("冰箱满138减0013送8000", Rule.HIDDEN_NUMBER, "138减0013送8000"),
        ("冰箱一百三十八 零零一十三 八千", Rule.MOBILE_NUMBER, "一百三十八 零零一十三 八千"),
        ("冰箱优惠看is.gd吧", Rule.DOMAIN, "is.gd"),
        ("冰箱优惠V：haier88", Rule.CONTACT, "V：haier88"),
        ("冰箱优惠球球123456", Rule.CONTACT, "球球123456"),
        ("净水器100%纯净好水", Rule.ABSOLUTE, "100%"),
    ],
)
def test_a_disguise_is_marked_where_it_stands(text: str, rule: Rule, span: str) -> None:
    found = {(each.rule, text[each.start : each.end]) for each in check_text(text, rules=RULES).findings}
    assert (rule, span) in found


@pytest.mark.parametrize("text", ["100%返现到账，冰箱到店选", "冰箱节电，100%纯棉毛巾相送", "会员日100%中奖，冰箱有礼"])
def test_a_whole_that_is_a_term_of_the_offer_is_no_claim(text: str) -> None:
    assert check_text(text, rules=RULES).verdict is Verdict.ACCEPT
