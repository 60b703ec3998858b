"""Command lines of delivery: the sender's two processes, and what an operator sees and turns."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from threading import Event

import click
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import sessionmaker

from messaging.delivery import valve
from messaging.delivery.composition import build_sender, open_operator_act, open_people_session
from messaging.delivery.errors import ValveOpenError
from messaging.delivery.metrics import StatusCollector, serve_metrics
from messaging.delivery.pools import create_pool
from messaging.delivery.pump import run_pump
from messaging.delivery.restoring import count_live, end_live
from messaging.delivery.retention import retain
from messaging.delivery.settings import SenderSettings, load
from messaging.delivery.status import DeliveryStatus, get_status
from messaging.delivery.values import SHORTEST_KEPT
from messaging.delivery.worker import PumpQueue, run_worker
from privacy.audit.values import Action
from privacy.groups import Group
from privacy.people.drop.errors import IntakeRunningError
from privacy.people.settings import PeopleSettings
from privacy.redaction import configure_logging
from privacy.visiting import choose_group, choose_groups, group_option, visit

_STATEMENT_TIMEOUT_MS = 60_000


@click.group("send")
def send() -> None:
    """Send messages: the worker that is woken, and the pump that wakes it."""


@send.command("worker")
@group_option
def work(group_name: str | None) -> None:
    """Drain the outbox whenever woken, until SIGTERM. With city groups, a worker is one group's: --group."""
    configure_logging("sender")
    settings = load(SenderSettings)
    choose_group(settings, group_name)
    run_worker(settings.redis_url.get_secret_value(), group=group_name)


@send.command("pump")
@group_option
def pump(group_name: str | None) -> None:
    """Carry every message on, once a second, until SIGTERM. A second pump waits for the first one's end.

    With city groups, a pump is one group's: --group.
    """
    configure_logging("pump")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    settings = load(SenderSettings)
    choose_group(settings, group_name)
    queue = PumpQueue(settings.redis_url.get_secret_value(), group=group_name)
    parts = build_sender(group_name)
    collector = StatusCollector(parts.stores.people, clock=parts.desk.clock)
    with serve_metrics(collector, address=settings.metrics_address, port=settings.metrics_port):
        run_pump(parts, queue=queue, stop=stop)


@send.command("resume")
@group_option
def resume(group_name: str | None) -> None:
    """Let messages leave again after a pause whose cause is seen to; in every group unless one is named."""

    def reopen(group: Group) -> None:
        with open_operator_act(group) as act:
            valve.reopen(act.session)
            act.note(Action.VALVE_TURNED, subject="valve", at=datetime.now(UTC), state="open")
        click.echo("messages may leave again")

    visit(choose_groups(load(PeopleSettings), group_name), reopen)


@send.command("stop")
@group_option
def stop_all(group_name: str | None) -> None:
    """Stop everything that is not on its way yet, until `send resume`; in every group unless one is named."""

    def close(group: Group) -> None:
        now = datetime.now(UTC)
        with open_operator_act(group) as act:
            valve.pause(act.session, reason=valve.PauseReason.OPERATOR, now=now)
            act.note(Action.VALVE_TURNED, subject="valve", at=now, state="closed")
        click.echo("nothing leaves until: send resume")

    visit(choose_groups(load(PeopleSettings), group_name), close)


@click.group("messages")
def messages() -> None:
    """Look at messages, by number only, and put them in order."""


@messages.command("status")
@group_option
def tell_status(group_name: str | None) -> None:
    """Show counts and oldest ages by state, campaigns, the valve and the slots held by caps, group by group."""
    visit(choose_groups(load(PeopleSettings), group_name), _tell_status)


def _tell_status(group: Group) -> None:
    with open_people_session(group) as session:
        status = get_status(session, now=datetime.now(UTC))
    console = Console()
    console.print(_draw_states(status))
    for state, count in status.runs:
        console.print(f"campaigns {state}: {count}")
    view = status.valve
    position = f"closed ({view.pause_reason}, since {view.paused_at})" if view.is_paused else "open"
    console.print(f"valve: {position}; in doubt {view.in_doubt} of the last {view.results}")
    console.print(f"slots held by caps: {status.slots_held}")


@messages.command("after-restore")
@click.option("--yes", is_flag=True, help="Do not ask.")
@group_option
def settle_restore(*, yes: bool, group_name: str | None) -> None:
    """On a restored database, before `send resume`: end whatever was live in it as unconfirmed. Asks with its number.

    Nobody is written to twice by it. Needs `send stop` first. With city groups, it is one group's: --group.
    """
    group = choose_group(load(PeopleSettings), group_name)
    with open_people_session(group) as session:
        live = count_live(session)
    if not (live.messages or live.campaigns):
        click.echo("nothing was live in this database")
        return
    if not yes:
        click.confirm(
            f"End {live.messages:,} messages as unconfirmed, and {live.campaigns:,} campaigns, for ever?", abort=True
        )
    try:
        with open_operator_act(group) as act:
            ended = end_live(act, now=datetime.now(UTC))
    except ValveOpenError:
        raise click.ClickException("messages may leave: run `send stop` first") from None
    click.echo(f"ended {ended.messages:,} messages and {ended.campaigns:,} campaigns; next: send resume")


@messages.command("retain")
@click.option("--days", default=180, show_default=True, type=click.IntRange(SHORTEST_KEPT.days), help="Kept till then.")
@click.option("--url", envvar="MIGRATE_URL", required=True, help="Logs in as field_migrator; better as MIGRATE_URL.")
def put_away(*, days: int, url: str) -> None:
    """Move the messages of campaigns that ended long ago out of the outbox, to one table a month.

    With city groups, call it with the address of each group's database.
    """
    engine = create_pool(SecretStr(url), connections=1, statement_timeout_ms=_STATEMENT_TIMEOUT_MS)
    try:
        moved = retain(sessionmaker(engine), kept=timedelta(days=days), now=datetime.now(UTC))
    except IntakeRunningError as error:
        raise click.ClickException(str(error)) from None
    finally:
        engine.dispose()
    click.echo(f"moved {moved.messages:,} messages; {moved.campaigns:,} campaigns more are past")


def _draw_states(status: DeliveryStatus) -> Table:
    table = Table("state", "reason", "messages", "oldest, s")
    for row in status.states:
        table.add_row(row.state, row.reason or "", str(row.messages), f"{row.oldest_age_s:.0f}")
    return table
