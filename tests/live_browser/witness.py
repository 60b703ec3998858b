"""What a page must not do, heard while it is used: errors on the console, in scripts, requests to other machines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Request

_INSIDE = frozenset({"data", "blob"})
# Chromium's own remark on drawing in software; nothing of ours.
_DRAWN_IN_SOFTWARE = "[.WebGL"


@dataclass(slots=True)
class Witness:
    """Everything that a page did and should not have done. `origins` are the addresses of the system under test."""

    origins: frozenset[str]
    faults: list[str] = field(default_factory=list)
    expected: list[re.Pattern[str]] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Let errors on the console that match a pattern pass: the story meets them on purpose."""
        self.expected.append(re.compile(pattern))

    def watch(self, page: Page) -> None:
        """Listen from here on."""
        page.on("console", lambda message: self._hear(message))  # noqa: PLW0108 - a bound method has no place for its mark
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", lambda request: self._see(request))  # noqa: PLW0108 - the same

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"} or message.text.startswith(_DRAWN_IN_SOFTWARE):
            return
        told = f"console: {message.text} ({message.location.get('url', '')})"
        if not any(pattern.search(told) for pattern in self.expected):
            self.faults.append(told)

    def _see(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in _INSIDE and f"{parts.scheme}://{parts.netloc}" not in self.origins:
            self.faults.append(f"another host: {request.url}")
