"""The two languages of fixed texts, and which one a caller prefers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask import request


class Language(StrEnum):
    """Languages of fixed texts; Chinese unless English is asked for."""

    ZH = "zh-CN"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """One fixed text in both languages."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """Return the text in one language."""
        return self.en if language is Language.EN else self.zh


def choose_language() -> Language:
    """Return the language that the request's Accept-Language prefers."""
    if not request.headers.get("Accept-Language"):
        return Language.ZH
    best = request.accept_languages.best_match(["zh-CN", "zh", "en", "en-US", "en-GB"], default="zh-CN")
    return Language.EN if best.startswith("en") else Language.ZH
