"""A table of what people really answer: everything that may be a refusal ends it, honest replies do not."""

from __future__ import annotations

import time

import pytest

from messaging.delivery.opt_outs import means_opt_out

REFUSALS = (
    "拒絕", "別發", "別再發了", "請回復R", "回覆R", "请回复R", "勿扰", "请勿打扰", "請勿打擾", "停", "停吧", "请停",
    "不", "不。", "不了，谢谢", "不不不", "RR", "R R", "r r r", "R吧", "R，谢谢", "R, thanks", "发R", "发送R",
    "我回复R了",
    "stop stop stop", "STOP STOP", "stopstopstop", "退订" * 7, "退訂", "退 订", "退\u200b订", "T.D.", "T D", "TDTD",
    "TD谢谢", "Ｔ Ｄ", "ⓡ", "unsubscribe me", "Please unsubscribe me from all of these lists, thank you very much",
    "please stop messaging me", "Stop sending me these texts every single day, I have asked you politely before, ok",
    "你们的活动我没有兴趣了解，以后麻烦把我的号码退订掉好吗谢谢",
    "我已经说过很多次了，这个号码请你们拒收处理，不然我报警",
    "请不要再给我发这种短信了，谢谢你们", "麻烦以后别再往这个手机号码上面发送广告了", "no", "No, thanks",
    "no thank you",
    "not interested", "Opt out", "opt-out please", "回复R可以吗", "拒收请回复R", "不用了", "不用，谢谢", "不必了", "别",
    "不需要", "暫不需要", "不想要了", "没兴趣", "再发投诉", "拉黑了", "骗子", "滚", "cancel please", "回N", "N N",
    "tui ding", "don't text me", "R🙏", "不行", "我不要", "删除我", "取消訂閱",
)  # fmt: skip

HONEST = (
    "", "好", "好的", "明天来", "多少钱", "要什么条件", "OK", "ok了", "可以", "rt", "谢谢", "收到", "什么时候送货", "1",
    "Y", "yes", "想了解一下", "在哪里", "地址发我", "几点关门", "停车方便吗", "昨天停电了", "不错", "不客气", "不知道",
    "不好意思，请问价格", "不用谢", "要不要预约", "需不需要带发票", "冰箱特别发烫", "有R290的吗", "T系列多少钱",
    "再发一次地址", "outdoor unit?", "want", "no problem", "friend", "recommend one", "trade in", "需要", "我要",
    "你好", "能以旧换新吗", "别的型号有吗", "不要钱吗", "滚筒洗衣机有货吗", "hit", "N95", "R2", "这个有什么区别",
    "想不想换新",
    "昨天去门店问过冰箱，师傅说下周可以来看看取消了没有", "明天上午十点到下午四点之间都在家，不要太晚就行，麻烦师傅了",
)  # fmt: skip


def test_the_tables_are_long_enough() -> None:
    assert len(set(REFUSALS)) >= 40
    assert len(set(HONEST)) >= 30


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_ends_it(text: str) -> None:
    assert means_opt_out(text)


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_reply_does_not(text: str) -> None:
    assert not means_opt_out(text)


@pytest.mark.parametrize("text", ["回" * 8000, "r" * 8000, "r t " * 2000, "退 " * 4000, "特别" * 4000])
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()
    means_opt_out(text)
    assert time.perf_counter() - began < 0.5
