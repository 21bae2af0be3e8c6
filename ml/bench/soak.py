"""Many readers for many minutes: what came of it, and the section of `docs/robustness.md`.

`python -m app.soak` watches the app; here its samples become figures.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ml.bench.document import machine_line
from ml.bench.summary import summary
from ml.errors import MetricsError
from ml.evaluation.tables import markdown_table

__all__ = ["FILE", "MOST_GROWTH", "Sample", "Told", "figures", "keep", "section"]

FILE: Final = Path("assets/metrics/robustness/soak.json")
MOST_GROWTH: Final = 5.0
"""Per cent that anything may grow by after the warm-up."""
MOST_MORE: Final = 2.0
"""What handles, threads and files may grow by where that is more: one of them is a large share."""
WARM_UP: Final = 0.3
"""Share of the time that does not count: the app fills its caches, and forgets a session only two
minutes after it was left."""
WATCHED: Final[Mapping[str, str]] = {
    "resident_mb": "Memory, resident, MiB",
    "own_mb": "Memory of no file, MiB",
    "handles": "Open handles",
    "threads": "Threads",
    "files": "Temporary files",
}


@dataclass(frozen=True)
class Sample:
    """What the app held at a moment.

    Attributes:
        seconds: since its start.
        resident_mb: memory, MiB.
        own_mb: of it, of no file.
        handles: open files, sockets and the like.
        threads: of the process.
        files: temporary ones on disk.
    """

    seconds: float
    resident_mb: float
    own_mb: float
    handles: int
    threads: int
    files: int


@dataclass(frozen=True)
class Told:
    """What the readers of one kind met.

    Attributes:
        done: visits that came to their end.
        errors: a line each.
        seconds: [step] → of every time that it was done.
    """

    done: int
    errors: Sequence[str]
    seconds: Mapping[str, Sequence[float]]


def figures(
    samples: Sequence[Sample], told: Mapping[str, Told], complaints: Sequence[str]
) -> dict[str, Any]:
    """What came of it.

    Args:
        samples: at even intervals, in order.
        told: [kind of reader] → what they met.
        complaints: lines of the app's log that tell of errors.

    Returns:
        Of each kind of reader "done", "errors" and "steps"; "watched", see `growth`; "log"; and
        "failed", a sentence for each bar that was not met.
    """
    counted = samples[int(WARM_UP * len(samples)) :]
    watched = {name: growth(counted, name) for name in WATCHED}
    failed = [
        f"{WATCHED[name]}: more than {MOST_GROWTH:.0f} % growth."
        for name, found in watched.items()
        if not found["flat"]
    ]
    errors = sum(len(one.errors) for one in told.values()) + len(complaints)
    if errors:
        failed.append(f"Errors: {errors}.")
    return {
        "readers": {
            kind: {
                "done": one.done,
                "errors": list(one.errors),
                "steps": {step: summary(values) for step, values in one.seconds.items()},
            }
            for kind, one in told.items()
        },
        "log": list(complaints),
        "watched": watched,
        "watched_s": [round(counted[0].seconds, 1), round(counted[-1].seconds, 1)],
        "failed": failed,
    }


def growth(samples: Sequence[Sample], name: str) -> dict[str, Any]:
    """How one of the watched things went.

    The line is the median of the slopes between all pairs of samples, which a few peaks do not
    bend (Theil and Sen).

    Args:
        samples: at least two at different times.
        name: an attribute of theirs.

    Returns:
        "begin" and "end" of the line, "growth_percent", "most" of the samples, and "flat", whether
        the bar was met.
    """
    from scipy.stats import theilslopes  # takes a second to load

    values = [float(getattr(one, name)) for one in samples]
    times = [one.seconds for one in samples]
    slope, offset, _, _ = theilslopes(values, times)
    begin, end = (float(offset + slope * at) for at in (times[0], times[-1]))
    percent = 100.0 * (end - begin) / begin if begin else 0.0
    counts = not name.endswith("_mb")
    return {
        "begin": round(begin, 1),
        "end": round(end, 1),
        "growth_percent": round(percent, 2),
        "most": round(max(values), 1),
        "flat": percent <= MOST_GROWTH or (counts and end - begin <= MOST_MORE),
    }


def keep(root: Path, options: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Put the figures in the place of the earlier ones.

    Args:
        root: of the repository.
        options: how it was run, "machine" among them, see `ml.bench.machine`.
        found: from `figures`.
    """
    file = root / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps({**options, **found}, indent=1) + "\n", encoding="utf-8")
    part.replace(file)


