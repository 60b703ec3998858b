"""What of a conversation's lines is masked, and what is not."""

from __future__ import annotations

import sys
from unicodedata import category, numeric

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.campaigns.masking import mask_line


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("电话13912345678", "电话[masked]"),
        ("一三九一二三四五六七八打给我", "[masked]打给我"),
        ("13 9 1 2 3 4 5678", "[masked]"),
        ("微信号：abc12345", "[masked]"),
        ("看 www.example.com", "看 [masked]"),
        ("写到 someone@example.com", "写到 [masked]"),
        ("住3号楼2单元501室", "住[masked]"),
        ("370202199001011234", "[masked]"),
        ("我叫张三丰", "我叫[masked]"),
        ("我是王先生", "我是[masked]"),
        ("My name is Li Lei", "My name is [masked]"),
        ("一\n二", "一 二"),
        ("好的\x00再见", "好的 再见"),
        ("❶❸❽❶❷❸❹❺❻❼❽打给我", "[masked]打给我"),
        ("Ⅰ Ⅲ Ⅷ Ⅰ Ⅱ Ⅲ Ⅳ Ⅴ Ⅵ Ⅶ Ⅷ", "[masked]"),
        ("1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", "[masked]"),
        ("打138㎡1234㎡5678", "打[masked]"),
        ("138m²1234m²5678", "[masked]"),
        ("138½1234½5678", "[masked]"),
        ("写到 zháng＠example．com", "写到 [masked]"),
        ("我叫 张三", "我叫 [masked]"),
        ("我叫：张三", "我叫：[masked]"),
        ("本人姓张名三", "本人姓[masked]"),
        ("加我V信 abc_123", "加我[masked]"),
        ("我的V信是abc_123", "我的[masked]"),
        ("weixin abc_12", "[masked]"),
        ("香港中路８号叁栋贰单元伍零壹", "香港中路[masked]"),
        ("住三栋五零一", "住[masked]"),
        ("③栋②单元", "[masked]"),
    ],
)
def test_what_leads_to_a_person_is_masked(line: str, masked: str) -> None:
    assert mask_line(line) == masked


@pytest.mark.parametrize(
    "line",
    [
        "我是老用户了，冰箱用了8年",
        "300升的，2019年买的，3000元左右",
        "型号BCD-452WDPF，声音有点大",
        "The refrigerator is too loud",
        "每天开门二三十次，晚上七八点最多",
        "我是高兴的",
        "98㎡的房子，30m²的客厅",
        "两室一厅，第一次买，一座老房子",
        "第一代Ⅱ型，买了½年，①声音大②耗电",
        "8号上午在3楼见",
        "用了八年，三口之家，一百二十平",
        "café",
    ],
)
def test_what_somebody_says_of_an_appliance_is_not(line: str) -> None:
    assert mask_line(line) == line


def test_nobody_writes_the_sign_that_stands_for_a_mask_meanwhile() -> None:
    assert mask_line("a\ue000b") == "a b"
    assert len(mask_line("声" * 9000)) == 500


_PHONE = "15412345678"
_BY_DIGIT: dict[str, list[str]] = {digit: [] for digit in "0123456789"}
for _char in map(chr, range(sys.maxunicode + 1)):
    if category(_char) in {"Nd", "Nl", "No"} and numeric(_char, -1) in range(10):
        _BY_DIGIT[str(int(numeric(_char)))].append(_char)
_UNSEEN = st.characters(categories=["Cf", "Mn", "Me"])
_SECRETS = ["电话15412345678", "写到 someone@example.com", "微信号：abc12345", "住3号楼2单元501室", "我叫张三丰"]


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_number_is_masked_in_the_digits_of_any_script(data: st.DataObject) -> None:
    typed = "".join(data.draw(st.sampled_from(_BY_DIGIT[digit])) for digit in _PHONE)
    assert mask_line(f"打{typed}吧") == "打[masked]吧"


@given(line=st.sampled_from(_SECRETS), unseen=_UNSEEN, data=st.data())
@settings(max_examples=300, deadline=None)
def test_what_nobody_sees_hides_nothing(line: str, unseen: str, data: st.DataObject) -> None:
    places = data.draw(st.sets(st.integers(0, len(line))))
    typed = "".join(f"{unseen}{char}" if place in places else char for place, char in enumerate(line))
    assert mask_line(typed) == mask_line(line)


@given(line=st.text(st.characters(), max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_line_can_be_stored(line: str) -> None:
    masked = mask_line(line)
    assert masked.isprintable() or not any(category(char) in {"Cc", "Cs", "Cf"} for char in masked)
    assert mask_line(masked) == masked
