"""Answers that a client must not trust: cut, hung, halved, or not Twilio's at all."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

from flask import Response, request

from field_apps_mock.carrier.faults import Mode, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def cut_connection(sent_before: bytes = b"") -> Response:
    """Close the caller's connection, after some bytes or none. The response returned reaches nobody."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    with contextlib.suppress(OSError):
        connection.sendall(sent_before)
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)


def _halve(body: dict[str, Any]) -> bytes:
    """Write a 201 that promises the whole body and holds half of it."""
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 201 CREATED\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    return head.encode() + text[: len(text) // 2]


def break_answer(
    rule: Rule,
    *,
    accept: Callable[[], dict[str, Any]],
    refuse: Callable[[Rule], Response],
    stopping: threading.Event,
) -> Response:
    """Fail a create call as the rule says, accepting the message first where it says so.

    `refuse` says no in the words of whoever is stood in for; it, and `accept`, may raise their errors instead.
    """
    body = accept() if rule.accepts else {}
    if rule.mode is Mode.HANG:
        stopping.wait(rule.seconds)
        return cut_connection()
    if rule.mode in {Mode.DROPPED, Mode.ACCEPTED_DROPPED}:
        return cut_connection()
    if rule.mode is Mode.TRUNCATED_201:
        return cut_connection(_halve(body))
    if rule.mode is Mode.HTML_502:
        return Response(BAD_GATEWAY, 502, content_type="text/html")
    return refuse(rule)
