"""The words of a persona card and the names of its parts. A card says what its tuple says, and not a word more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from api.jiaohubao.figures import show_tag
from api.language import Words
from privacy.release.slots import Activity, AgeBand
from privacy.release.values import CATEGORY_NAMES_ZH, Product
from privacy.release.vocabularies import INFLUENCERS, PLATFORMS, get_vocabulary
from radar.cards import Persona
from radar.values import Area

Row: TypeAlias = dict[str, str]

LABEL = Words("一位符合条件的用户", "one matching user")

AGE_BANDS: dict[AgeBand, Words] = {
    AgeBand.UNDER_5_YEARS: Words("不到 5 年", "less than 5 years"),
    AgeBand.FROM_5_TO_10_YEARS: Words("5 至 10 年", "5 to 10 years"),
    AgeBand.OVER_10_YEARS: Words("10 年以上", "more than 10 years"),
}

ACTIVITIES: dict[Activity, Words] = {
    Activity.ACTIVE: Words("活跃", "active"),
    Activity.VERY_ACTIVE: Words("非常活跃", "very active"),
}

_HOW_ACTIVE: dict[Activity, Words] = {
    Activity.ACTIVE: Words(
        "与我们互动较多：按互动次数、渠道数和深度计分，30 至 59 分（满分 100）",
        "often in touch with us: 30 to 59 of 100 points for number, channels and depth of interactions",
    ),
    Activity.VERY_ACTIVE: Words(
        "与我们互动频繁：按互动次数、渠道数和深度计分，60 分以上（满分 100）",
        "very often in touch with us: 60 or more of 100 points for number, channels and depth of interactions",
    ),
}


def describe_card(persona: Persona, *, area: Area) -> Row:
    """Return the label of a card and its one sentence, in both languages."""
    band, activity = AGE_BANDS[persona.age_band], _HOW_ACTIVE[persona.activity]
    category_zh, category_en = CATEGORY_NAMES_ZH[persona.category], persona.category.replace("_", " ")
    place_zh, place_en = f"{area.city_name}{area.name}", f"{area.name}, {area.city_name}"
    return {
        "label_zh": LABEL.zh,
        "label_en": LABEL.en,
        "text_zh": f"住在{place_zh}，家里有{category_zh}，使用年限：{band.zh}；同意接收信息推送；{activity.zh}。",
        "text_en": f"Lives in {place_en}, has had the {category_en} for {band.en}, agreed to be written to; "
        f"{activity.en}.",
    }


def show_vocabulary() -> dict[str, Any]:
    """Return the public lists that the radars speak in."""
    return {
        "pain_points": [show_tag(tag) for tag in get_vocabulary(Product.PAIN_POINTS)],
        "interests": [show_tag(tag) for tag in get_vocabulary(Product.INTERESTS)],
        "topics": [show_tag(tag) for tag in get_vocabulary(Product.TOPICS)],
        "age_bands": _show_names({code: (words.zh, words.en) for code, words in AGE_BANDS.items()}),
        "activities": _show_names({code: (words.zh, words.en) for code, words in ACTIVITIES.items()}),
        "platforms": _show_names(PLATFORMS),
        "influencers": _show_names(INFLUENCERS),
    }


def _show_names(names: Mapping[str, tuple[str, str]]) -> list[Row]:
    return [{"code": code, "name_zh": zh, "name_en": en} for code, (zh, en) in names.items()]
