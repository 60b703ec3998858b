"""The words of an invited person's page, in Chinese and English, and the page around them. No script, nothing foreign.

Everything that a person wrote is escaped. The page names nobody: neither who is asked nor who asks.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

from messaging.campaigns.clock_time import SHANGHAI
from messaging.campaigns.masking import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from messaging.delivery.answers import ShownLine


class Language(StrEnum):
    """The languages of the page."""

    ZH = "zh"
    EN = "en"


WORDS: Final[dict[Language, dict[str, str]]] = {
    Language.ZH: {
        "title": "想听听您的看法",
        "ask": "我们的产品企划想听听您的看法，您可以回复，也可以不回复。",
        "masked": "对方看不到您的姓名、电话和地址；您写下的电话、微信、住址等会自动隐去。",
        "open": "回复即表示同意对话。对话保留 14 天，您可随时结束，对方不会收到通知。",
        "stop_all": "不想再收到任何消息：回复短信“R”，或在 App 内关闭信息推送。",
        "write": "写给企划",
        "first": "同意并回复",
        "more": "发送",
        "stop": "结束，不再继续",
        "you": "您",
        "other": "企划",
        "said": "已收到，谢谢。",
        "full": "今天写的已经够多，请明天再来。",
        "until": "可回复至",
        "closed": "此链接已失效，或对话已结束。",
        "switch": "English",
    },
    Language.EN: {
        "title": "We would like to hear your view",
        "ask": "One of our product planners would like to hear your view. You may answer or not.",
        "masked": "They do not see your name, phone or address; phones, accounts and addresses you write are hidden.",
        "open": "By answering you agree to talk. The talk stays open for 14 days; end it any time, they are not told.",
        "stop_all": "To get no more messages at all, answer the text message with R, or switch it off in the app.",
        "write": "Your message",
        "first": "Agree and answer",
        "more": "Send",
        "stop": "End this, do not go on",
        "you": "You",
        "other": "Planner",
        "said": "Received, thank you.",
        "full": "That is enough for today; please come back tomorrow.",
        "until": "Open until",
        "closed": "This link is no longer good, or the talk has ended.",
        "switch": "中文",
    },
}

_STYLE: Final = (
    "body{margin:0 auto;max-width:34rem;padding:1rem;font:1rem/1.6 system-ui,sans-serif;color:#1d2329;background:#fff}"
    "h1{font-size:1.2rem}ul{padding-left:1.2rem}textarea,button{font:inherit;width:100%;box-sizing:border-box}"
    "textarea{padding:.6rem;border:1px solid #667;border-radius:.4rem}"
    "button{margin-top:.6rem;padding:.7rem;border:0;border-radius:.4rem;background:#0b5c46;color:#fff}"
    "button.quiet{background:#eceff1;color:#1d2329}.line{margin:.5rem 0;padding:.5rem .7rem;border-radius:.4rem;"
    "background:#eef2f0;overflow-wrap:anywhere}.own{background:#e3ecf7}.note{color:#0b5c46}small{color:#4a545d}"
    "a{color:#0b5c46}"
)
_CSS: Final = Markup(_STYLE)  # noqa: S704 - a literal
_STYLE_SHA256: Final = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_SHA256}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: the lines so far, until when one may write, and what just happened (`said`, `full`)."""

    lines: Sequence[ShownLine]
    until: datetime
    form_id: str
    note: str | None
    is_accepted: bool


def write_closed(language: Language, *, signature: str) -> str:
    """Return the page of a link that leads nowhere."""
    return _frame(language, _fill("<p>{}</p>", WORDS[language]["closed"]), signature=signature)


def write_page(language: Language, shown: Shown, *, signature: str) -> str:
    """Return the page of an open invitation or conversation."""
    words = WORDS[language]
    until = f"{shown.until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    note = _fill('<p class="note" role="status">{}</p>', words[shown.note]) if shown.note else Markup("")
    rules = [_fill("<li>{}</li>", words[name]) for name in ("masked", "open", "stop_all")]
    parts = [
        _fill("<p>{}</p>", words["ask"]),
        _fill("<ul>{}</ul>", Markup("").join(rules)),
        Markup("").join(_write_line(line, words=words) for line in shown.lines),
        note,
        _write_forms(shown, words=words),
        _fill("<p><small>{} {} (UTC+8)</small></p>", words["until"], until),
    ]
    return _frame(language, Markup("").join(parts), signature=signature)


def _write_line(line: ShownLine, *, words: dict[str, str]) -> Markup:
    kind, who = ("line own", words["you"]) if line.is_users else ("line", words["other"])
    at = f"{line.at.astimezone(SHANGHAI):%m-%d %H:%M}"
    return _fill('<div class="{}"><small>{} {}</small><br>{}</div>', kind, who, at, line.body)


def _write_forms(shown: Shown, *, words: dict[str, str]) -> Markup:
    hidden = _fill('<input type="hidden" name="form" value="{}">', shown.form_id)
    say = _fill(
        '<form method="post"><label for="text">{}</label><textarea id="text" name="text" rows="4" required '
        'maxlength="{}"></textarea>{}<button name="act" value="say">{}</button></form>',
        words["write"], LONGEST_LINE, hidden, words["more"] if shown.is_accepted else words["first"],
    )  # fmt: skip
    stop = _fill(
        '<form method="post">{}<button class="quiet" name="act" value="stop">{}</button></form>', hidden, words["stop"]
    )
    return say + stop


def _frame(language: Language, content: Markup, *, signature: str) -> str:
    words = WORDS[language]
    other = Language.EN if language is Language.ZH else Language.ZH
    tag = "zh-CN" if language is Language.ZH else "en"
    return _fill(
        '<!DOCTYPE html><html lang="{}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><title>{}</title><style>{}</style></head>'
        '<body><main><h1>{} · {}</h1>{}</main><p><a href="?lang={}" hreflang="{}">{}</a></p></body></html>',
        tag, words["title"], _CSS, signature, words["title"], content, other, other, words["switch"],
    )  # fmt: skip


def _fill(template: str, *parts: object) -> Markup:
    """Put parts into a template of ours; what is not markup already is escaped."""
    return Markup(template).format(*(escape(part) for part in parts))  # noqa: S704 - templates are literals above
