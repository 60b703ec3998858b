"""A carrier that takes everything after a fixed time, in Twilio's words, and costs next to nothing itself.

The double of the tests keeps what it took and checks every parameter; it takes more of a shared processor than the
sender does. This one stands in where a rate is measured, and only there. `python -m benchmarks.carrier LATENCY_S`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_LENGTH = re.compile(rb"(?i)content-length: *([0-9]+)")
_NUMBERS = itertools.count(1)


def _answer() -> bytes:
    sid = f"SM{os.getpid():08x}{next(_NUMBERS):024x}"
    body = json.dumps({
        "account_sid": "AC" + "0a" * 16, "api_version": "2010-04-01", "body": "", "date_created": None,
        "date_sent": None, "date_updated": None, "direction": "outbound-api", "error_code": None,
        "error_message": None, "from": "+15005550006", "messaging_service_sid": None, "num_media": "0",
        "num_segments": "1", "price": None, "price_unit": "USD", "sid": sid, "status": "queued",
        "subresource_uris": {}, "to": "", "uri": f"/2010-04-01/Accounts/AC/Messages/{sid}.json",
    }).encode()  # fmt: skip
    head = f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, latency_s: float) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            if length:
                await reader.readexactly(int(length[1]))
            await asyncio.sleep(latency_s)
            writer.write(_answer())
            await writer.drain()
    writer.close()


async def _run(*, latency_s: float) -> None:
    server = await asyncio.start_server(lambda r, w: _serve(r, w, latency_s=latency_s), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def run_carrier(*, latency_s: float) -> Iterator[str]:
    """Run it in a process of its own; gives the address."""
    command = [sys.executable, "-m", "benchmarks.carrier", str(latency_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(latency_s=float(sys.argv[1])))
