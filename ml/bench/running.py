"""The running app timed by `python -m app.probe`: cold start, memory, sessions at once."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.bench.child import run
from ml.bench.pictures import png, variants
from ml.bench.summary import exponent, summary

__all__ = ["app", "figures"]


def app(sessions: Sequence[int], rounds: int) -> dict[str, Any]:
    """Seconds to the page and to the first reading, memory, and readings of sessions at once.

    Args:
        sessions: how many at once, at least two different numbers.
        rounds: how often each of them.

    Raises:
        MetricsError: the app did not start, or there are no simulated slices.
    """
    with tempfile.TemporaryDirectory() as folder:
        pictures = []
        for number, picture in enumerate(variants(2 + rounds * sum(sessions), seed=1)):
            pictures.append(Path(folder, f"{number}.png"))
            pictures[-1].write_bytes(png(picture))
        options = ["--sessions", *map(str, sessions), "--rounds", str(rounds)]
        return figures(run("app.probe", *map(str, pictures), *options).json)


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """What the probe said, summed up.

    The cost is the time until all of the sessions have their answer, the median of the rounds.
    """
    groups = {number: _together(rounds) for number, rounds in found["sessions"].items()}
    alone = groups.get("1", {}).get("median_ms")
    for one in groups.values():
        if alone and "p95_ms" in one:
            one["p95_over_one"] = round(one["p95_ms"] / alone, 2)
    known = {int(number): one["all_done_s"] for number, one in groups.items() if one["all_done_s"]}
    memory = {
        when: value and {key: round(mb, 1) for key, mb in value.items()}
        for when, value in found["memory"].items()
    }
    return {
        "page_s": round(found["page_s"], 3),
        "first_reading_s": round(found["first_reading_s"], 3),
        "memory": memory,
        "sessions": groups,
        "cost": exponent(list(known), list(known.values())) if len(known) > 1 else None,
    }


def _together(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Sessions at once, all rounds of them."""
    seconds = [value for one in rounds for value in one["seconds"]]
    done = sorted(max(one["seconds"]) for one in rounds if one["seconds"])
    return {
        **(summary(seconds) if seconds else {}),
        "errors": [error for one in rounds for error in one["errors"]],
        "all_done_s": round(done[len(done) // 2], 3) if done else None,
    }
