"""The files of the browser apps: which there are, their bytes as sent, and one version over all of them."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import posixpath
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

WEB_DIR = Path(__file__).parent / "web"
NODE_MODULES = Path(__file__).parent.parent / "node_modules"

# The only files of node_modules that leave this process: prebuilt browser files, no package metadata, no source maps.
VENDOR_FILES = {
    "vue.js": "vue/dist/vue.runtime.global.prod.js",
    "vant.js": "vant/lib/vant.min.js",
    "vant.css": "vant/lib/index.css",
    "htm.js": "htm/dist/htm.module.js",
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "echarts.mjs": "echarts/dist/echarts.esm.min.mjs",
}
LOADED_LATER = frozenset({"vendor/echarts.mjs"})
"""Kept for offline use only once it was needed: the charts, a third of a megabyte that salespeople may never open."""

MEDIA_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
COMPRESSIBLE = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
# Vant's icon font lies inside its style sheet, with an address on another host for browsers that no longer exist.
_REMOTE_FONT = re.compile(rb",\s*url\((?:https?:)?//[^)]*\)(?:\s*format\([^)]*\))?")
_IMPORT = re.compile(r'^(?:import|export)\b[^;]*?\bfrom "([^"]+)"|^import "([^"]+)"', re.MULTILINE)
# The page and its service worker have fixed addresses; everything else has the version in its own.
_AT_FIXED_ADDRESSES = frozenset({"index.html", "sw.js", "manifest.webmanifest"})


@dataclass(frozen=True, slots=True)
class Served:
    """A file as it is sent: its bytes, the same compressed where that helps, type, and the digest of its bytes."""

    content: bytes
    compressed: bytes | None
    media_type: str
    digest: str


def make_served(content: bytes, *, media_type: str) -> Served:
    """Return bytes ready to be sent."""
    compressed = gzip.compress(content, mtime=0) if media_type.startswith(COMPRESSIBLE) else None
    return Served(content, compressed, media_type, hashlib.blake2b(content, digest_size=12).hexdigest())


@lru_cache(maxsize=512)
def _read(path: Path, modified_ns: int) -> Served:
    del modified_ns
    content = path.read_bytes()
    if path.suffix == ".css":
        content = _REMOTE_FONT.sub(b"", content)
    guessed = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return make_served(content, media_type=guessed or "application/octet-stream")


def read_served(path: Path) -> Served:
    """Return a file; it is read and compressed once, and again when its modification time changes."""
    return _read(path, path.stat().st_mtime_ns)


def find_files() -> dict[str, Path]:
    """Return every file that has the version in its address, by its name: our own, and the libraries below vendor/.

    The folders are looked at once a second: a page asks for a hundred files.
    """
    return _find_files(int(time.monotonic()))


@lru_cache(maxsize=1)
def _find_files(second: int) -> dict[str, Path]:
    del second
    own = {str(path.relative_to(WEB_DIR)): path for path in sorted(WEB_DIR.rglob("*")) if path.is_file()}
    own = {name: path for name, path in own.items() if name not in _AT_FIXED_ADDRESSES}
    return own | {f"vendor/{name}": NODE_MODULES / file for name, file in VENDOR_FILES.items()}


def compute_version() -> str:
    """Return what changes whenever one of the files does, the page included; looked at once a second."""
    return _compute_version(int(time.monotonic()))


@lru_cache(maxsize=1)
def _compute_version(second: int) -> str:
    del second
    return name_version(find_files() | {"index.html": WEB_DIR / "index.html"})


def name_version(files: Mapping[str, Path]) -> str:
    """Return a digest over the names and bytes of files."""
    digest = hashlib.blake2b(digest_size=8)
    for name, path in files.items():
        digest.update(f"{name}:{read_served(path).digest};".encode())
    return digest.hexdigest()


def find_modules(start: str) -> list[str]:
    """Return a module and all that it imports, by name: who asks for them at once waits once, not level by level."""
    files, found, waiting = find_files(), [], [start]
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in files:
            continue
        found.append(name)
        if name.startswith("vendor/"):
            continue
        for imported in _IMPORT.finditer(read_served(files[name]).content.decode()):
            target = imported[1] or imported[2]
            waiting.append(posixpath.normpath(posixpath.join(posixpath.dirname(name), target)))
    return found
