"""Serves the browser apps: our files as they are, a fixed list of library files, and the addresses they speak to."""

from __future__ import annotations

import gzip
import mimetypes
import re
import signal
import sys
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask, Response, abort, jsonify, request
from werkzeug.http import generate_etag
from werkzeug.security import safe_join
from werkzeug.serving import run_simple

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
MEDIA_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
# Vant's icon font lies inside its style sheet, with an address on another host for browsers that no longer exist.
REMOTE_FONT = re.compile(rb",\s*url\((?:https?:)?//[^)]*\)(?:\s*format\([^)]*\))?")
COMPRESSIBLE = ("text/", "application/json", "application/manifest+json", "image/svg+xml")


def origin_of(url: str) -> str:
    """Return scheme, host and port of an http address; anything else is a ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an http or https address is needed")
    return f"{parts.scheme}://{parts.netloc}"


def content_security_policy(api_url: str) -> str:
    """Return the policy of every page: our own files, and the API as the only other place to speak to."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "manifest-src 'self'",
            "worker-src 'self'",
            f"connect-src 'self' {origin_of(api_url)}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


@lru_cache(maxsize=256)
def _read(path: Path, modified_ns: int) -> tuple[bytes, bytes, str]:
    """Return a file, the same compressed, and its ETag; kept until its modification time changes."""
    del modified_ns
    content = path.read_bytes()
    if path.suffix == ".css":
        content = REMOTE_FONT.sub(b"", content)
    return content, gzip.compress(content, mtime=0), generate_etag(content)


def _media_type(path: Path) -> str:
    return MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _send(path: Path) -> Response:
    """Answer with a file, compressed where it helps, and 304 where the browser already has it."""
    content, compressed, etag = _read(path, path.stat().st_mtime_ns)
    media_type = _media_type(path)
    response = Response(content, mimetype=media_type)
    if media_type.startswith(COMPRESSIBLE):
        response.headers["Vary"] = "Accept-Encoding"
        if request.accept_encodings.quality("gzip") > 0:
            response.set_data(compressed)
            response.headers["Content-Encoding"] = "gzip"
            etag = f"{etag}-gzip"
    response.set_etag(etag)
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


def make_app(*, api_url: str, carrier_url: str) -> Flask:
    """Return the application. `api_url` is the public HTTP API, `carrier_url` the page with the phones' inboxes."""
    app = Flask(__name__, static_folder=None)
    policy = content_security_policy(api_url)
    addresses = {"api_url": api_url.rstrip("/"), "carrier_url": carrier_url}

    @app.get("/")
    def index() -> Response:
        return _send(WEB_DIR / "index.html")

    @app.get("/config.json")
    def config() -> Response:
        return jsonify(addresses)

    @app.get("/vendor/<name>")
    def vendor(name: str) -> Response:
        if name not in VENDOR_FILES:
            abort(404)
        return _send(NODE_MODULES / VENDOR_FILES[name])

    @app.get("/<path:name>")
    def file(name: str) -> Response:
        path = safe_join(str(WEB_DIR), name)
        if path is None or not Path(path).is_file():
            abort(404)
        return _send(Path(path))

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Permissions-Policy"] = "geolocation=(self), camera=(), microphone=()"
        return response

    return app


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, required=True, help="Port to listen on.")
@click.option("--api-url", required=True, help="Public address of the HTTP API, as the browser sees it.")
@click.option("--carrier-url", required=True, help="Address of the page that shows the phones' inboxes.")
def main(host: str, port: int, api_url: str, carrier_url: str) -> None:
    """Serve the browser apps until SIGTERM or Ctrl-C."""
    missing = [name for name in VENDOR_FILES.values() if not (NODE_MODULES / name).is_file()]
    if missing:
        raise click.ClickException(f"run npm ci first: {missing[0]} is not installed")
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    run_simple(host, port, make_app(api_url=api_url, carrier_url=carrier_url), threaded=True)


if __name__ == "__main__":
    main()
