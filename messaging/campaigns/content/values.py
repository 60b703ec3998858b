"""Findings and verdicts on a text. Spans count characters (code points) of the text as typed, half-open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class Verdict(StrEnum):
    """What becomes of a text: certain breaches are refused, doubtful ones are read by another person."""

    ACCEPT = "accept"
    REVIEW = "review"
    REFUSE = "refuse"


class RuleClass(StrEnum):
    """The layers of the content rules, in the order in which they are applied."""

    LENGTH = "length"
    CHARACTERS = "characters"
    STRUCTURE = "structure"
    WORDS = "words"


class Rule(StrEnum):
    """Every rule that can object to a text; each has a fixed explanation in details.py."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    INVISIBLE = "invisible_character"
    EMOJI = "emoji"
    SIGNATURE_BRACKET = "signature_bracket"
    LINE_BREAK = "line_break"
    FOREIGN_SCRIPT = "foreign_script"
    ENCLOSED = "enclosed_character"
    SYMBOL = "symbol"
    MOBILE_NUMBER = "mobile_number"
    LANDLINE_NUMBER = "landline_number"
    SERVICE_NUMBER = "service_number"
    LONG_NUMBER = "long_number"
    HIDDEN_NUMBER = "hidden_number"
    URL = "url"
    DOMAIN = "domain"
    IP_ADDRESS = "ip_address"
    HANDLE = "handle"
    CONTACT = "private_contact"
    CONTACT_HINT = "private_contact_hint"
    ABSOLUTE = "absolute_claim"
    ABSOLUTE_HINT = "absolute_claim_hint"
    TRADE = "forbidden_trade"
    TRADE_HINT = "forbidden_trade_hint"
    DECEPTION = "deception"
    DECEPTION_HINT = "deception_hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """One objection of one rule to one span of the text."""

    rule: Rule
    rule_class: RuleClass
    start: int
    end: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ContentVerdict:
    """The worst verdict of all findings, which come in the order of the text."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    rules_version: str


def write_findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings as they are kept in the database."""
    return [
        {"rule": one.rule, "class": one.rule_class, "start": one.start, "end": one.end, "verdict": one.verdict}
        for one in findings
    ]


def read_findings(kept: Iterable[dict[str, Any]]) -> tuple[Finding, ...]:
    """Return findings from what was kept; those of rules that no longer exist are left out."""
    rules = set(Rule)
    return tuple(
        Finding(Rule(one["rule"]), RuleClass(one["class"]), one["start"], one["end"], Verdict(one["verdict"]))
        for one in kept
        if one["rule"] in rules
    )
