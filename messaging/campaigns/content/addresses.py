"""Layer 3b: web addresses, however spelt, and handles that look like an account name."""

from __future__ import annotations

import re

from messaging.campaigns.content.values import Finding, Rule, RuleClass, Verdict
from messaging.campaigns.content.views import View, Views

_CORE = r"(?:c[o0]m|cn|n[e3]t|[o0]rg)"
_OTHER = (
    r"(?:[a-z]{2}|top|xyz|vip|shop|club|site|online|store|tech|fun|ltd|link|live|info|biz|app|pro|ink|wang|gov|edu|mobi|"
    r"asia|icu|art|work|world|zone|page|dev|run|cloud|website|space|team|group|love|plus|mall|sale|click|today|news|life)"
)
# As it is spoken: 点卡姆, 点西恩, 点奈特.
_SPOKEN = r"(?:[卡康抗科坎考看靠烤咖喀咔][姆母木幕目慕穆嗯]|[西吸希][恩嗯]|[奈内耐][特忑]|欧[阿吖]?[吉基]|[提题替]维)"
_SPELT_DOT = r"(?:点儿?|丶|句号|句点|点号|圆点|小数点|dian|dot|[(（][点.。][)）]|\(dot\))"
_DOT = rf"(?:[.。·•．]|[-~_*(]?{_SPELT_DOT}[-~_*)]?)"
_LOOSE_DOT = rf"(?:{_DOT}|[,、;:…*~=-]{{1,3}}|\.{{2,3}})"
_LABEL_MAX = 30

# Each begins at the dot, of which there are few; the label before it is read backwards. Hence linear.
_HAN_ENDING = r"(?:中国|公司|网络|网址|商城|商店|网店|在线|集团|网站|手机|信息|中文网|店(?![铺内里面员庆]))"
# After an address comes its end, or what to do with it; anything else goes on with a sentence: 两点公司门口见.
_ENDS = r"(?=[^\u4e00-\u9fff]|[有看查领进上搜]|$)"
_TIME = "0-9一二三四五六七八九十两几半整零"
_TAILS = (
    re.compile(rf"(?<=[a-z0-9]){_DOT}c{_DOT}(?:n|[o0]{_DOT}?m)(?![a-z])"),
    re.compile(rf"(?<=[a-z])(?:{_SPELT_DOT}|[.·•]){_HAN_ENDING}"),
    re.compile(rf"(?<=[a-z0-9]){_LOOSE_DOT}{_CORE}(?![a-z])"),
    re.compile(rf"(?<=\w){_DOT}{_CORE}(?![a-z])"),
    re.compile(rf"(?<=\w){_SPELT_DOT}{_SPOKEN}"),
    re.compile(rf"(?<=\w)[.•]{_HAN_ENDING}{_ENDS}"),
    re.compile(rf"(?<![{_TIME}])(?<=\w){_SPELT_DOT}{_HAN_ENDING}{_ENDS}"),
)
_DOUBTFUL_TAIL = re.compile(rf"(?<=\w)(?:[.•]{_HAN_ENDING}|。{_HAN_ENDING}{_ENDS})")
_OTHER_TAIL = re.compile(rf"(?<=[a-z0-9]){_DOT}{_OTHER}(?P<path>/)?(?![a-z])")
_LABEL = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{_LABEL_MAX}}}\Z")
# Letters and a dot in Chinese: an address, unless what follows begins a verb of tapping, or a clock time.
_DOTTED = re.compile(
    r"(?<=[a-z]{2})点(?![击开这此我选赞播亮一进单餐评读歌名滴心到了即右左上下按触右中的、,，。！!?0-9]|$)"
)
_CODE = re.compile(
    r"(?<![A-Za-z0-9/-])(?=(?:[A-Z0-9]*[a-z]){2})(?=[a-z0-9]*[A-Z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{8,16}(?![A-Za-z0-9])"
)
_CODE_SIGNS = frozenset("￥¥$€(（")
_NO_LABELS = frozenset({"mr", "mrs", "dr", "no", "vol", "st"})
_URL = re.compile(r"https?|hxxp|www|wap(?=[a-z0-9]{0,30}com)|超链接|短链接")
_PUNYCODE = re.compile(r"xn--")
_IP = re.compile(r"(?<![0-9])[0-9]{1,3}(?:[.。点][0-9]{1,3}){3}(?![0-9])")
_GLUED = re.compile(r"(?<![a-z])(?!tele|inter|e?com)[a-z0-9]{3,20}(?:com|dotcn)(?![a-z])")
_HANDLE = re.compile(r"(?<![0-9A-Za-z])(?=[a-z0-9]{0,12}[a-z])[a-z0-9]{6,20}(?![0-9A-Za-z])")
_MEASURE = re.compile(
    r"[0-9]{1,6}(?:mm|cm|km|kg|kw|kwh|mah|ah|ml|db|hz|khz|mhz|ghz|rpm|pa|kpa|mpa|lm|btu|gb|tb|mb|min)"
)
_MIN_HANDLE_DIGITS = 2
_WORD = re.compile(r"(?<![0-9A-Za-z-])[A-Za-z]{5,30}(?![0-9A-Za-z-])")
_MIN_HANDLE_LETTERS = 2


