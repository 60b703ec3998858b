"""The sizes that the apps are used at, and the screenshots that README shows."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Page

_COLOURS: Final = 256  # a screen of ours has few; a third of the bytes is left


@dataclass(frozen=True, slots=True)
class Screen:
    """A size in CSS pixels."""

    name: str
    size: dict[str, int]
    is_phone: bool


@dataclass(frozen=True, slots=True)
class Album:
    """Where screenshots go, or nowhere."""

    folder: str | None
    screen: Screen

    def take(self, page: Page, name: str, *, on: str = "phone") -> None:
        """Keep what is shown as NAME.png, when this is the screen that the picture is of."""
        if self.folder is None or self.screen.name != on:
            return
        page.locator(".van-toast").wait_for(state="hidden")
        seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        few = seen.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(Path(self.folder) / f"{name}.png", optimize=True)
