"""The page behind an invitation's link: any browser, no script, no log-in. The code in the link is the whole key.

Looking changes nothing, so that whoever previews links accepts nothing; only a posted form does. A form posted twice
is one act. A link that never was, has expired or was ended shows the same.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, request

from messaging.delivery.answers import end_talk, find_by_code, find_lines, write_line
from messaging.delivery.page_words import HEADERS, Language, Shown, write_closed, write_page

if TYPE_CHECKING:
    from messaging.delivery.everywhere import Everywhere, GatewayParts

_CODE: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_FORM_ID: Final = re.compile(r"[0-9a-f]{32}")
_NOTES: Final = frozenset({"said", "full"})
_UNKNOWN: Final = 404


def register_page(app: Flask, *, groups: Everywhere) -> None:
    """Add GET and POST /t/{code}; `groups` do what needs a database, in time or not at all."""

    @app.get("/t/<code>")
    def show_page(code: str) -> Response:
        language, note = _read_language(), request.args.get("note")
        return groups.find(lambda here: _show(here, code, language=language, note=note), is_nothing=_is_unknown)

    @app.post("/t/<code>")
    def take_form(code: str) -> Response:
        language = _read_language()
        form = {name: request.form.get(name, "") for name in ("form", "act", "text")}
        return groups.find(lambda here: _take(here, code, form, language=language), is_nothing=_is_unknown)


def _is_unknown(answer: Response) -> bool:
    """Say whether a group knows no such link; another may."""
    return answer.status_code == _UNKNOWN


def _read_language() -> Language:
    return Language.EN if request.args.get("lang") == Language.EN else Language.ZH


def _show(parts: GatewayParts, code: str, *, language: Language, note: str | None = None) -> Response:
    with parts.sessions() as session:
        talk = find_by_code(session, code, now=parts.clock()) if _CODE.fullmatch(code) else None
        if talk is None:
            return _close(parts, language=language)
        shown = Shown(
            lines=find_lines(session, talk),
            until=talk.talk_until or talk.answer_by,
            form_id=secrets.token_hex(16),
            note=note if note in _NOTES else None,
            is_accepted=talk.accepted_at is not None,
        )
    return Response(write_page(language, shown, signature=parts.signature), headers=HEADERS)


def _take(parts: GatewayParts, code: str, form: dict[str, str], *, language: Language) -> Response:
    if not _FORM_ID.fullmatch(form["form"]) or form["act"] not in {"say", "stop"}:
        return Response("", 400, headers=HEADERS)
    now = parts.clock()
    with parts.sessions.begin() as session:
        talk = find_by_code(session, code, now=now, is_locked=True) if _CODE.fullmatch(code) else None
        if talk is None:
            return _close(parts, language=language)
        if form["act"] == "stop":
            end_talk(session, talk, now=now)
            return _close(parts, language=language, status=200)
        source = f"form:{talk.campaign_id}:{form['form']}"
        is_taken = write_line(session, talk, text=form["text"], source=source, now=now)
    # The answer leads to a page that can be reloaded without posting again.
    return Response("", 303, headers=HEADERS | {"Location": f"?lang={language}&note={'said' if is_taken else 'full'}"})


def _close(parts: GatewayParts, *, language: Language, status: int = _UNKNOWN) -> Response:
    return Response(write_closed(language, signature=parts.signature), status, headers=HEADERS)