HEAD: Final = """## Load and soak

Readers on the app as `streamlit run` starts it, all at once: each opens the page, opens scans from
the demo and by upload, changes layers, window and slice, goes to another page and back, and
leaves; then another one comes. Most speak to the app as a browser does, over the websocket; beside
them are real browsers. An exception or an error on a page, a part of it that is missing, an error
in a browser's console or in the app's log each count as an error. What the app holds is watched
after a warm-up, the first {warm_up:.0f} % of the time; growth is that of the line through all
samples."""
MISSING: Final = "Not run yet: `python -m app.soak`."
READERS: Final[Mapping[str, str]] = {
    "websocket": "Websocket",
    "browser": "Browser",
    "alone": "Browser, alone before the load",
}


def section(root: Path, titles: Mapping[str, str]) -> str:
    """The section of the document.

    Args:
        root: of the repository.
        titles: [step] → what it is.

    Raises:
        MetricsError: the file of figures is damaged.
    """
    head, file = HEAD.format(warm_up=100 * WARM_UP), root / FILE
    if not file.exists():
        return f"{head}\n\n{MISSING}\n"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        blocks = [
            head,
            machine_line(found["machine"]),
            _run(found),
            _held(found),
            _steps(found["readers"], titles),
            _told(found),
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise MetricsError(
            f"{FILE} is damaged ({error}). Restore it, or run `python -m app.soak` again."
        ) from None
    return "\n\n".join(blocks) + "\n"


def _run(found: Mapping[str, Any]) -> str:
    done = {kind: one["done"] for kind, one in found["readers"].items()}
    return (
        f"{found['sessions']} sessions over the websocket and {found['browsers']} in browsers at "
        f"once for {found['minutes']:g} minutes: {done.get('websocket', 0)} and "
        f"{done.get('browser', 0)} visits came to their end."
    )


def _held(found: Mapping[str, Any]) -> str:
    rows = [
        (
            WATCHED[name],
            f"{one['begin']:g}",
            f"{one['end']:g}",
            f"{one['growth_percent']:.1f}",
            f"{one['most']:g}",
            "yes" if one["flat"] else "no",
        )
        for name, one in found["watched"].items()
    ]
    begin, end = found["watched_s"]
    return (
        f"From {begin:.0f} s to {end:.0f} s after the start of the app. Aim: at most "
        f"{MOST_GROWTH:.0f} % more; of handles, threads and files {MOST_MORE:.0f} more are none."
        "\n\n" + markdown_table(("What", "Begin", "End", "Growth, %", "Most", "Flat"), rows)
    )


def _steps(readers: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    known = [kind for kind in READERS if kind in readers]
    header = ["Median and 95th percentile, ms (times done)", *(READERS[kind] for kind in known)]
    rows = [
        [title, *(_cell(readers[kind]["steps"].get(step)) for kind in known)]
        for step, title in titles.items()
    ]
    return markdown_table(header, rows)


def _cell(one: Mapping[str, Any] | None) -> str:
    return "" if one is None else f"{one['median_ms']:.0f}, {one['p95_ms']:.0f} ({one['n']})"


def _told(found: Mapping[str, Any]) -> str:
    every = [line for one in found["readers"].values() for line in one["errors"]] + found["log"]
    if not every:
        return "No error."
    return "\n".join(["Errors:", "", *(f"- {line}" for line in every)])
