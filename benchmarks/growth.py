"""Whether an answer takes longer when the city is five times as large: five times the households and communities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.city import CITY, LARGE_CITY, QUICK_CITY, QUICK_LARGE_CITY, run_city
from benchmarks.load import CONNECTIONS, press, require_wrk, write_script
from benchmarks.questions import HEATMAP, NEAREST, find_paths, get_headers, get_rounds, sign_in
from benchmarks.values import Progress, Row, Sense
from stack.demo_client import FieldClient

_GOAL = 1.2
_FIGURE = "p50 at 10 M households over p50 at 2 M"
_NAMES = {NEAREST: "nearest communities", HEATMAP: "user heatmap"}


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Measure the median time to an answer in both cities, in turn."""
    require_wrk()
    small, large = (QUICK_CITY, QUICK_LARGE_CITY) if quick else (CITY, LARGE_CITY)
    seconds, rounds = 1.0 if quick else 4.0, get_rounds(quick=quick)
    found: dict[str, list[float]] = {question: [] for question in _NAMES}
    with run_city(small, progress=progress) as one, run_city(large, progress=progress) as other:
        clients = [sign_in(one), sign_in(other)]
        progress("asking everywhere once: parts of answers are written at the first sight of a place")
        for question in _NAMES:
            _compare(clients, question=question, seconds=seconds)
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            for question, ratios in found.items():
                ratios.append(_compare(clients, question=question, seconds=seconds))
    note = (
        f"{large.households:,} households in {large.communities:,} communities over {small.households:,} in "
        f"{small.communities:,}, {CONNECTIONS} clients"
    )
    return [
        Row(f"{_FIGURE}, {_NAMES[question]}", _GOAL, Sense.AT_MOST, tuple(ratios), "×", note)
        for question, ratios in found.items()
    ]


def _compare(clients: Sequence[FieldClient], *, question: str, seconds: float) -> float:
    """Return the median time to an answer in the last city over that in the first."""
    times = []
    with TemporaryDirectory() as folder:
        for client in clients:
            script = write_script(Path(folder) / "load.lua", paths=find_paths(question), headers=get_headers(client))
            times.append(press(client.address, script=script, seconds=seconds).p50_ms)
    return times[-1] / times[0]
