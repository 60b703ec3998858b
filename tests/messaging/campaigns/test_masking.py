"""What of a conversation's lines is masked, and what is not."""

from __future__ import annotations

import pytest

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
    ],
)
def test_what_somebody_says_of_an_appliance_is_not(line: str) -> None:
    assert mask_line(line) == line


def test_nobody_writes_the_sign_that_stands_for_a_mask_meanwhile() -> None:
    assert mask_line("a\ue000b") == "a b"
    assert len(mask_line("声" * 9000)) == 500