def find_addresses(text: str, *, views: Views) -> list[Finding]:
    """Return web addresses and account-like names of a text."""
    certain = (
        (views.squeezed, _URL, Rule.URL),
        (views.unspaced, _PUNYCODE, Rule.DOMAIN),
        *((views.unspaced, tail, Rule.DOMAIN) for tail in _TAILS),
        (views.unspaced, _IP, Rule.IP_ADDRESS),
    )
    findings = [
        _object(view, match, rule=rule, verdict=Verdict.REFUSE, before=_count_label(view.text, match.start()))
        for view, pattern, rule in certain
        for match in pattern.finditer(view.text)
    ]
    findings += _find_other_domains(views.unspaced)
    findings += [
        _object(views.unspaced, match, rule=Rule.DOMAIN, verdict=Verdict.REVIEW)
        for pattern in (_DOUBTFUL_TAIL, _DOTTED, _GLUED)
        for match in pattern.finditer(views.unspaced.text)
    ]
    findings += _find_codes(text)
    return findings + _find_handles(text)


def _count_label(text: str, end: int) -> int:
    label = _LABEL.search(text[max(0, end - _LABEL_MAX) : end])
    return len(label[0]) if label else 0


def _find_other_domains(view: View) -> list[Finding]:
    """Find a label with a letter before a dot and an ending that is short or known: is.gd, b23.tv, 8.cc/x."""
    findings = []
    for match in _OTHER_TAIL.finditer(view.text):
        before = _count_label(view.text, match.start())
        label = view.text[match.start() - before : match.start()]
        if label in _NO_LABELS or not (match["path"] or any(map(str.isalpha, label))):
            continue
        findings.append(_object(view, match, rule=Rule.DOMAIN, verdict=Verdict.REFUSE, before=before))
    return findings


def _object(view: View, match: re.Match[str], *, rule: Rule, verdict: Verdict, before: int = 0) -> Finding:
    start, end = view.locate(match.start() - before, match.end())
    return Finding(rule, RuleClass.STRUCTURE, start, end, verdict)


def _find_codes(text: str) -> list[Finding]:
    """Find what a shop's app reads from the clipboard: capitals, small letters and digits in one, often in signs."""
    findings = []
    for match in _CODE.finditer(text):
        is_shown = text[match.start() - 1 : match.start()] in _CODE_SIGNS
        rule, verdict = (Rule.URL, Verdict.REFUSE) if is_shown else (Rule.HANDLE, Verdict.REVIEW)
        findings.append(Finding(rule, RuleClass.STRUCTURE, *match.span(), verdict))
    return findings


def _find_handles(text: str) -> list[Finding]:
    # Model numbers are written in capitals, account names are not; so this reads the text as typed.
    handles = [match.span() for match in _HANDLE.finditer(text) if _looks_like_account(match[0])]
    # Any word may be a name to search for, or pinyin; the table knows those that are none.
    handles += [match.span() for match in _WORD.finditer(text)]
    return [Finding(Rule.HANDLE, RuleClass.STRUCTURE, *span, Verdict.REVIEW) for span in handles]


def _looks_like_account(run: str) -> bool:
    digits = 0 if _MEASURE.fullmatch(run) else sum(char.isdigit() for char in run)
    return digits >= _MIN_HANDLE_DIGITS and len(run) - digits >= _MIN_HANDLE_LETTERS
