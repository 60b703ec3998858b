"""How the demo speaks with the running system: as the app does, and as the carrier's test page does."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

import click
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stack.environment import Installation

Json: TypeAlias = dict[str, Any]

_TIMEOUT_S = 10
_QUIET_S = 4.0
_SHANGHAI = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Exact:
    """All of an answer that must not depend on anything but the release and the caller."""

    status: int
    etag: str | None
    content_type: str | None
    content: bytes


@dataclass(slots=True)
class FieldClient:
    """One signed-in member of staff."""

    address: str
    session: requests.Session = field(default_factory=requests.Session)

    def _check(self, response: requests.Response) -> requests.Response:
        if not response.ok:
            raise click.ClickException(
                f"{response.request.method} {response.url}: {response.status_code} {response.text}"
            )
        return response

    def is_ready(self) -> bool:
        """Say whether the web process can serve."""
        try:
            return self.session.get(f"{self.address}/readyz", timeout=_TIMEOUT_S).ok
        except requests.RequestException:
            return False

    def log_in(self, login: str, password: str) -> None:
        """Take a token and use it from here on."""
        answer = self.session.post(
            f"{self.address}/v1/auth/token", json={"login": login, "password": password}, timeout=_TIMEOUT_S
        )
        self.session.headers["Authorization"] = f"Bearer {self._check(answer).json()['access_token']}"

    def get(self, path: str, **arguments: str) -> Json:
        """Read one route."""
        answer = self.session.get(self.address + path, params=arguments, timeout=_TIMEOUT_S)
        found: Json = self._check(answer).json()
        return found

    def get_exactly(self, path: str, arguments: Mapping[str, str]) -> Exact:
        """Read one route, whatever it answers: status, ETag, kind of content, and the bytes as they are sent."""
        answer = self.session.get(self.address + path, params=dict(arguments), timeout=_TIMEOUT_S)
        return Exact(answer.status_code, answer.headers.get("ETag"), answer.headers.get("Content-Type"), answer.content)

    def post(self, path: str, body: Json, *, key: str | None = None) -> Json:
        """Send to one route; `key` makes it idempotent."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.session.post(self.address + path, json=body, headers=headers, timeout=_TIMEOUT_S)
        found: Json = self._check(answer).json()
        return found

    def count_sent_today(self) -> int:
        """Count this account's broadcasts of today, Asia/Shanghai."""
        today = datetime.now(_SHANGHAI).date()
        items = self.get("/v1/yingxiaobao/broadcasts")["items"]
        return sum(
            datetime.fromisoformat(item["created_at"]).astimezone(UTC).astimezone(_SHANGHAI).date() == today
            for item in items
        )


@dataclass(slots=True)
class Carrier:
    """The carrier double, which knows what arrived on which phone."""

    address: str
    account_sid: str
    auth_token: str
    seen: int = -1
    seen_at: float = 0.0

    @classmethod
    def of(cls, installation: Installation) -> Carrier:
        """Return the carrier double of an installation."""
        settings = installation.variables("carrier")
        return cls(installation.address("carrier"), settings["TWILIO_ACCOUNT_SID"], settings["TWILIO_AUTH_TOKEN"])

    def get_stats(self) -> Json:
        """Return the double's counts."""
        stats: Json = requests.get(f"{self.address}/_stats", timeout=_TIMEOUT_S).json()
        return stats

    def count_accepted(self) -> int:
        """Count every message that the carrier has accepted."""
        return int(self.get_stats()["accepted"])

    def is_quiet(self) -> bool:
        """Say whether nothing new has been accepted for some seconds."""
        accepted = self.count_accepted()
        if accepted != self.seen:
            self.seen, self.seen_at = accepted, time.monotonic()
        return time.monotonic() - self.seen_at > _QUIET_S

    def find_arrived(self, text: str) -> list[str]:
        """Return one line for each message with a text: the invented number and what stands on its screen."""
        return [f"{phone}  {body}" for phone, body in self._list() if body == text]

    def find_starting(self, text: str) -> list[tuple[str, str]]:
        """Return phone and text of each message that begins like this."""
        return [(phone, body) for phone, body in self._list() if body.startswith(text)]

    def reply(self, phone: str, text: str) -> None:
        """Write back as a phone does."""
        path = f"/_inbox/phones/{quote(phone)}/replies"
        requests.post(self.address + path, json={"body": text}, timeout=_TIMEOUT_S).raise_for_status()

    def _list(self) -> Iterator[tuple[str, str]]:
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json?PageSize=1000"
        while path:
            answer = requests.get(self.address + path, auth=(self.account_sid, self.auth_token), timeout=_TIMEOUT_S)
            page: Json = answer.json()
            yield from ((found["to"], found["body"]) for found in page["messages"])
            path = page["next_page_uri"]
