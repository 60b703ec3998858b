"""Nothing phone-shaped gets into a log, and no field that nobody has allowed."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import structlog

from privacy.redaction import PhoneFilter, configure_logging, keep_allowed_fields, mask_personal_text, mask_phones

if TYPE_CHECKING:
    from collections.abc import Iterator

PHONES = [
    "13912345678", "+8613912345678", "+86 139 1234 5678", "86-139-1234-5678", "139.1234.5678", "0086 13912345678",
    "１３９１２３４５６７８", "10000000001", "+8610000000001", "0532-88886666", "(0532) 88886666", "010-88886666",
    "400-820-8820", "4008208820", "+44 20 7946 0958", "1 3 9 1 2 3 4 5 6 7 8",
]  # fmt: skip
HARMLESS = [
    "2026-11-18T04:00:00.123456Z", "took 1234 ms", "370200", "1763438400", "1763438400000", "2026-11-370200",
    "port 53419", "a13912345678b", "SM13912345678901234567890123456789", "617700169958293503",
]  # fmt: skip


@pytest.mark.parametrize("phone", PHONES)
def test_a_phone_is_masked_wherever_it_stands(phone: str) -> None:
    assert mask_phones(f"请打 {phone}，谢谢") == "请打 [phone]，谢谢"
    assert mask_phones(phone) == "[phone]"
    assert mask_phones(f"To={phone};x") == "To=[phone];x"


@pytest.mark.parametrize(
    "text", [*HARMLESS, *(str(UUID(int=seed * 0x1234567891234567891234567)) for seed in range(99))]
)
def test_what_is_no_phone_stays(text: str) -> None:
    assert mask_phones(text) == text


@pytest.mark.parametrize(
    "secret",
    [
        "wangxm@example.com",
        "微信号：wangxm1990",
        "V信 wangxm1990",
        "QQ 12345678",
        "370202199001011234",
        "37020219900101123X",
        "3号楼2单元501室",
    ],
)
def test_free_text_loses_what_identifies(secret: str) -> None:
    masked = mask_personal_text(f"找我 {secret} 谢谢")
    assert secret not in masked
    assert masked.startswith("找我 ")
    assert masked.endswith(" 谢谢")


def test_free_text_keeps_the_complaint() -> None:
    text = "冰箱 BCD-468 制冷差，3天修了2次，噪音 45dB"
    assert mask_personal_text(text) == text


def test_only_allowed_fields_pass() -> None:
    event = {"event": "sent to 13912345678", "count": 3, "phone": "x", "body": "y", "reason": ValueError("13912345678")}
    assert keep_allowed_fields(None, "info", event) == {
        "event": "sent to [phone]", "count": 3, "reason": "[phone]", "dropped_fields": 2,
    }  # fmt: skip


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Configure logging into a text, and put everything back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    configure_logging("test", stream=written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _read(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_structlog_lines_are_masked_json(stream: io.StringIO) -> None:
    structlog.get_logger("a").info("took in", rows=3, customer_name="王小明", reason="13912345678")
    [line] = _read(stream)
    assert (line["event"], line["rows"], line["reason"], line["process"]) == ("took in", 3, "[phone]", "test")
    assert line["dropped_fields"] == 1
    assert "王小明" not in stream.getvalue()


@pytest.mark.parametrize("odd", [1 << 70, "\ud800"])
def test_a_line_is_written_whatever_it_says(stream: io.StringIO, odd: object) -> None:
    structlog.get_logger("a").info("took in", rows=odd)
    assert _read(stream)[0]["rows"] == odd


def test_lines_of_others_are_masked_too(stream: io.StringIO) -> None:
    logging.getLogger("library").warning("calling %s with %r", "13912345678", {"To": "+8613912345678"})
    [line] = _read(stream)
    assert line["event"] == "calling [phone] with {'To': '[phone]'}"
    assert (line["level"], line["logger"]) == ("warning", "library")


@pytest.mark.parametrize("logger", [structlog.get_logger("a"), logging.getLogger("b")])
def test_traces_are_masked(stream: io.StringIO, logger: logging.Logger) -> None:
    try:
        int("+8613912345678x")
    except ValueError:
        logger.exception("failed for 13912345678")
    [line] = _read(stream)
    assert "ValueError" in str(line["exception"])
    del line["timestamp"]
    assert "139" not in str(line)


def test_twilio_and_urllib3_do_not_chat(stream: io.StringIO) -> None:
    logging.getLogger("twilio.http_client").info("To: x")
    logging.getLogger("urllib3").info("x")
    assert stream.getvalue() == ""


def test_the_filter_works_on_any_handler() -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s", ("13912345678",), None)
    assert PhoneFilter().filter(record)
    assert record.getMessage() == "[phone]"
