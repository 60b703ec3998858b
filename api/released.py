"""The one place that writes released figures: orjson bytes, a strong ETag, 304, gzip, and answers kept warm.

A released figure does not change until the next release, so the bytes of an answer are kept per release and query.
Keeping them is an economy only: an answer made anew is the same byte for byte. One made from memory and the places
alone is therefore tagged by what it is made from - program, release and import, question - and who holds it need not
wait until it is made again.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

import orjson
from flask import Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header, parse_etags

MIN_GZIP_BYTES = 1_000
GZIP_LEVEL = 5
MOST_ASKED_ONCE = 20_000
_WRITERS = ("api", "geo", "privacy")
_WRITING_LIBRARIES = ("orjson", "pyproj", "shapely")
_VARY = "Accept-Encoding, Authorization"
"""Whoever logs in next in the same browser gets nothing from its cache that was another's."""
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
    """What all answers of one route have in common.

    `is_personal` says that they depend on the caller's territory, `is_quick` that they are made from memory: such an
    answer is kept only when it is asked for again, as most never are.
    """

    content_type: str
    is_personal: bool = False
    is_quick: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """What goes out for one request: 304 with no body when the caller already holds these bytes."""

    status: int
    body: bytes
    headers: Headers


def write_answer(body: Body, *, tag: str | None = None) -> WarmAnswer:
    """Return the bytes of an answer, tagged by their digest where nothing else names them."""
    plain = body if isinstance(body, bytes) else orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
    named = _digest(plain) if tag is None else tag
    return WarmAnswer(plain, f'"{named}"', None, f'"{named}-gzip"')


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _read_program() -> str:
    """Return the digest of the program's text and of what it writes with.

    Another program may write another answer from the same release.
    """
    root = Path(__file__).parents[1]
    files = sorted(file for package in _WRITERS for file in (root / package).rglob("*.py"))
    libraries = "".join(f"{name} {metadata.version(name)};" for name in _WRITING_LIBRARIES)
    return _digest(b"".join(file.read_bytes() for file in files) + libraries.encode())


_PROGRAM = _read_program()


def name_answer(key: Hashable, *, version: str) -> str:
    """Return the tag of an answer that is made from memory: of its release, its question, and who writes it."""
    return _digest(f"{_PROGRAM}{version}{key!r}".encode())


@dataclass(slots=True)
class WarmAnswers:
    """Answers of the current version, the least recently used going first when the budget of bytes is spent."""

    budget_bytes: int
    _version: str = ""
    _spent_bytes: int = 0
    _answers: OrderedDict[Hashable, WarmAnswer] = field(default_factory=OrderedDict)
    _asked_once: set[int] = field(default_factory=set)
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

    def is_asked_again(self, key: Hashable, *, version: str) -> bool:
        """Say whether an answer was asked for lately, and remember that it was now."""
        name = hash((version, key))
        if name in self._asked_once:
            return True
        if len(self._asked_once) >= MOST_ASKED_ONCE:
            self._asked_once = set()
        self._asked_once.add(name)
        return False

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


def accepts_gzip(accepted: str) -> bool:
    """Say whether a caller who accepts these encodings asked for gzip."""
    if "gzip" not in accepted:
        return False
    if ";" not in accepted:  # nobody is weighed against another, as in what browsers send
        return "gzip" in accepted.replace(" ", "").split(",")
    return parse_accept_header(accepted, Accept)["gzip"] > 0


def wants_gzip(answer: WarmAnswer, *, accepted: str) -> bool:
    """Say whether the caller asked for gzip, and the answer is worth it."""
    return len(answer.plain) >= MIN_GZIP_BYTES and accepts_gzip(accepted)


def _describe(etag: str, *, max_age_s: int) -> Headers:
    return [("ETag", etag), ("Cache-Control", f"private, max-age={max_age_s}"), ("Vary", _VARY)]


def choose(answer: WarmAnswer, *, form: Form, accepted: str, held: str | None, max_age_s: int) -> Sending:
    """Return what goes out to a caller who accepts these encodings and holds the answers of these tags."""
    is_zipped = answer.zipped is not None and wants_gzip(answer, accepted=accepted)
    etag = answer.zipped_etag if is_zipped else answer.plain_etag
    headers = _describe(etag, max_age_s=max_age_s)
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
    key: Hashable, *, version: str, warm: WarmAnswers, form: Form, accepted: str, build: Callable[[], Body]
) -> WarmAnswer:
    """Return a kept answer or make one, gzipped when the caller wants that."""
    kept = answer = warm.get(key, version=version)
    if answer is None:
        answer = write_answer(build(), tag=name_answer(key, version=version) if form.is_quick else None)
    if answer.zipped is None and wants_gzip(answer, accepted=accepted):
        answer = zip_answer(answer)
    if answer is not kept and (not form.is_quick or warm.is_asked_again(key, version=version)):
        warm.keep(key, answer, version=version)
    return answer


def answer_holder(
    key: Hashable, *, version: str, form: Form, accepted: str, held: str | None, max_age_s: int
) -> Sending | None:
    """Return 304 to a caller who holds what a quick answer to this good question would be, without making it."""
    if held is None or not form.is_quick:
        return None
    tag = name_answer(key, version=version)
    etag = f'"{tag}-gzip"' if accepts_gzip(accepted) else f'"{tag}"'
    return Sending(304, b"", _describe(etag, max_age_s=max_age_s)) if held == etag else None


def answer_anew(accepted: str, build: Callable[[], Body], /) -> WarmAnswer:
    """Return an answer that is kept nowhere, gzipped when the caller wants that."""
    answer = write_answer(build())
    return zip_answer(answer) if wants_gzip(answer, accepted=accepted) else answer
