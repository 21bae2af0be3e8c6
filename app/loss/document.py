"""The part of docs/robustness.md about loss, out of the committed rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.loss.counts import Row, load
from app.loss.cut import CUT, LYING
from app.loss.full import FULL
from app.loss.killing import PART as KILL
from app.loss.rights import READ_ONLY
from app.loss.together import CLOCK, TOGETHER
from ml.evaluation.tables import markdown_table

__all__ = ["PARTS", "section"]

PARTS: Final = (KILL, CUT, LYING, FULL, READ_ONLY, CLOCK, TOGETHER)
_HEAD: Final = """## Loss

Written by `python -m app.loss`. A process does what a reader's program does, and says after each
step what was acknowledged. Then the store is opened as the app opens it. A failure is: a step that
was acknowledged and is not there; a database that is not whole by SQLite's own check or its foreign
keys; an audit trail that does not hold; a signature without its text, or on another one; a file
that is there in part; something half written that the next start has not removed; a crash; or a
refusal that is no sentence for a reader. The counts are of the last run of each case, before
what it found was mended."""
_TEXTS: Final = {
    KILL: (
        "### `kill -9`",
        "Each kind of work in a process of its own, killed at a random moment of its start or "
        "after one of its first steps. Twenty kills follow each other in one folder, so that each "
        "start finds what the last one left. “Half written” counts the kills after which something "
        "was left on its way; the next start, or for a batch the next run, takes it away.",
    ),
    CUT: (
        "### The power fails",
        "The database and its log are copied at two moments, between which there is one "
        "transaction. Of the pieces of 512 bytes that differ some are taken, within the order in "
        "which SQLite waits for the disk (synchronous = FULL). Acknowledged steps were so before "
        "the first moment.",
    ),
    LYING: (
        "### A disk that lied",
        "It said that it had written, and had not: no program can keep what such a disk loses. "
        "The app starts with what is whole, or says in a sentence that the database is damaged, or "
        "that the audit trail does not hold.",
    ),
    FULL: (
        "### A full disk",
        "Each step with no page of 4 KB left on the disk, with one, with two, until it is done.",
    ),
    READ_ONLY: ("### A folder that may only be read", ""),
    CLOCK: ("### The clock is set back", ""),
    TOGETHER: ("### Two programs at once", ""),
}
_COLUMNS: Final = (
    *("Case", "Trials", "Acknowledged", "Refused or explained", "Half written"),
    *("Lost by the disk", "Failures"),
)


def section(root: Path) -> str:
    """The Markdown; "" where nothing was counted."""
    rows = load(root)
    parts = [_part(part, [row for row in rows if row.part == part]) for part in PARTS]
    return "\n\n".join([_HEAD, *filter(None, parts), _failures(rows)]) + "\n" if rows else ""


def _part(part: str, rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    title, text = _TEXTS[part]
    seeds = ", ".join(str(seed) for seed in sorted({row.seed for row in rows}))
    lines = [_cells(row) for row in rows]
    return "\n\n".join(
        filter(None, (title, text, markdown_table(_COLUMNS, lines), f"Seed: {seeds}."))
    )


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (row.trials, row.acknowledged, row.refused, row.left, row.lost, row.failures)
    return (row.case, *(f"{number:,}" for number in numbers))


def _failures(rows: Sequence[Row]) -> str:
    lines = [f"- {row.case} ({row.part}): {row.what}" for row in rows if row.failures]
    return "\n".join(["Failures in these runs:", "", *lines]) if lines else "No failure."
