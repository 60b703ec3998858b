"""Barriers to people who see, hear or point differently, found by axe on the page as it stands, by day and by night."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from field_apps_mock.web_files import NODE_MODULES

if TYPE_CHECKING:
    from playwright.sync_api import Page

_GRAVE: Final = ("serious", "critical")
_FIND: Final = """async grave => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  const some = (nodes) => nodes.slice(0, 3).map(({ target }) => target.join(" ")).join("; ");
  return found.violations.filter(({ impact }) => grave.includes(impact))
    .map(({ id, impact, help, nodes }) => `${impact} ${id}, ${help}: ${nodes.length}, as ${some(nodes)}`);
}"""


@lru_cache(maxsize=1)
def _read_axe() -> str:
    return (NODE_MODULES / "axe-core/axe.min.js").read_text(encoding="utf-8")


def find_barriers(page: Page) -> list[str]:
    """Return axe's serious and critical findings, one line for each rule and each of the two colour schemes.

    axe comes in by the debugger, which the page's own security policy does not bind.
    """
    page.locator(".van-toast").wait_for(state="hidden")  # it fades away
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_read_axe())
    found = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.wait_for_timeout(350)  # colours fade into each other; half-way they stand out less
        found += [f"{scheme}: {line}" for line in page.evaluate(_FIND, list(_GRAVE))]
    return found


def check_access(page: Page) -> None:
    """Fail where axe finds a barrier of serious impact or worse."""
    barriers = find_barriers(page)
    assert not barriers, "\n".join(barriers)
