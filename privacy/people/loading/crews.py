"""Who works on the parts of a drop: this process alone, or several of this machine; others may help at any time."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from privacy.people.drop.errors import DropError
from privacy.people.drop.manifest import read_manifest
from privacy.people.loading import staging
from privacy.people.loading.tools import Job, Tools
from privacy.people.loading.work import Worker, prepare

if TYPE_CHECKING:
    from privacy.people.drop.values import DropProblem
    from privacy.people.loading.staging import PartName


class Crew(Protocol):
    """Does parts."""

    def work(self, names: Sequence[PartName], /) -> Iterator[PartName]:
        """Do parts, and give each that was done; passes over what is done or in other hands. Raises DropError."""
        ...


@dataclass(frozen=True, slots=True)
class OneWorker:
    """The process itself."""

    worker: Worker

    def work(self, names: Sequence[PartName], /) -> Iterator[PartName]:
        """Do parts in their order."""
        for name in names:
            if self.worker.do(name):
                yield name


@dataclass(frozen=True, slots=True)
class Helpers:
    """How many processes, and how each opens its own tools: a function that a fresh process can import.

    One is the process itself. `knock` calls helpers elsewhere, once there is a drop that they can help with.
    """

    count: int
    open_tools: Callable[[], Tools]
    knock: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class ManyWorkers:
    """Processes of this machine."""

    pool: ProcessPoolExecutor

    def work(self, names: Sequence[PartName], /) -> Iterator[PartName]:
        """Do parts, several at once."""
        running = {self.pool.submit(_do, name): name for name in names}
        try:
            for done in as_completed(running):
                outcome = done.result()
                if isinstance(outcome, _Refusal):
                    raise DropError(problem=outcome.problem, file=outcome.file)
                if outcome:
                    yield running[done]
        finally:
            for each in running:
                each.cancel()


@contextmanager
def open_crew(job: Job, /, *, helpers: Helpers | None) -> Iterator[Crew]:
    """Give a crew for one drop: this process, or helpers that end with it, however it ends."""
    if helpers is None or helpers.count == 1:
        with job.tools.connect() as connection:
            prepare(connection, job)
            yield OneWorker(Worker(connection, job))
        return
    pool = ProcessPoolExecutor(
        helpers.count,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(helpers.open_tools, job.drop.files[next(iter(job.drop.files))].path.parent),
    )
    try:
        yield ManyWorkers(pool)
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A DropError on its way between processes."""

    problem: DropProblem
    file: str | None


# What a helper process has made for itself once; nothing of it travels.
_own = ExitStack()
_workers: list[Worker] = []


def _begin(open_tools: Callable[[], Tools], drop_dir: Path) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    tools, drop = open_tools(), read_manifest(drop_dir)
    connection = _own.enter_context(tools.connect())
    run = staging.find_run(connection)
    if run is None or run.manifest_sha256 != drop.manifest_sha256:
        raise LookupError("another drop is worked on")
    job = Job.of(drop, run=run, tools=tools)
    prepare(connection, job)
    _workers.append(Worker(connection, job))
    # What stays until the end, places above all, need not be looked through again and again.
    gc.freeze()


def _end_with_parent() -> None:
    """Leave nothing running when the intake was killed: what is not committed then is undone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(name: PartName) -> bool | _Refusal:
    try:
        return _workers[0].do(name)
    except DropError as error:
        return _Refusal(error.problem, error.file)
