"""A stand-in for the transit engine of Vault and OpenBao, on the loopback: as much of its contract as we use."""

from __future__ import annotations

import base64
import json
import os
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "root"  # noqa: S105 - the stand-in's own


class Transit(ThreadingHTTPServer):
    """Holds a key a name, counts its calls, and lets a token use the names in `allowed` only."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.calls: list[str] = []
        self.allowed: set[str] | None = None
        self.keys: dict[str, AESGCM] = {}

    def get_key(self, name: str) -> AESGCM:
        """Return the key of a name, made at the first call as `encrypt` does."""
        return self.keys.setdefault(name, AESGCM(AESGCM.generate_key(256)))


class _Handler(BaseHTTPRequestHandler):
    server: Transit

    def do_POST(self) -> None:
        self.server.calls.append(self.path)
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        verb, name = self.path.removeprefix("/v1/transit/").split("/")
        if self.headers.get("X-Vault-Token") != TOKEN or name not in (self.server.allowed or {name}):
            return self._answer(403, {"errors": ["permission denied"]})
        associated = base64.b64decode(content["associated_data"])
        key = self.server.get_key(name)
        if verb == "encrypt":
            nonce = os.urandom(12)
            sealed = nonce + key.encrypt(nonce, base64.b64decode(content["plaintext"]), associated)
            return self._answer(200, {"data": {"ciphertext": f"vault:v1:{base64.b64encode(sealed).decode()}"}})
        try:
            sealed = base64.b64decode(content["ciphertext"].removeprefix("vault:v1:"))
            plain = key.decrypt(sealed[:12], sealed[12:], associated)
        except InvalidTag:
            return self._answer(400, {"errors": ["cipher: message authentication failed"]})
        return self._answer(200, {"data": {"plaintext": base64.b64encode(plain).decode()}})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def run_transit() -> Iterator[Transit]:
    """Run the stand-in while the block runs."""
    with Transit() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
