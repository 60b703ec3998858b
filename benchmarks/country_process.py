"""The web process of `benchmarks.country`: makes the application, loads the current releases, tells what it took."""

from __future__ import annotations

import json
import time

_BEGAN = time.perf_counter()


def main() -> None:
    """Print one line of JSON."""
    from api.app import create_web  # noqa: PLC0415 - importing is part of a start, and timed
    from api.resources import EXTENSION  # noqa: PLC0415 - the same

    app = create_web()
    imported_s = time.perf_counter() - _BEGAN
    app.extensions[EXTENSION].snapshots.current()
    loaded_s = time.perf_counter() - _BEGAN - imported_s
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - a file of the kernel's
        fields = dict(line.split(":", 1) for line in status)
    memory_mb, peak_mb = (int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    print(json.dumps({"import_s": imported_s, "load_s": loaded_s, "memory_mb": memory_mb, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main()
