"""Whether an answer takes longer when the city is five times as large: five times the households and communities."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.city import CITY, LARGE_CITY, QUICK_CITY, QUICK_LARGE_CITY, run_city
from benchmarks.load import CONNECTIONS, press, require_wrk, write_script
from benchmarks.questions import HEATMAP, NEAREST, ROUNDS, find_paths, get_headers, sign_in
from benchmarks.values import Progress, Row, Sense

_GOAL = 1.2
_FIGURE = "p50 at 10 M households over p50 at 2 M"
_NAMES = {NEAREST: "nearest communities", HEATMAP: "user heatmap"}


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Measure the median time to an answer in both cities, in turn."""
    require_wrk()
    small, large = (QUICK_CITY, QUICK_LARGE_CITY) if quick else (CITY, LARGE_CITY)
    seconds = 1.0 if quick else 4.0
    found: dict[str, list[float]] = {question: [] for question in _NAMES}
    with run_city(small, progress=progress) as one, run_city(large, progress=progress) as other:
        clients = [sign_in(one), sign_in(other)]
        with TemporaryDirectory() as folder:
            for number in range(ROUNDS):
                progress(f"round {number + 1} of {ROUNDS}")
                for question, ratios in found.items():
                    times = []
                    for client in clients:
                        script = Path(folder) / "load.lua"
                        write_script(script, paths=find_paths(question), headers=get_headers(client))
                        times.append(press(client.address, script=script, seconds=seconds).p50_ms)
                    ratios.append(times[1] / times[0])
    note = (
        f"{large.households:,} households in {large.communities:,} communities over {small.households:,} in "
        f"{small.communities:,}, {CONNECTIONS} clients"
    )
    return [
        Row(
            f"{_FIGURE}, {_NAMES[question]}",
            _GOAL,
            Sense.AT_MOST,
            tuple(ratios),
            "×",
            note,
        )
        for question, ratios in found.items()
    ]
