"""Layer 4b: absolute claims in figures, which the word table cannot hold: 100%纯净, 百分之100安全."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from messaging.campaigns.content.values import Finding, Rule, RuleClass, Verdict

if TYPE_CHECKING:
    from messaging.campaigns.content.views import View

# A whole that is paid back or won is a term of the offer, a cloth of one fibre a fact.
_WHOLE = re.compile(
    r"(?:(?<![0-9.])100(?:\.0{1,2})?[ ]?%|百分之[ ]?(?:百|100))[ ,、的]?"
    r"(?=[\u4e00-\u9fff])(?!返|退|赔|抵|中奖|有[奖礼]|可|送|赠|到账|正品|纯?棉|羊毛|湿度|的?电量|充电|电量|无理由退)"
)


def find_claims(digits: View) -> list[Finding]:
    """Return claims of a whole hundred per cent in a folded text with its numerals read."""
    return [
        Finding(Rule.ABSOLUTE, RuleClass.WORDS, *digits.locate(*match.span()), Verdict.REFUSE)
        for match in _WHOLE.finditer(digits.text)
    ]
