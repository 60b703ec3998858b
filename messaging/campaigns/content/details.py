"""What each rule says to the person who typed the text: fixed sentences, in Chinese and in English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from messaging.campaigns.content.values import Rule


@dataclass(frozen=True, slots=True)
class Detail:
    """The explanation of a rule in both languages."""

    zh: str
    en: str

    def get(self, language: str) -> str:
        """Return the English sentence for a tag such as `en` or `en-GB`, the Chinese one for any other."""
        return self.en if language.lower().split("-")[0] == "en" else self.zh


DETAILS: Final[dict[Rule, Detail]] = {
    Rule.TOO_SHORT: Detail("内容太短，至少5个字。", "The text is too short: at least 5 characters."),
    Rule.TOO_LONG: Detail("内容太长，请删减标出的部分。", "The text is too long: please cut the marked part."),
    Rule.INVISIBLE: Detail("含有看不见的字符，请删除。", "There is an invisible character here: please delete it."),
    Rule.EMOJI: Detail("短信中不能使用表情符号。", "Emoji cannot be used in a text message."),
    Rule.SIGNATURE_BRACKET: Detail("括号【】等只用于签名。", "Brackets of this kind are kept for the signature."),
    Rule.LINE_BREAK: Detail("请写在一行内，不要换行。", "Please write in one line, without line breaks."),
    Rule.FOREIGN_SCRIPT: Detail(
        "只能使用汉字、英文字母和数字。", "Only Chinese characters, Latin letters and digits may be used."
    ),
    Rule.ENCLOSED: Detail(
        "请使用普通数字，不要用特殊数字。", "Please use plain digits, not circled or other special ones."
    ),
    Rule.SYMBOL: Detail("不能使用这个符号。", "This symbol cannot be used."),
    Rule.MOBILE_NUMBER: Detail("不能包含手机号码。", "The text must not contain a mobile number."),
    Rule.LANDLINE_NUMBER: Detail("不能包含固定电话号码。", "The text must not contain a landline number."),
    Rule.SERVICE_NUMBER: Detail("不能包含400或800电话。", "The text must not contain a 400 or 800 number."),
    Rule.LONG_NUMBER: Detail(
        "不能包含7位及以上的连续数字。", "The text must not contain seven or more digits in a row."
    ),
    Rule.HIDDEN_NUMBER: Detail("疑似变形书写的号码。", "This reads like a number written in disguise."),
    Rule.URL: Detail("不能包含网址。", "The text must not contain a web address."),
    Rule.DOMAIN: Detail("不能包含域名。", "The text must not contain a domain name."),
    Rule.IP_ADDRESS: Detail("不能包含IP地址。", "The text must not contain an IP address."),
    Rule.HANDLE: Detail("疑似账号，需要人工审核。", "This looks like an account name and will be reviewed."),
    Rule.CONTACT: Detail("不能引导到私人联系方式。", "The text must not lead to a private contact."),
    Rule.CONTACT_HINT: Detail(
        "可能涉及私人联系方式，需要人工审核。", "This may lead to a private contact and will be reviewed."
    ),
    Rule.ABSOLUTE: Detail("广告法禁止绝对化用语。", "Advertising law forbids absolute claims."),
    Rule.ABSOLUTE_HINT: Detail(
        "可能是绝对化用语，需要人工审核。", "This may be an absolute claim and will be reviewed."
    ),
    Rule.TRADE: Detail("不能涉及禁止推广的业务。", "This trade must not be advertised."),
    Rule.TRADE_HINT: Detail(
        "可能涉及限制推广的业务，需要人工审核。", "This trade may be restricted and will be reviewed."
    ),
    Rule.DECEPTION: Detail(
        "不能索要验证码、证件、卡号或钱款。", "The text must not ask for codes, papers, card numbers or money."
    ),
    Rule.DECEPTION_HINT: Detail("容易被当作诈骗，需要人工审核。", "This reads like a fraud and will be reviewed."),
}


def get_detail(rule: Rule, *, language: str) -> str:
    """Return the fixed sentence of a rule in the language of a tag such as `zh-CN` or `en`."""
    return DETAILS[rule].get(language)
