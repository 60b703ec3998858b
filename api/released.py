"""The one place that writes released figures: orjson bytes, a strong ETag, 304, gzip, and answers kept warm.

A released figure does not change until the next release, so the bytes of an answer are kept per release and query.
Keeping them is an economy only: an answer made anew is the same byte for byte.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeAlias

import orjson
from flask import Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header, parse_etags

MIN_GZIP_BYTES = 1_000
GZIP_LEVEL = 5
JSON = "application/json"
GEOJSON = "application/geo+json"
Body: TypeAlias = Mapping[str, Any] | bytes
Headers: TypeAlias = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class WarmAnswer:
    """The bytes of one answer as they are and, when large enough, gzipped, each with its ETag."""

    plain: bytes
    plain_etag: str
    zipped: bytes | None
    zipped_etag: str

    @property
    def cost(self) -> int:
        """Return roughly the bytes of memory that this answer takes."""
        return len(self.plain) + len(self.zipped or b"") + 500


@dataclass(frozen=True, slots=True)
class Form:
    """What all answers of one route have in common. `is_personal` says that they depend on the caller's territory."""

    content_type: str
    is_personal: bool = False

    @property
    def vary(self) -> str:
        """Return the headers of a request on which its answer depends."""
        return "Accept-Encoding, Authorization" if self.is_personal else "Accept-Encoding"


@dataclass(frozen=True, slots=True)
class Sending:
    """What goes out for one request: 304 with no body when the caller already holds these bytes."""

    status: int
    body: bytes
    headers: Headers


def write_answer(body: Body) -> WarmAnswer:
    """Return the bytes of an answer, tagged by their digest."""
    plain = body if isinstance(body, bytes) else orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
    digest = hashlib.blake2b(plain, digest_size=16).hexdigest()
    return WarmAnswer(plain, f'"{digest}"', None, f'"{digest}-gzip"')


@dataclass(slots=True)
class WarmAnswers:
    """Answers of the current version, the least recently used going first when the budget of bytes is spent."""

    budget_bytes: int
    _version: str = ""
    _spent_bytes: int = 0
    _answers: OrderedDict[Hashable, WarmAnswer] = field(default_factory=OrderedDict)
    _changing: Lock = field(default_factory=Lock)

    def get(self, key: Hashable, *, version: str) -> WarmAnswer | None:
        """Return a kept answer of exactly this version."""
        with self._changing:
            if version != self._version:
                self._answers, self._spent_bytes, self._version = OrderedDict(), 0, version
            answer = self._answers.get((version, key))
            if answer is not None:
                self._answers.move_to_end((version, key))
            return answer

    def keep(self, key: Hashable, answer: WarmAnswer, *, version: str) -> None:
        """Keep an answer. Its version is part of its key, so that it is never given for another."""
        with self._changing:
            previous = self._answers.pop((version, key), None)
            self._spent_bytes += answer.cost - (previous.cost if previous else 0)
            self._answers[version, key] = answer
            while self._spent_bytes > self.budget_bytes and self._answers:
                _, dropped = self._answers.popitem(last=False)
                self._spent_bytes -= dropped.cost


def zip_answer(answer: WarmAnswer) -> WarmAnswer:
    """Return an answer together with its gzipped bytes (mtime 0: the same bytes every time)."""
    zipped = gzip.compress(answer.plain, compresslevel=GZIP_LEVEL, mtime=0)
    return WarmAnswer(answer.plain, answer.plain_etag, zipped, answer.zipped_etag)


def wants_gzip(answer: WarmAnswer, *, accepted: str) -> bool:
    """Say whether a caller who accepts these encodings asked for gzip, and the answer is worth it."""
    if "gzip" not in accepted or len(answer.plain) < MIN_GZIP_BYTES:
        return False
    if ";" not in accepted:  # nobody is weighed against another, as in what browsers send
        return "gzip" in accepted.replace(" ", "").split(",")
    return parse_accept_header(accepted, Accept)["gzip"] > 0


def choose(answer: WarmAnswer, *, form: Form, accepted: str, held: str | None, max_age_s: int) -> Sending:
    """Return what goes out to a caller who accepts these encodings and holds the answers of these tags."""
    is_zipped = answer.zipped is not None and wants_gzip(answer, accepted=accepted)
    etag = answer.zipped_etag if is_zipped else answer.plain_etag
    headers = [("ETag", etag), ("Cache-Control", f"private, max-age={max_age_s}"), ("Vary", form.vary)]
    if held is not None and (held == etag or parse_etags(held).contains_weak(etag.strip('"'))):
        return Sending(304, b"", headers)
    body = answer.zipped if is_zipped and answer.zipped is not None else answer.plain
    described = [("Content-Type", form.content_type), ("Content-Length", str(len(body)))]
    if is_zipped:
        described.append(("Content-Encoding", "gzip"))
    return Sending(200, body, described + headers)


def send(answer: WarmAnswer, *, form: Form, max_age_s: int) -> Response:
    """Return Flask's response: 304 when the caller already holds these bytes."""
    accepted, held = request.headers.get("Accept-Encoding", ""), request.headers.get("If-None-Match")
    sending = choose(answer, form=form, accepted=accepted, held=held, max_age_s=max_age_s)
    response = Response(sending.body, status=sending.status)
    response.headers.clear()
    response.headers.extend(sending.headers)
    return response


def answer_released(
    key: Hashable, *, version: str, warm: WarmAnswers, accepted: str, build: Callable[[], Body]
) -> WarmAnswer:
    """Return a kept answer or make one, gzipped when the caller wants that."""
    answer = warm.get(key, version=version)
    if answer is None:
        answer = write_answer(build())
        warm.keep(key, answer, version=version)
    if answer.zipped is None and wants_gzip(answer, accepted=accepted):
        answer = zip_answer(answer)
        warm.keep(key, answer, version=version)
    return answer


def answer_anew(accepted: str, build: Callable[[], Body], /) -> WarmAnswer:
    """Return an answer that is kept nowhere, gzipped when the caller wants that."""
    answer = write_answer(build())
    return zip_answer(answer) if wants_gzip(answer, accepted=accepted) else answer
