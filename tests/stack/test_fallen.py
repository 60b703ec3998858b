"""What ends by itself under `make run` is started again; what cannot be stopped keeps nothing else running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import redis

from stack.cluster import Cluster
from stack.environment import Installation
from stack.paths import ROOT, get_run_dir, remove_run_dir
from stack.up import revive_services, stop_services
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def installation() -> Iterator[Installation]:
    """Give an installation with everything running that `up` starts before its programs."""
    name = f"test-fallen-{os.getpid()}"
    started = Installation.at(get_run_dir(name))
    for cluster in (started.people, started.serving):
        cluster.start()
    started.redis.start()
    yield started
    stop_services(started)
    remove_run_dir(name)


def _kill(cluster: Cluster) -> None:
    os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    wait_until(cluster.has_fallen)


def test_ctrl_c_at_who_starts_a_database_does_not_take_it_along(installation: Installation) -> None:
    installation.people.stop()
    starts = (
        "import sys; from stack.environment import Installation; from pathlib import Path;"
        "Installation.at(Path(sys.argv[1])).people.start()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", starts, str(installation.run_dir)],
        cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_until((installation.people.data / "postmaster.pid").exists)
    os.killpg(starter.pid, signal.SIGINT)
    starter.wait(timeout=60)
    wait_until(installation.people.is_running)


def test_databases_and_redis_that_were_killed_are_started_again(installation: Installation) -> None:
    assert list(revive_services(installation)) == []
    _kill(installation.people)
    redis.Redis.from_url(installation.redis.url).shutdown(nosave=True)
    wait_until(lambda: not installation.redis.is_running())
    said: list[str] = []

    def is_running_again() -> bool:
        said.extend(revive_services(installation))
        return installation.people.is_running()

    wait_until(is_running_again)
    assert sorted(said) == ["PostgreSQL (people)", "Redis"]
    assert installation.redis.is_running()
    assert list(revive_services(installation)) == []


def test_a_database_that_has_fallen_keeps_none_of_the_others_running(installation: Installation) -> None:
    _kill(installation.serving)
    stop_services(installation)
    assert not installation.people.is_running()
    assert not installation.redis.is_running()
