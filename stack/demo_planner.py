"""The planner's part of the demo: a card, an invitation, an answer from a phone and one from the page, both masked."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import requests

from stack.telling import demand, say, wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stack.demo_client import Carrier, FieldClient, Json

_INVITATIONS: Final = "/v1/jiaohubao/invitations"
_CONVERSATIONS: Final = "/v1/jiaohubao/conversations"
_LINK: Final = re.compile(r"https?://\S+/t/[A-Za-z0-9_-]{22}")
_FORM: Final = re.compile(r'name="form" value="([0-9a-f]{32})"')
_BLANK: Final = re.compile(r"·{22}")
_WITHIN_S: Final = 60
_TIMEOUT_S: Final = 10
_DIGITS: Final = str.maketrans("0123456789", "零一二三四五六七八九")


def talk_with_somebody(planner: FieldClient, carrier: Carrier) -> Mapping[str, str]:
    """Tell the planner's story; returns the ids of the invitation and the conversation that came of it."""
    card = planner.get("/v1/jiaohubao/active-users", limit="1")["cards"][0]
    say(f"9. A planner opens the radar. A card, which is nobody yet: {card['text_en']}")
    sent = _invite(planner, card)
    say(f"   Invited, state {sent['state']}: {sent['final_text']}")
    phone, text = _find_arrival(carrier, str(sent["final_text"]))
    say(f"   On one phone, as only the carrier sees it: {text}")
    carrier.reply(phone, "声音有点大，打我电话13912345678细说")
    path = f"{_INVITATIONS}/{sent['invitation_id']}"
    wait_for(lambda: planner.get(path)["state"] == "accepted", within_s=_WITHIN_S, otherwise="no answer came over")
    handle = str(planner.get(path)["handle"])
    say(f"   The phone answers; the planner reads, of {handle[:8]}…: {_read(planner, handle)[0]}")
    planner.post(f"{_CONVERSATIONS}/{handle}/messages", {"body": "谢谢，夜里也响吗"}, key=str(uuid4()))
    link = _LINK.search(text)
    demand(that=link is not None, otherwise="the text has no link")
    _answer_on_page(link[0] if link else "", expected="谢谢，夜里也响吗")
    wait_for(lambda: len(_read(planner, handle)) > 2, within_s=_WITHIN_S, otherwise="the page's line did not come over")  # noqa: PLR2004 - three lines
    say(f"   And from the page, without log-in or script: {_read(planner, handle)[0]}")
    return {"invitation_id": str(sent["invitation_id"]), "handle": handle}


def _invite(planner: FieldClient, card: Json) -> Json:
    now = f"{datetime.now(UTC):%H%M%S}".translate(_DIGITS)
    body = f"想请教您的使用感受，回复即可（{now[:2]}甲{now[2:4]}乙{now[4:]}）"
    return planner.post(_INVITATIONS, {"card_id": card["card_id"], "body": body}, key=str(uuid4()))


def _find_arrival(carrier: Carrier, final_text: str) -> tuple[str, str]:
    before = _BLANK.split(final_text)[0]
    found: list[tuple[str, str]] = []

    def has_arrived() -> bool:
        found[:] = carrier.find_starting(before)
        return bool(found)

    wait_for(has_arrived, within_s=_WITHIN_S, otherwise="the invitation did not leave")
    demand(that=len(found) == 1, otherwise=f"one invitation reached {len(found)} phones")
    return found[0]


def _read(planner: FieldClient, handle: str) -> list[str]:
    items = planner.get(f"{_CONVERSATIONS}/{handle}/messages")["items"]
    return [f"{item['speaker']}: {item['body']}" for item in items]


def _answer_on_page(link: str, *, expected: str) -> None:
    def open_page() -> str:
        return requests.get(link, timeout=_TIMEOUT_S).text

    wait_for(lambda: expected in open_page(), within_s=_WITHIN_S, otherwise="the planner's line is not on the page")
    form = _FORM.search(open_page())
    demand(that=form is not None, otherwise="the page has no form")
    fields = {"form": form[1] if form else "", "act": "say", "text": "夜里更响，我叫张三丰"}
    requests.post(link, data=fields, timeout=_TIMEOUT_S).raise_for_status()
