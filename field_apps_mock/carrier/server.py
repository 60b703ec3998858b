"""Serves the double on a port until told to stop."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler

from field_apps_mock.carrier.app import make_app
from field_apps_mock.carrier.faults import FaultPlan
from field_apps_mock.carrier.network import Network
from field_apps_mock.carrier.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from field_apps_mock.carrier.values import CarrierSettings


STOP_POLL_S = 0.05
"""How often the server looks whether it is to stop."""


class QuietHandler(WSGIRequestHandler):
    """Does not log requests: their paths hold phones."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@dataclass(slots=True)
class RunningCarrier:
    """A double that serves in a thread of its own. A context manager: leaving it stops everything cleanly."""

    network: Network
    server: BaseWSGIServer
    thread: threading.Thread
    stopping: threading.Event

    @property
    def url(self) -> str:
        """Return the base URL, for TWILIO_API_BASE."""
        return f"http://{self.server.host}:{self.server.port}"

    def stop(self) -> None:
        """Stop serving and carrying, and close the state file."""
        self.stopping.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.network.courier.stop()
        self.network.store.close()

    def __enter__(self) -> Self:
        """Return the running double."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


def start_carrier(
    settings: CarrierSettings,
    *,
    state: Path | str,
    clock: Callable[[], datetime],
    host: str = "127.0.0.1",
    port: int = 0,
) -> RunningCarrier:
    """Start a double; port 0 takes a free one."""
    stopping = threading.Event()
    network = Network(Store(state), settings=settings, faults=FaultPlan(), clock=clock)
    server = ThreadedWSGIServer(host, port, make_app(network, stopping=stopping), handler=QuietHandler)
    server.daemon_threads = True
    server.block_on_close = False
    network.courier.start()
    thread = threading.Thread(target=server.serve_forever, args=(STOP_POLL_S,), name="carrier", daemon=True)
    thread.start()
    return RunningCarrier(network=network, server=server, thread=thread, stopping=stopping)
