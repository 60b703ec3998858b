"""What the stub API's texts and problems look like: three content rules, the frame of a message, problem+json."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from flask import Response

SIGNATURE, SUFFIX = "青禾电器", "拒收请在App内设置"
RULES = (
    ("mobile_number", "structure", re.compile(r"1[3-9]\d{9}"), "不能写手机号码。"),
    ("domain", "structure", re.compile(r"[a-z0-9]+\.(?:com|cn)"), "不能写网址或域名。"),
    ("absolute_claim", "words", re.compile(r"全网最低|国家级|第一品牌"), "广告法不允许的绝对化用语。"),
)


def find_findings(body: str) -> list[dict[str, Any]]:
    """Return what the stub's rules find in a text, spans half-open."""
    found = [
        {"rule": rule, "class": kind, "start": match.start(), "end": match.end(), "detail": detail}
        for rule, kind, pattern, detail in RULES
        for match in pattern.finditer(body)
    ]
    if len(body) < 5:
        found.append({"rule": "too_short", "class": "length", "start": 0, "end": len(body), "detail": "至少 5 个字。"})
    return found


def frame_text(body: str) -> str:
    """Return a text as it would be sent."""
    return f"【{SIGNATURE}】{body}{SUFFIX}"


def make_problem(status: int, slug: str, detail: str) -> Response:
    """Return a problem with one entry."""
    return _respond(status, slug, [{"detail": detail, "pointer": ""}])


def make_text_problem(findings: list[dict[str, Any]]) -> Response:
    """Return the refusal of a text with its findings."""
    return _respond(422, "text-refused", [finding | {"pointer": "/body"} for finding in findings])


def _respond(status: int, slug: str, errors: list[dict[str, Any]]) -> Response:
    body = {
        "type": f"/problems/{slug}",
        "title": slug,
        "status": status,
        "instance": str(uuid.uuid4()),
        "errors": errors,
    }
    return Response(json.dumps(body), status=status, mimetype="application/problem+json")
