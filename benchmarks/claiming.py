"""`python -m benchmarks.claiming`: what a claim, and the draw of a broadcast, cost against the least they could.

Claims with millions of finished messages in the table against the same on an empty one; a draw of 1,000 households
against the bare INSERT of the same rows.
"""

from __future__ import annotations

from datetime import UTC, datetime

import click
from sqlalchemy import text

from benchmarks.drawing import DRAW, DRAWN, time_draws, time_once
from benchmarks.outbox import Outbox, open_outbox
from benchmarks.values import Progress, Row, Sense
from messaging.delivery.claiming import claim_many
from messaging.delivery.composition import SenderParts

_NAME = "bench-claiming"
_FINISHED, _QUICK_FINISHED = 5_000_000, 200_000
_CAMPAIGN_SIZE = 1_000
_CHUNK = 250_000
_CLAIMED = 100
_BATCHES = 5
_AUDIENCE, _OTHERS = 2_000, 10_000
_ROUNDS, _QUICK_ROUNDS = 3, 1
_LEAF = 9

# As messages stand when all is said of them, a thousand a campaign, like years of broadcasts.
_FILL = text("""
WITH runs AS (
    INSERT INTO delivery.runs (campaign_id, initiator_id, city_code, category, leaf_ids, quota, final_text,
        text_sha256, state, expanded, starts_at, expires_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 370200, 0, '{7}', 1000, 'long over', '', 'finished', 1000,
        now() - interval '90 days', now() - interval '88 days' FROM generate_series(1, :rows / :size)
    RETURNING campaign_id
)
INSERT INTO delivery.messages (message_id, campaign_id, household_id, lookup_hash, token, state, attempt, not_before,
    absences, resends, sid, accepted_at, changed_at)
SELECT gen_random_uuid(), campaign_id, gen_random_uuid(), sha256(uuid_send(gen_random_uuid())), gen_random_uuid(),
    'delivered', 1, now() - interval '90 days', 0, 0, gen_random_uuid()::text, now() - interval '90 days',
    now() - interval '90 days'
FROM runs, generate_series(1, :size)
""")


def fill(outbox: Outbox, rows: int, *, progress: Progress) -> None:
    """Add finished messages, and let the database tidy up as it does overnight."""
    for done in range(0, rows, _CHUNK):
        with outbox.admin.begin() as session:
            session.execute(_FILL, {"rows": min(_CHUNK, rows - done), "size": _CAMPAIGN_SIZE})
        progress(f"{min(done + _CHUNK, rows):,} finished messages")
    _vacuum(outbox)


def _vacuum(outbox: Outbox) -> None:
    with outbox.admin() as session:
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        session.execute(text("VACUUM ANALYZE delivery.messages"))


def _time_claims(outbox: Outbox, parts: SenderParts) -> float:
    """Return the seconds of the quickest of a few claims of 100 messages."""
    outbox.plan(_CLAIMED * _BATCHES)
    desk = parts.desk

    def claim_batch() -> None:
        taken = claim_many(desk.sessions, gate=desk.gate, now=desk.clock(), most=_CLAIMED).claims
        if len(taken) != _CLAIMED:
            raise RuntimeError(f"{len(taken)} messages claimed")

    return min(time_once(claim_batch) for _ in range(_BATCHES))


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Return how much dearer a claim is beside finished messages, and a draw than its bare INSERT."""
    rows = _QUICK_FINISHED if quick else _FINISHED
    rounds = _QUICK_ROUNDS if quick else _ROUNDS
    with open_outbox(_NAME) as outbox, outbox.sender(carrier_url="http://127.0.0.1:1", connections=2) as parts:
        for households, leaf_id in ((_AUDIENCE, _LEAF), (_OTHERS, _LEAF + 1)):
            outbox.add_households(households, leaf_id=leaf_id, now=datetime.now(UTC))
        draws = time_draws(outbox, parts, leaf_ids=[_LEAF], rounds=rounds)
        progress(f"draws of {DRAWN}: {[round(ratio, 2) for ratio in draws]}")
        _time_claims(outbox, parts)
        empty = [_time_claims(outbox, parts) for _ in range(rounds)]
        fill(outbox, rows, progress=progress)
        full = [_time_claims(outbox, parts) for _ in range(rounds)]
        progress(f"claims of {_CLAIMED}, ms: {[round(one * 1e3) for one in (*empty, *full)]}")
    # The two tables cannot stand side by side in one round: each full one is held against the median of the empty one.
    base = sorted(empty)[len(empty) // 2]
    return [
        Row(
            name="claim of 100 rows, with 5 M finished rows in the table, over the same on an empty table",
            goal=2.0, sense=Sense.AT_MOST, ratios=tuple(one / base for one in full), unit="×",
            note=f"{rows:,} finished; the quickest of {_BATCHES} a round, {base * 1e3:.0f} ms on the empty table",
        ),
        Row(
            name=f"{DRAW}, {_AUDIENCE + _OTHERS:,} households only",
            goal=2.0, sense=Sense.RECORD, ratios=draws, unit="×",
            note=f"over the bare INSERT of its rows; {_AUDIENCE:,} households in the audience, {_OTHERS:,} beside it",
        ),
    ]  # fmt: skip


@click.command()
@click.option("--quick", is_flag=True)
def main(*, quick: bool) -> None:
    """Measure and print."""
    for row in measure(quick=quick, progress=print):
        print(f"{row.name}: {row.median:.2f} ({row.min:.2f}-{row.max:.2f}); {row.note}")


if __name__ == "__main__":
    main()
