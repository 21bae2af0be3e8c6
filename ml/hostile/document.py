"""The counts as Markdown: docs/robustness.md."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ml.evaluation.tables import markdown_table
from ml.hostile.counts import FAILURES, Campaigns, load
from ml.hostile.watch import MOST_BYTES, MOST_S

__all__ = ["DOCUMENT", "document"]

DOCUMENT: Final = Path("docs/robustness.md")
_HEAD: Final = f"""# Robustness

Written by `python -m app.robustness` from `assets/metrics/robustness` and from the repository as it
was then; nothing here is typed in.

## Hostile files

Valid files, drawn by this project, are damaged: bytes changed, cut, repeated and moved; chunks,
segments, directories, elements, fragments, header fields and archive entries changed with
checksums and lengths that fit; and small files that unpack to much. Each is read as an upload is,
in a process that is ended after {MOST_S:.0f} s of a processor. A failure is a crash (any exception
but the project's own, or a signal), a hang, more than {MOST_BYTES >> 20} MB of memory for the whole
process, a file written outside the folder for it (or a connection or process started), or a refusal
that is no sentence for a reader. The counts are of the last run of each seed, before what it found
was mended. No report is uploaded; a stored one is read again where it is shown, and a database that
was restored can hold any text in its place.
"""
_GUIDED: Final = """
Guided by coverage: libFuzzer (by atheris) changes valid files and those of its own that reached
code that nothing before them had; every other change is one that fits the format. Branches of the
readers, of pydicom and of nibabel count:
"""
_COLUMNS: Final = (
    *("Entry", "Inputs", "Read", "Refused", "Sentences"),
    *("Crash", "Hang", "Memory", "File", "No sentence", "Slowest, s", "Largest, MB"),
)


def document(root: Path, titles: Mapping[str, str]) -> str:
    """The whole document.

    Args:
        root: of the repository.
        titles: [entry] → what it is.
    """
    campaigns = load(root)
    known = {name: list(campaigns[name].values()) for name in titles if name in campaigns}
    rows = [_row(titles[name], runs) for name, runs in known.items()]
    every = [one for runs in known.values() for one in runs]
    rows.append(_row("All", every, sentences=False))
    parts = [_HEAD.strip(), markdown_table(_COLUMNS, rows), _failures(known, titles)]
    parts += _reached(known, titles)
    parts.append(f"Seeds: {_seeds(campaigns)}.")
    return "\n\n".join(parts) + "\n"


def _row(title: str, runs: list[dict[str, Any]], *, sentences: bool = True) -> tuple[str, ...]:
    failed: Counter[str] = Counter()
    for one in runs:
        for what, count in one["failures"].items():
            failed[what.split(":")[0]] += count
    return (
        title,
        f"{sum(one['inputs'] for one in runs):,}",
        f"{sum(one['read'] for one in runs):,}",
        f"{sum(sum(one['refused'].values()) for one in runs):,}",
        # those of two seeds are mostly the same, so they are not added up
        f"{max((one['sentences'] for one in runs), default=0)}" if sentences else "",
        *(f"{failed[kind]}" for kind in FAILURES),
        f"{max((one['slowest_s'] for one in runs), default=0.0):.2f}",
        f"{max((one['largest_mb'] for one in runs), default=0)}",
    )


def _failures(known: Mapping[str, list[dict[str, Any]]], titles: Mapping[str, str]) -> str:
    lines = [
        f"- {titles[name]}: {what}, {count} times"
        for name, runs in known.items()
        for one in runs
        for what, count in one["failures"].items()
    ]
    return (
        "\n".join(
            [
                "Failures in these runs:",
                "",
                *lines,
            ]
        )
        if lines
        else "No failure."
    )


def _reached(known: Mapping[str, list[dict[str, Any]]], titles: Mapping[str, str]) -> list[str]:
    """What the inputs reached that a fuzzer made, from the valid files on."""
    lines = [
        f"- {titles[name]}: {first:,} branches by the valid files, {last:,} in the end"
        for name, runs in known.items()
        for first, last in (one["reached"] for one in runs if "reached" in one)
    ]
    return ["\n".join([_GUIDED.strip(), "", *lines])] if lines else []


def _seeds(campaigns: Campaigns) -> str:
    return ", ".join(sorted({seed for runs in campaigns.values() for seed in runs}, key=int))
