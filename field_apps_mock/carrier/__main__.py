"""`python -m field_apps_mock.carrier`: run the double until SIGTERM or Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

import click

from field_apps_mock.carrier.server import start_carrier
from field_apps_mock.carrier.values import AliyunAccount, CarrierSettings

_ALIYUN = ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SIGN_NAME", "TEMPLATE_CODE", "TEMPLATE_BODY")


def _read_aliyun() -> AliyunAccount | None:
    """Return the account of the environment's ALIYUN_ names, None unless all of them are there."""
    values = [os.environ.get(f"ALIYUN_{name}", "") for name in _ALIYUN]
    return AliyunAccount(*values) if all(values) else None


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), required=True, help="0 takes a free one.")
@click.option("--account-sid", envvar="TWILIO_ACCOUNT_SID", required=True, help="AC and 32 hexadecimal digits.")
@click.option("--auth-token", envvar="TWILIO_AUTH_TOKEN", required=True, help="Checks requests, signs callbacks.")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), required=True, help="SQLite file.")
@click.option("--inbound-url", envvar="INBOUND_URL", default="", help="Where phones' replies are posted.")
@click.option("--number", "numbers", multiple=True, help="A sender of this account; none given: any sender.")
@click.option("--sent-after", default=0.5, show_default=True, help="Seconds until sent.")
@click.option("--delivered-after", default=1.5, show_default=True, help="Seconds until delivered.")
def main(  # noqa: PLR0913 - one per option of the command line
    *,
    host: str,
    port: int,
    account_sid: str,
    auth_token: str,
    state: Path,
    inbound_url: str,
    numbers: tuple[str, ...],
    sent_after: float,
    delivered_after: float,
) -> None:
    """Stand in for Twilio: messages by its API, signed callbacks, and the phones' inboxes as a page at /.

    With ALIYUN_ACCESS_KEY_ID, _ACCESS_KEY_SECRET, _SIGN_NAME, _TEMPLATE_CODE and _TEMPLATE_BODY in the environment it
    stands in for Aliyun's SMS too.
    """
    try:
        settings = CarrierSettings(
            account_sid, auth_token, inbound_url, numbers, sent_after, delivered_after, _read_aliyun()
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    told_to_stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda _number, _frame: told_to_stop.set())
    state.parent.mkdir(parents=True, exist_ok=True)
    with start_carrier(settings, state=state, clock=lambda: datetime.now(UTC), host=host, port=port) as carrier:
        click.echo(f"carrier: {carrier.url}")
        told_to_stop.wait()


main()
