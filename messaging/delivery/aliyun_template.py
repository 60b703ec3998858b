"""Aliyun sends no text, it fills an approved template: a text leaves only if the phone will show exactly it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_VARIABLE = re.compile(r"\$\{([a-zA-Z][0-9a-zA-Z_]{0,31})\}")
_MOST_VARIABLES = 4


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template under a signature, as its literals and the variables between them.

    `literals` is one longer than `variables` and begins with the signature; each variable takes 1 to `most_chars`
    characters.
    """

    literals: tuple[str, ...]
    variables: tuple[str, ...]
    most_chars: int

    @classmethod
    def parse(cls, body: str, *, sign_name: str, most_chars: int) -> Self:
        """Read a body such as `${text}App内退订`. Raises ValueError without variables, or with one named twice."""
        pieces = _VARIABLE.split(body)
        literals, variables = pieces[::2], pieces[1::2]
        if not variables or len(variables) > _MOST_VARIABLES or len(set(variables)) != len(variables):
            raise ValueError(f"a template has 1 to {_MOST_VARIABLES} variables such as ${{text}}, each named once")
        if any(mark in literal for literal in literals for mark in ("${", "【", "】")):
            raise ValueError("a template's own words hold no brackets of a signature and no broken variable")
        literals[0] = f"【{sign_name}】{literals[0]}"
        return cls(tuple(literals), tuple(variables), most_chars)

    def fit(self, text: str) -> dict[str, str] | None:
        """Return the variables with which this template renders a text, None where it does not.

        Variables side by side are filled one after the other.
        """
        # One variable follows a literal; the pattern is a row of those, so it never looks back far.
        value = f"(.{{1,{self.most_chars}}})"
        found = re.fullmatch(value.join(re.escape(literal) for literal in self.literals), text, re.DOTALL)
        if found is None:
            return None
        values = dict(zip(self.variables, found.groups(), strict=True))
        return values if self.render(values) == text else None

    def render(self, values: dict[str, str]) -> str:
        """Return what the phone shows: signature and template, with each variable in its place."""
        filled = (literal + values[name] for literal, name in zip(self.literals, self.variables, strict=False))
        return "".join(filled) + self.literals[-1]
