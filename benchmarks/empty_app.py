"""The least that Flask can do: the yardstick that every reading route is measured against."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.get("/")
def answer() -> dict[str, str]:
    """Answer with next to nothing."""
    return {"status": "ok"}
