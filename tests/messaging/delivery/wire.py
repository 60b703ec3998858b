"""Answers of a carrier byte for byte, from a socket that serves one connection."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def answering(*answers: bytes | None, reset: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection after the other, each with its bytes, then close; None never answers.

    Yields the URL and what was asked.
    """
    asked: list[bytes] = []
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    if over.is_set():
                        return
                    asked.append(read_request(connection))
                    if answer is None:
                        over.wait(5)
                    elif reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    else:
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            over.set()
            # Whoever was expected and did not come.
            with suppress(OSError):
                socket.create_connection(server.getsockname(), timeout=1).close()
            thread.join()


def read_request(connection: socket.socket) -> bytes:
    """Read one request with its body; what is no HTTP is read once."""
    asked = connection.recv(65536)
    length = re.search(rb"Content-Length: ([0-9]+)", asked)
    while length and len(asked.partition(b"\r\n\r\n")[2]) < int(length[1]):
        asked += connection.recv(65536)
    return asked


def http(status: str, body: str, *headers: str) -> bytes:
    """Return an HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", "Connection: close", *headers, "", body]
    return "\r\n".join(lines).encode()
