"""`docs/performance.md`: what was timed, beside what was aimed at."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ml.bench import record
from ml.errors import MetricsError
from ml.evaluation.tables import markdown_table
from ml.inference import precision

__all__ = ["DOCUMENT", "document_text"]

DOCUMENT: Final[Path] = Path("docs/performance.md")
HEAD: Final[str] = """# Performance

Written by `make bench` from `assets/metrics/bench.json`; nothing here is typed in but the aims.
Every part says when and on what machine it was taken: figures of another machine, or of a busy
one, are other figures. All pictures are simulated ones."""

Figures = Mapping[str, Any]


def document_text(root: Path) -> str:
    """The document, from the figures under a root.

    Raises:
        MetricsError: nothing was timed yet, or the file is damaged.
    """
    found = record.load(root / record.FILE)
    blocks = [HEAD]
    try:
        for title, part, text in SECTIONS:
            known = found.get(part)
            body = MISSING.format(part=part)
            if known:
                body = f"{machine_line(known['machine'])}\n\n{text(found)}"
            blocks.append(f"## {title}\n\n{body}")
    except (IndexError, KeyError, TypeError) as error:
        raise MetricsError(
            f"{record.FILE} holds figures of another version of the bench ({error}). Run "
            "`make bench` to take them again."
        ) from error
    blocks.append(f"## Reduced precision\n\n{_precision(root)}")
    return "\n\n".join(blocks) + "\n"


MISSING: Final[str] = 'Not timed yet: `make bench ARGS="--parts {part}"`.'


def machine_line(machine: Figures) -> str:
    """On what, when, and with what a part was taken."""
    versions = ", ".join(f"{name} {v}" for name, v in machine["libraries"].items() if v)
    threads = f", {machine['threads']} threads" if machine["threads"] else ""
    return (
        f"_{machine['taken']}; {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gb']} GB; load {machine['load']} at the start; {machine['engine']}, "
        f"{machine['precision']}{threads}; Python {machine['python']}, {versions}._"
    )


def _reading(found: Figures) -> str:
    one = found["reading"]
    rows = [("bytes to a finished reading, a map of the answer each", one["reading_ms"])]
    rows += [(f"of these: {name}", values) for name, values in one["steps_ms"].items()]
    if "usual_ms" in one:
        rows.append(("the usual way", one["usual_ms"]))
    parts = [
        "Single slices, warm, one at a time. The usual way is `model.predict` of each Keras "
        "network, tf-keras-vis' Grad-CAM of each and `predict` of the U-Net, and nothing else.",
        markdown_table(
            ("What", "Median, ms", "95th percentile, ms", "n"),
            [
                (name, f"{v['median_ms']:.1f}", f"{v['p95_ms']:.1f}", str(v["n"]))
                for name, v in rows
            ],
        ),
    ]
    if "ratio" in one:
        parts.append(f"The usual way takes {one['ratio']:.1f} times as long (aim: at least 8).")
    if "roofline" in found:
        line = found["roofline"]["least_ms"]
        times = one["reading_ms"]["median_ms"] / line
        parts.append(f"A reading takes {times:.1f} times the roofline below (aim: under 4).")
    return "\n\n".join(parts)


def _roofline(found: Figures) -> str:
    one = found["roofline"]
    rows = [
        (
            name,
            f"{values['forward'] / 1e9:.3f}",
            f"{values['fine'] / 1e9:.3f}" if "fine" in values else "",
        )
        for name, values in one["multiply_adds"].items()
    ]
    return (
        "Multiply-adds of a reading, counted from the graphs that run, over what a product of two "
        f"large float32 matrices reaches here: {one['peak_giga_per_s']:.1f} thousand million a "
        f"second, so that no reading with its three maps can take less than {one['least_ms']:.1f} "
        f"ms, or {one['least_without_maps_ms']:.1f} ms without maps.\n\n"
        + markdown_table(
            ("Network", "Forward, thousand million", "Heat map with its own forward pass"), rows
        )
    )


def _app(found: Figures) -> str:
    one = found["app"]
    starts = markdown_table(
        ("From the start of the process", "s", "Aim, s"),
        [
            ("page served", f"{one['page_s']:.2f}", "2.5"),
            ("first reading", f"{one['first_reading_s']:.2f}", "4"),
        ],
    )
    named = {
        "idle": "idle",
        "after_reading": "after a reading",
        "after_sessions": "after the sessions",
    }
    held = markdown_table(
        ("Memory of the app, MiB", "Resident", "Proportional", "Of no file"),
        [
            (
                named[when],
                *(f"{values[key]:.0f}" for key in ("resident_mb", "proportional_mb", "own_mb")),
            )
            for when, values in one["memory"].items()
            if values
        ],
    )
    return (
        f"{starts}\n\nThe aim for the idle app is 500 MiB resident. What lies in files can be "
        f"dropped by the system and read again.\n\n{held}\n\n{_sessions(one)}"
    )


def _sessions(one: Figures) -> str:
    head = ("Sessions at once", "Median, ms", "95th percentile, ms", "In single medians", "Errors")
    rows = [
        (
            number,
            f"{found['median_ms']:.0f}",
            f"{found['p95_ms']:.0f}",
            f"{found['p95_over_one']:.1f}" if "p95_over_one" in found else "",
            str(len(found["errors"])),
        )
        for number, found in one["sessions"].items()
        if "median_ms" in found
    ]
    return (
        "Every session sends a picture of its own at the same moment; timed until the networks' "
        "answers leave for the screen (aim: no error, and at 20 sessions a 95th percentile of at "
        f"most 25 single medians).\n\n{markdown_table(head, rows)}\n\n"
        + cost(one["cost"], "sessions")
    )


def _batch(found: Figures) -> str:
    one = found["batch"]
    table = markdown_table(
        ("Pictures", "Seconds", "Pictures a second", "Peak memory, MiB"),
        [
            (
                str(run["pictures"]),
                f"{run['seconds']:.1f}",
                f"{run['pictures_per_s']:.2f}",
                f"{run['peak_mb']:.0f}",
            )
            for run in one["runs"]
        ],
    )
    more = ""
    if "reading" in found:
        alone = 1000.0 / found["reading"]["reading_ms"]["median_ms"]
        times = one["runs"][-1]["pictures_per_s"] / alone
        more = f" That is {times:.1f} times the pictures a second of single readings (aim: 2)."
    return (
        f"`python -m ml.batch` as it comes, {one['workers']} processes that read; "
        f"{one['start_s']:.1f} s for a single picture, and pictures a second are of the time "
        "beyond that. Memory is that of all processes, each at its own peak, added "
        f"up.{more}\n\n{table}\n\n"
        f"{cost(one['cost'], 'pictures')} Aim: 0.95 to 1.05."
    )


def _volume(found: Figures) -> str:
    one, long = found["volume"], found["volume"]["long"]
    return (
        f"Series of {one['side_px']} px slices, decoded already. {cost(one['cost'], 'slices')}\n\n"
        f"A series of {long['slices']} slices of {long['side_px']} px: {long['seconds']:.1f} s, at "
        f"most {long['peak_mb']:.0f} MiB resident."
    )


def _training(found: Figures) -> str:
    one = found["training"]
    return (
        f"{one['network']} at {one['side_px']} px, {one['batch']} pictures a batch, {one['steps']} "
        "batches after as many that do not count: "
        f"{one['pictures_per_s']:.1f} pictures a second with class balance and augmentation, "
        f"{one['plain_pictures_per_s']:.1f} with `image_dataset_from_directory` and `fit`, which "
        f"do neither; {one['ratio']:.2f} times as many."
    )


def cost(found: Figures | None, of: str) -> str:
    """An exponent with what it leaves, and the times that it is of."""
    if found is None:
        return f"Cost against {of}: not timed."
    points = ", ".join(f"{seconds:.2f} s for {size}" for size, seconds in found["points"])
    left = "" if found["residual"] is None else f", residual {found['residual']:.3f}"
    return f"Cost against {of}: exponent {found['exponent']:.2f}{left} ({points})."


def _precision(root: Path) -> str:
    """What bfloat16 was measured to change."""
    try:
        found = precision.load(root / "assets" / "metrics" / precision.FILE.name)
    except MetricsError:
        return f"Not measured yet, and so refused: `{precision.COMMAND}`."
    verdict = "may be taken" if found["passed"] else "is **refused**"
    rows = [
        (
            check["title"],
            f"{check['found']:.4g}",
            check["allowed"],
            "yes" if check["passed"] else "**no**",
        )
        for check in found["checks"]
    ]
    return (
        f"`SULCUS_PRECISION={found['precision']}` {verdict}: {found['pictures']} held-out pictures "
        "read in both precisions; heat maps and boxes stay in float32.\n\n"
        f"{machine_line(found['machine'])}\n\n"
        + markdown_table(("Check", "Found", "Allowed", "Held"), rows)
    )


SECTIONS: Final[tuple[tuple[str, str, Callable[[Figures], str]], ...]] = (
    ("One reading", "reading", _reading),
    ("What the machine could do", "roofline", _roofline),
    ("The app", "app", _app),
    ("Many pictures", "batch", _batch),
    ("Series", "volume", _volume),
    ("Training", "training", _training),
)
