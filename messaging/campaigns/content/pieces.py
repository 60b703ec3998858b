"""Telephone numbers cut into pieces that stand apart, each dressed as something else: 满138减0013送8000."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

from messaging.campaigns.content.benign import NUMBER_SHAPE, Benign, Kind
from messaging.campaigns.content.values import Finding, Rule, RuleClass, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from messaging.campaigns.content.views import View

_RUN = re.compile(r"[0-9]+(?:\.[0-9]{1,2}(?![0-9.]))?")
_PARTING = re.compile(r"[ ,;、。/~*×+()满减送返抵-]")
_DIGITS_MAX = 13
_DIGITS_MIN = 10
_DIGITS_TOGETHER = 7

_GAP_CLOSE = 2
_GAP_NEAR = 4
_GAP_FAR = 8
_ROUND_ENDS = ("0", "5", "8", "9")
_ROUND_MIN = 3
_ROUND_PIECES_MAX = 4
_PAD_MIN = 2
_AREA_CODE_MIN = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """One run of digits. `span` is the benign span it stands in, if any; a lone Chinese digit is not `strong`."""

    start: int
    end: int
    digits: str
    span: Benign | None
    is_strong: bool
    is_decimal: bool

    @property
    def is_timed(self) -> bool:
        """Whether it belongs to a date or an hour."""
        return self.span is not None and self.span.kind in {Kind.DATE, Kind.CLOCK}

    @property
    def is_padded(self) -> bool:
        """Whether it begins with a nought as no price, floor or room does."""
        return self.digits[0] == "0" and len(self.digits) >= _PAD_MIN and not self.is_timed and not self.is_decimal

    @property
    def is_round(self) -> bool:
        """Whether it ends as prices and short numbers do."""
        return len(self.digits) < _ROUND_MIN or (self.digits.endswith(_ROUND_ENDS) and not self.is_padded)


def cut(digits: View, *, spans: list[Benign], typed: frozenset[int]) -> list[Piece]:
    """Return the digit runs of a text in order; `typed` holds the places of digits that were typed as 0-9."""
    pieces, waiting = [], iter(spans)
    span = next(waiting, None)
    for match in _RUN.finditer(digits.text):
        while span is not None and span.end <= match.start():
            span = next(waiting, None)
        start, end = match.span()
        inside = span if span is not None and span.start < end else None
        figure = match[0].replace(".", "")
        is_decimal = "." in match[0]
        is_strong = len(figure) > 1 or digits.origin[start] in typed
        pieces.append(Piece(start, end, figure, inside, is_strong, is_decimal))
    return pieces


def find_pieced(digits: View, pieces: list[Piece]) -> list[Finding]:
    """Return numbers whose pieces stand in one row, with whatever between them, or are all that nothing explains."""
    unexplained = [piece for piece in pieces if piece.span is None and piece.is_strong]
    judged = [(window, _judge(digits.text, window)) for row in (pieces, unexplained) for window in _find_windows(row)]
    judged += [(row, Verdict.REVIEW) for row in _find_unexplained(unexplained)]
    judged += [(row, Verdict.REVIEW) for row in _find_joined(digits.text, pieces)]
    judged += [(row, Verdict.REVIEW) for row in _find_disordered_times(pieces)]
    return [
        Finding(Rule.HIDDEN_NUMBER, RuleClass.STRUCTURE, *digits.locate(row[0].start, row[-1].end), verdict)
        for row, verdict in judged
        if verdict is not None
    ]


def _find_windows(pieces: list[Piece]) -> Iterator[Sequence[Piece]]:
    """Give each row of neighbouring pieces that reads as one number; at most thirteen digits, hence linear."""
    for first in range(len(pieces)):
        number = pieces[first].digits
        for last in range(first + 1, min(first + _DIGITS_MAX, len(pieces))):
            number += pieces[last].digits
            if len(number) > _DIGITS_MAX:
                break
            if len(number) >= _DIGITS_MIN and NUMBER_SHAPE.fullmatch(number):
                yield pieces[first : last + 1]


def _measure_gap(pieces: Sequence[Piece]) -> int:
    return max((after.start - before.end for before, after in pairwise(pieces)), default=0)


def _is_price_list(pieces: Sequence[Piece]) -> bool:
    return len(pieces) <= _ROUND_PIECES_MAX and all(piece.is_round for piece in pieces)


def _is_glued(text: str, pieces: Sequence[Piece]) -> bool:
    """Whether only units stand between: 139元9870升8880瓦. Who lists prices parts them by a comma or names them."""
    counted = all(piece.is_strong and not piece.is_timed for piece in pieces)
    return counted and all(_is_unit(text, before, after) for before, after in pairwise(pieces))


def _is_unit(text: str, before: Piece, after: Piece) -> bool:
    gap = text[before.end : after.start].rstrip("°")  # for the digit of cm³, too
    is_next = before.span is not None and after.span is not None and before.span.end == after.span.start
    return not _PARTING.search(gap) and (len(gap) <= _GAP_CLOSE or is_next or (gap.isascii() and gap.isalpha()))


def _is_odd_row(pieces: Sequence[Piece]) -> bool:
    """Whether a few long pieces make a number and hardly any ends as a price or a size does: 154升 9876转 5432瓦."""
    odd = sum(not piece.is_round for piece in pieces)
    return len(pieces) <= _ROUND_PIECES_MAX and odd > 1 and all(len(piece.digits) >= _ROUND_MIN for piece in pieces)


def _judge(text: str, window: Sequence[Piece]) -> Verdict | None:
    gap = _measure_gap(window)
    if window[0].digits[0] == "0" and not (window[0].is_padded and len(window[0].digits) >= _AREA_CODE_MIN):
        # 0首付 and the like; an area code has three digits at least, or comes digit by digit.
        return Verdict.REVIEW if _is_glued(text, window) else None
    if any(piece.is_padded for piece in window):
        return Verdict.REFUSE if gap <= _GAP_FAR else Verdict.REVIEW
    if all(piece.span is None for piece in window) and gap <= _GAP_CLOSE:
        return Verdict.REFUSE
    if _is_price_list(window) and _is_glued(text, window):
        return Verdict.REVIEW
    return Verdict.REVIEW if gap <= _limit_gap(window) else None


def _limit_gap(window: Sequence[Piece]) -> float:
    """Return how far apart the pieces may stand for the row to be doubtful; negative when it never is."""
    clocks = {piece.span for piece in window if piece.span is not None and piece.span.kind is Kind.CLOCK}
    if len(clocks) > 1:
        return 1  # 周六日 stands between the hours of two days
    if all(piece.is_timed for piece in window) or _is_price_list(window):
        return -1
    if _is_odd_row(window):
        return inf
    bare = [piece for piece in window if piece.span is None]
    if len(bare) == len(window):
        return inf
    if bare and not any(piece.is_strong for piece in bare):
        return -1
    return _GAP_CLOSE if any(piece.is_timed for piece in window) else _GAP_NEAR


def _find_unexplained(pieces: list[Piece]) -> Iterator[Sequence[Piece]]:
    """Give rows of at least seven digits, near each other, that are neither price nor anything else."""
    begun = 0
    for place in range(1, len(pieces) + 1):
        if place < len(pieces) and pieces[place].start - pieces[place - 1].end <= _GAP_NEAR:
            continue
        row = pieces[begun:place]
        begun = place
        if sum(len(piece.digits) for piece in row) >= _DIGITS_TOGETHER and not _is_price_list(row):
            yield row


def _find_joined(text: str, pieces: list[Piece]) -> Iterator[Sequence[Piece]]:
    """Give neighbours with signs only between them, of which one is an amount and the other nothing: 优惠8588……6677."""
    for before, after in pairwise(pieces):
        is_mixed = (before.span is None) != (after.span is None) and not (before.is_timed or after.is_timed)
        if not is_mixed or len(before.digits + after.digits) < _DIGITS_TOGETHER or _is_price_list((before, after)):
            continue
        if not any(map(str.isalnum, text[before.end : after.start])):
            yield before, after


def _find_disordered_times(pieces: list[Piece]) -> Iterator[Sequence[Piece]]:
    """Give an hour, a day and an hour written without anything between: no honest text has 8点00分13日8点00."""
    spans = list(dict.fromkeys(piece.span for piece in pieces if piece.span is not None))
    for first, day, second in zip(spans, spans[1:], spans[2:], strict=False):
        if (first.kind, day.kind, second.kind) != (Kind.CLOCK, Kind.DATE, Kind.CLOCK):
            continue
        if first.end == day.start and day.end == second.start:
            yield [piece for piece in pieces if piece.span in {first, day, second}]
