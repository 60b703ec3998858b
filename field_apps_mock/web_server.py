"""Serves the browser apps: our files as they are, a fixed list of library files, and the addresses they speak to.

Files have a version over all of them in their address, and are kept for good by whoever got them; the page that names
them is asked for anew each time. So is the service worker, which keeps the same files for when there is no network.
"""

from __future__ import annotations

import json
import signal
import sys
from functools import lru_cache

import click
from flask import Flask, Response, abort, jsonify, request
from werkzeug.serving import WSGIRequestHandler, run_simple

from field_apps_mock.web_files import (
    LOADED_LATER,
    NODE_MODULES,
    VENDOR_FILES,
    WEB_DIR,
    Served,
    compute_version,
    find_files,
    find_modules,
    make_served,
    read_served,
)
from field_apps_mock.web_policy import DATUMS, BaseMap, content_security_policy

_ASK_AGAIN = "no-cache"
_FOR_GOOD = "public, max-age=31536000, immutable"


class KeepAlive(WSGIRequestHandler):
    """Leaves connections open: a page asks for a hundred small files."""

    protocol_version = "HTTP/1.1"


def _send(served: Served, *, cache: str) -> Response:
    """Answer with a file, compressed where it helps, and 304 where the browser already has it."""
    response = Response(served.content, mimetype=served.media_type)
    etag = served.digest
    if served.compressed is not None:
        response.headers["Vary"] = "Accept-Encoding"
        if request.accept_encodings.quality("gzip") > 0:
            response.set_data(served.compressed)
            response.headers["Content-Encoding"] = "gzip"
            etag = f"{etag}-gzip"
    response.set_etag(etag)
    response.headers["Cache-Control"] = cache
    response.make_conditional(request)
    return response


@lru_cache(maxsize=1)
def _render_page(version: str) -> Served:
    """Return the page: its files under the version, and every module of its start named at once."""
    modules = [f'<link rel="modulepreload" href="{{files}}/{name}">' for name in find_modules("app/main.js")]
    page = (WEB_DIR / "index.html").read_text(encoding="utf-8").replace("<!-- modules -->", "\n    ".join(modules))
    return make_served(page.replace("{files}", f"s/{version}").encode(), media_type="text/html")


def _render_shell(version: str) -> Served:
    """Return what the service worker keeps: the version, its files, and those that it keeps once they were needed."""
    names = [name for name in find_files() if name not in LOADED_LATER]
    shell = {"version": version, "files": ["/", "/config.json", *(f"/s/{version}/{name}" for name in names)]}
    return make_served(f"self.SHELL = {json.dumps(shell)};\n".encode(), media_type="text/javascript")


def _add_files(app: Flask) -> None:
    @app.get("/")
    def index() -> Response:
        return _send(_render_page(compute_version()), cache=_ASK_AGAIN)

    @app.get("/shell.js")
    def shell() -> Response:
        return _send(_render_shell(compute_version()), cache=_ASK_AGAIN)

    @app.get("/s/<version>/<path:name>")
    def versioned(version: str, name: str) -> Response:
        path = find_files().get(name) or abort(404)
        # A page of an older version gets what there is, and keeps none of it.
        return _send(read_served(path), cache=_FOR_GOOD if version == compute_version() else "no-store")

    @app.get("/<path:name>")
    def file(name: str) -> Response:
        files = find_files() | {fixed: WEB_DIR / fixed for fixed in ("sw.js", "manifest.webmanifest")}
        return _send(read_served(files.get(name) or abort(404)), cache=_ASK_AGAIN)


def make_app(*, api_url: str, carrier_url: str, base_map: BaseMap | None = None) -> Flask:
    """Return the application. `api_url` is the public HTTP API, `carrier_url` the page with the phones' inboxes."""
    app = Flask(__name__, static_folder=None)
    policy = content_security_policy(api_url, base_map=base_map)
    addresses = {
        "api_url": api_url.rstrip("/"),
        "carrier_url": carrier_url,
        "base_map": base_map.describe() if base_map else None,
    }

    @app.get("/config.json")
    def config() -> Response:
        return jsonify(addresses)

    _add_files(app)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Permissions-Policy"] = "geolocation=(self), camera=(), microphone=()"
        return response

    return app


def _read_base_map(url: str | None, *, datum: str, attribution: str, origins: tuple[str, ...]) -> BaseMap | None:
    if not url:
        return None
    try:
        return BaseMap(url, datum, attribution, origins)
    except ValueError as error:
        raise click.ClickException(f"--base-map: {error}") from None


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, required=True, help="Port to listen on.")
@click.option("--api-url", required=True, help="Public address of the HTTP API, as the browser sees it.")
@click.option("--carrier-url", required=True, help="Address of the page that shows the phones' inboxes.")
@click.option("--base-map", envvar="BASE_MAP", help="A MapLibre style, or raster tiles with {z}, {x} and {y}.")
@click.option(
    "--base-map-datum", envvar="BASE_MAP_DATUM", type=click.Choice(DATUMS), default="wgs84", show_default=True
)
@click.option("--base-map-attribution", envvar="BASE_MAP_ATTRIBUTION", default="", help="Whose map it is, as shown.")
@click.option("--base-map-origin", multiple=True, envvar="BASE_MAP_ORIGINS", help="A further host of its style.")
def main(
    host: str, port: int, api_url: str, carrier_url: str, base_map: str | None, base_map_datum: str,
    base_map_attribution: str, base_map_origin: tuple[str, ...],
) -> None:  # fmt: skip
    """Serve the browser apps until SIGTERM or Ctrl-C."""
    missing = [name for name in VENDOR_FILES.values() if not (NODE_MODULES / name).is_file()]
    if missing:
        raise click.ClickException(f"run npm ci first: {missing[0]} is not installed")
    found = _read_base_map(base_map, datum=base_map_datum, attribution=base_map_attribution, origins=base_map_origin)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    app = make_app(api_url=api_url, carrier_url=carrier_url, base_map=found)
    run_simple(host, port, app, threaded=True, request_handler=KeepAlive)


if __name__ == "__main__":
    main()
