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
from typing import Any, TypeAlias

import orjson
from flask import Response, request

MIN_GZIP_BYTES = 1_000
GZIP_LEVEL = 5
JSON = "application/json"
GEOJSON = "application/geo+json"
Body: TypeAlias = Mapping[str, Any] | bytes


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

    def get(self, key: Hashable, *, version: str) -> WarmAnswer | None:
        """Return a kept answer of exactly this version."""
        if version != self._version:
            self._answers, self._spent_bytes, self._version = OrderedDict(), 0, version
        answer = self._answers.get((version, key))
        if answer is not None:
            self._answers.move_to_end((version, key))
        return answer

    def keep(self, key: Hashable, answer: WarmAnswer, *, version: str) -> None:
        """Keep an answer. Its version is part of its key, so that it is never given for another."""
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


def wants_gzip(answer: WarmAnswer) -> bool:
    """Say whether the caller asked for gzip and the answer is worth it."""
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return False
    return len(answer.plain) >= MIN_GZIP_BYTES and request.accept_encodings["gzip"] > 0


def send(answer: WarmAnswer, *, content_type: str, max_age_s: int, vary: str) -> Response:
    """Return the response: 304 when the caller already holds these bytes."""
    is_zipped = answer.zipped is not None and wants_gzip(answer)
    etag = answer.zipped_etag if is_zipped else answer.plain_etag
    known = request.headers.get("If-None-Match")
    if known is not None and request.if_none_match.contains_weak(etag.strip('"')):
        response = Response(status=304)
    elif is_zipped:
        response = Response(answer.zipped, content_type=content_type)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = Response(answer.plain, content_type=content_type)
    headers = response.headers
    headers.add("ETag", etag)
    headers.add("Cache-Control", f"private, max-age={max_age_s}")
    headers.add("Vary", vary)
    return response


def answer_released(key: Hashable, *, version: str, warm: WarmAnswers, build: Callable[[], Body]) -> WarmAnswer:
    """Return a kept answer or make one, gzipped when the caller wants that."""
    answer = warm.get(key, version=version)
    if answer is None:
        answer = write_answer(build())
        warm.keep(key, answer, version=version)
    if answer.zipped is None and wants_gzip(answer):
        answer = zip_answer(answer)
        warm.keep(key, answer, version=version)
    return answer


def answer_anew(build: Callable[[], Body]) -> WarmAnswer:
    """Return an answer that is kept nowhere, gzipped when the caller wants that."""
    answer = write_answer(build())
    return zip_answer(answer) if wants_gzip(answer) else answer
