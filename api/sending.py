"""What all that is sent has in common: a key with which it is carried out once, the answer, and a look at one's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from flask import g, request

from api.resources import get_resources
from messaging.campaigns.idempotency import KeyedRequest, check_key

View = TypeVar("View")

IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]{8,128}$"},
    "description": "The same key and body give the first answer again, for 48 hours",
}


def read_key(route: str, *, asked: dict[str, Any]) -> KeyedRequest:
    """Return what the key of the request at hand stands for; the same fields in whatever order are the same request.

    Raises IdempotencyKeyMissingError and IdempotencyKeyInvalidError.
    """
    key = check_key(request.headers.get("Idempotency-Key"))
    body = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
    return KeyedRequest(g.caller.account_id, route, key, hashlib.sha256(body).digest())


def read_own(read: Callable[..., View], **asked: object) -> View:
    """Return what a query of the campaigns finds of the caller's own, as it is told now."""
    resources = get_resources()
    with resources.sessions() as session:
        now, settings = resources.clock(), resources.rules
        return read(session, actor_id=g.caller.account_id, now=now, settings=settings, **asked)


def write_answer(shown: Any, *, is_replay: bool) -> tuple[Any, int, dict[str, str]]:  # noqa: ANN401 - a schema's input
    """Return the answer 202; a header says where it is the first one again."""
    return shown, 202, {"Idempotent-Replayed": "true"} if is_replay else {}
