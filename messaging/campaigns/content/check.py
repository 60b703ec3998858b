"""The one door of the content rules: length, characters, structure and words, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from messaging.campaigns.content.addresses import find_addresses
from messaging.campaigns.content.benign import find_benign
from messaging.campaigns.content.characters import find_characters
from messaging.campaigns.content.claims import find_claims
from messaging.campaigns.content.contacts import find_contacts
from messaging.campaigns.content.numbers import find_numbers
from messaging.campaigns.content.readings import list_readings
from messaging.campaigns.content.rules import get_shipped_rules
from messaging.campaigns.content.values import ContentVerdict, Finding, Rule, RuleClass, Verdict
from messaging.campaigns.content.views import make_views
from messaging.campaigns.segments import count_utf16_units

if TYPE_CHECKING:
    from collections.abc import Iterable

    from messaging.campaigns.content.words import RuleTable
    from messaging.campaigns.settings import MessagingRules

_SEVERITY = {Verdict.ACCEPT: 0, Verdict.REVIEW: 1, Verdict.REFUSE: 2}


def check_text(text: str, *, rules: MessagingRules, table: RuleTable | None = None) -> ContentVerdict:
    """Judge a text as typed, without signature and suffix; without a table by the words that come with the package.

    A text beyond the longest length is refused before any pattern reads it.
    """
    table = table or get_shipped_rules()
    if len(text) > rules.text_chars_max:
        too_long = Finding(Rule.TOO_LONG, RuleClass.LENGTH, rules.text_chars_max, len(text), Verdict.REFUSE)
        return ContentVerdict(Verdict.REFUSE, (too_long,), table.version)
    views = make_views(text)
    findings = [
        *_find_length(text, rules=rules),
        *find_characters(text),
        *find_addresses(text, views=views),
        *find_claims(views.digits),
        *table.find_words(views.squeezed),
    ]
    for read in (views, *map(make_views, list_readings(text)[1:])):
        spans = find_benign(read.digits.text)
        findings += [*find_numbers(read, spans=spans), *find_contacts(read, spans=spans)]
    kept = tuple(_drop_contained(_drop_known(findings, known=table.find_known(views.folded))))
    verdict = max((finding.verdict for finding in kept), key=_SEVERITY.__getitem__, default=Verdict.ACCEPT)
    return ContentVerdict(verdict, kept, table.version)


def _find_length(text: str, *, rules: MessagingRules) -> list[Finding]:
    body = text.strip(" ")
    units = count_utf16_units(body)
    if units < rules.text_units_min:
        return [Finding(Rule.TOO_SHORT, RuleClass.LENGTH, 0, len(text), Verdict.REFUSE)]
    if units <= rules.text_units_max:
        return []
    fitting = 0
    start = len(text) - len(text.lstrip(" "))
    while count_utf16_units(body[: fitting + 1]) <= rules.text_units_max:
        fitting += 1
    return [Finding(Rule.TOO_LONG, RuleClass.LENGTH, start + fitting, start + len(body), Verdict.REFUSE)]


def _drop_known(findings: list[Finding], *, known: list[tuple[int, int]]) -> list[Finding]:
    """Leave out what was only doubtful and lies in a known word or model; what is certain no table takes away."""
    return [
        finding
        for finding in findings
        if finding.rule_class is not RuleClass.STRUCTURE
        or finding.verdict is Verdict.REFUSE
        or not any(start <= finding.start and finding.end <= end for start, end in known)
    ]


def _drop_contained(findings: Iterable[Finding]) -> list[Finding]:
    """Order by place; leave out what a finding of the same class and at least its severity covers already."""
    kept: list[Finding] = []
    widest: dict[tuple[RuleClass, Verdict], int] = {}
    for finding in sorted(findings, key=lambda each: (each.start, -each.end, -_SEVERITY[each.verdict])):
        worse = [verdict for verdict in Verdict if _SEVERITY[verdict] >= _SEVERITY[finding.verdict]]
        if max(widest.get((finding.rule_class, verdict), -1) for verdict in worse) >= finding.end:
            continue
        widest[finding.rule_class, finding.verdict] = finding.end
        kept.append(finding)
    return kept
