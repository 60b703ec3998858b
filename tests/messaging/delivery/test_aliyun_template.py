"""The template: whatever fits renders to the very same text, and nothing else fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from messaging.delivery.aliyun_template import Template
from messaging.delivery.settings import AliyunSettings
from tests.messaging.delivery.aliyun import SETTINGS

TEMPLATE = Template.parse("新：${a}${b}，App内退订", sign_name="青禾", most_chars=5)


@given(st.text("好新A内退订，：【】${a}\n", min_size=2, max_size=12))
def test_what_fits_renders_to_itself(middle: str) -> None:
    text = f"【青禾】新：{middle}，App内退订"
    values = TEMPLATE.fit(text)
    assert (values is not None) == (len(middle) <= 10)
    assert values is None or (
        TEMPLATE.render(values) == text and all(1 <= len(value) <= 5 for value in values.values())
    )


@pytest.mark.parametrize(
    "text",
    ["", "新：12，App内退订", "【青禾】新：12，App内退订.", "【青禾】新：1，App内退订", "【青木】新：12，App内退订"],
)
def test_anything_else_does_not_fit(text: str) -> None:
    assert TEMPLATE.fit(text) is None


def test_production_speaks_to_aliyun_and_nobody_else_does() -> None:
    in_production = SETTINGS | {"mode": "production", "aliyun_api_base": "https://dysmsapi.aliyuncs.com"}
    assert AliyunSettings.model_validate(in_production).aliyun_api_base == "https://dysmsapi.aliyuncs.com"
    assert AliyunSettings.model_validate(SETTINGS).template.variables == ("first", "second")


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "production"},
        {"mode": "production", "aliyun_api_base": "https://dysmsapi.aliyuncs.com.example"},
        {"mode": "production", "aliyun_api_base": "http://dysmsapi.aliyuncs.com"},
        {"aliyun_api_base": "https://dysmsapi.aliyuncs.com"},
        {"aliyun_api_base": "https://dysmsapi.ap-southeast-1.aliyuncs.com"},
        {"aliyun_api_base": "dysmsapi"},
        {"aliyun_access_key_secret": ""},
        {"aliyun_template_code": "100000001"},
        {"aliyun_template_body": "旧冰箱换新App内退订"},
        {"aliyun_template_body": "${a}${a}App内退订"},
        {"aliyun_template_body": "${a}${b}拒收请回复R"},
        {"aliyun_template_body": "【青禾】${a}${b}App内退订"},
        {"aliyun_template_body": "${a}App内退订"},
        {"aliyun_sign_name": "青木"},
        {"rules": {"mode": "test", "carrier_inbound": True}},
    ],
)
def test_a_setting_that_could_send_elsewhere_or_another_text_refuses_to_start(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        AliyunSettings.model_validate(SETTINGS | changes)
    assert "a-secret" not in str(refused.value)
