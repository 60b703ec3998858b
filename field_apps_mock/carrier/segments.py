"""How many segments a body is billed as: GSM-7 160/153 septets, otherwise UCS-2 70/67 UTF-16 units."""

from __future__ import annotations

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
SINGLE_GSM, MANY_GSM = 160, 153
SINGLE_UCS2, MANY_UCS2 = 70, 67


def count_segments(body: str) -> int:
    """Count the segments, never splitting an escaped septet pair or a surrogate pair."""
    if all(character in GSM_BASIC or character in GSM_EXTENDED for character in body):
        return _pack([2 if character in GSM_EXTENDED else 1 for character in body], SINGLE_GSM, MANY_GSM)
    return _pack([len(character.encode("utf-16-le")) // 2 for character in body], SINGLE_UCS2, MANY_UCS2)


def _pack(widths: list[int], single: int, many: int) -> int:
    if sum(widths) <= single:
        return 1
    segments, room = 1, many
    for width in widths:
        if width > room:
            segments, room = segments + 1, many
        room -= width
    return segments
