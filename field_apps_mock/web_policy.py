"""Where pages may speak to: the policy of every answer, and the base map that an installation may add."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

DATUMS = ("wgs84", "gcj02")


def origin_of(url: str) -> str:
    """Return scheme, host and port of an http address; anything else is a ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an http or https address is needed")
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class BaseMap:
    """A map below ours: a MapLibre style, or raster tiles where the address holds {z}, {x} and {y}.

    `datum` is that of its tiles; maps from Chinese providers are GCJ-02. `origins` are further hosts that a style
    takes tiles, glyphs or sprites from.
    """

    url: str
    datum: str = "wgs84"
    attribution: str = ""
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no address, or a datum that the API does not know."""
        for url in (self.url, *self.origins):
            origin_of(url)
        if self.datum not in DATUMS:
            raise ValueError(f"the datum of a base map is one of {', '.join(DATUMS)}")

    @property
    def is_raster(self) -> bool:
        """Whether the address is one of tiles."""
        return "{z}" in self.url

    def find_origins(self) -> list[str]:
        """Return every host that pages must be allowed to ask, each once."""
        return list(dict.fromkeys(origin_of(url) for url in (self.url, *self.origins)))

    def describe(self) -> dict[str, str]:
        """Return what the page is told."""
        kind = "tiles" if self.is_raster else "style"
        return {kind: self.url, "datum": self.datum, "attribution": self.attribution}


def content_security_policy(api_url: str, *, base_map: BaseMap | None = None) -> str:
    """Return the policy of every page: our own files, the API, and a base map's hosts where there is one."""
    spoken_to = ["'self'", origin_of(api_url), *(base_map.find_origins() if base_map else ())]
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "manifest-src 'self'",
            "worker-src 'self'",
            f"connect-src {' '.join(dict.fromkeys(spoken_to))}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
