"""Publishes a month in a process of its own and kills itself with SIGKILL when it reaches a given step."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, date, datetime

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from privacy.release.mechanism import OpenDpNoise
from privacy.release.publish import Press, publish_month
from privacy.release.values import Step
from tests.privacy.release.worlds import KEYS, RECORDER
from tests.released import SIGN


def _now() -> datetime:
    return datetime.now(UTC)


def main(*, people_url: str, serving_url: str, fatal_step: str, fatal_part: str) -> None:
    """Publish November 2026; `fatal_part` is "start" or "end" of the fatal step."""

    def die(step: Step, done: int, total: int) -> None:
        if step == fatal_step and (done == 0) == (fatal_part == "start") and (done in (0, total)):
            os.kill(os.getpid(), signal.SIGKILL)

    publish_month(
        Press(
            sessionmaker(create_engine(people_url)),
            sessionmaker(create_engine(serving_url)),
            noise=OpenDpNoise(),
            sign=SIGN,
            recorder=RECORDER,
            clock=_now,
            progress=die,
        ),
        keys=KEYS,
        month=date(2026, 11, 1),
        as_of=_now(),
    )


if __name__ == "__main__":
    main(people_url=sys.argv[1], serving_url=sys.argv[2], fatal_step=sys.argv[3], fatal_part=sys.argv[4])
