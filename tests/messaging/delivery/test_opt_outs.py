"""Words that end it, and words that do not."""

from __future__ import annotations

import pytest

from messaging.delivery.opt_outs import means_opt_out


@pytest.mark.parametrize(
    "text",
    [
        "TD", "td", "T", "N", "R", "r", "Ｒ", " 退订 ", "退", "拒收", "取消", "停止", "STOP", "stop!", "Unsubscribe",
        "回复R", "回R", "回TD", "回复退订", "“退订”", "退订。", "【退订】", "T.D", "请退订", "我要退订", "别再发了",
        "不要发了",        "退订谢谢", "不需要，谢谢", "回复：TD", "cancel", "t d",
    ],
)  # fmt: skip
def test_these_end_it(text: str) -> None:
    assert means_opt_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "好",
        "可以",
        "什么时候送货",
        "1",
        "多少钱",
        "谢谢",
        "Y",
        "昨天去门店问过冰箱，师傅说下周可以来看看取消了没有",
        "want",
    ],
)
def test_these_do_not(text: str) -> None:
    assert not means_opt_out(text)
