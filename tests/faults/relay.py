"""A wire to a database that a test can cut (connections are refused) or freeze (nothing comes back, ever)."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from enum import StrEnum
from typing import Self


class Wire(StrEnum):
    """What becomes of what is put on the wire."""

    OPEN = "open"
    CUT = "cut"
    FROZEN = "frozen"


class Relay:
    """Passes bytes between a port of its own and a server. A context manager; leaving it closes everything."""

    def __init__(self, host: str, port: int) -> None:
        """Listen on a free port."""
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._wire = Wire.OPEN
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.turned_away = 0
        self._lock = threading.Lock()

    def set(self, wire: Wire) -> None:
        """Cut, freeze or open. What was frozen or cut never comes back to life; new connections do."""
        with self._lock:
            self._wire = wire
            if wire is not Wire.FROZEN:
                self._drop()

    def __enter__(self) -> Self:
        """Start passing."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything, also what the thread that waits in `accept` is still given."""
        self._listener.close()
        with self._lock:
            self._wire = Wire.CUT
            self._drop()

    def _drop(self) -> None:
        for pair in self._pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self._pairs.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                with self._lock:
                    if self._wire is not Wire.OPEN:
                        self.turned_away += 1
                    if self._wire is Wire.CUT:
                        near.close()
                        continue
                    far = socket.create_connection(self._target)
                    self._pairs.append((near, far))
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(65536):
                if self._wire is Wire.FROZEN:
                    # Kept open and silent, as a machine without power does.
                    return
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)
