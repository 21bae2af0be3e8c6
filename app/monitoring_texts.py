"""Words of the page that shows what the readings add up to."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from app.gate_texts import REASONS
from app.store.figures import Agreement, Part, Times
from app.texts import DASH, plain
from ml.labels import TITLES

PAGE: Final = "Monitoring"
HEADING: Final = "Monitoring"
EMPTY: Final = "Nothing read yet"
EMPTY_HELP: Final = (
    "Open a scan on the page Read a scan and say whether you agree. What the readings add up to "
    "is shown here from the first one on."
)
INTRO: Final = (
    "What readers said of the AI's answers on this computer. Agreement is not accuracy: unless it "
    "was read blind, the reader had seen the answer, and no other proof of the class is known "
    "here. Counted is the last word of each reader about each scan that was not taken back."
)
BY_CLASS: Final = "Agreement by class"
BY_CLASS_COLUMNS: Final = ("AI said", "Words", "Agree", "Disagree", "Unsure", "Share that agrees")
BY_WEEK: Final = "Agreement over time"
BY_WEEK_COLUMNS: Final = ("Week from", *BY_CLASS_COLUMNS[1:])
ALL: Final = "All answers"
REFUSAL: Final = "Refused by the gate"
CHANGED: Final = "Did the AI change the reader?"
NO_BLIND: Final = (
    "No blind-first reading yet. Switch on Blind first on the page Read a scan: only then is it "
    "known what the reader thought before."
)
REFUSALS: Final = "Refusals"
REASON_COLUMNS: Final = ("Reason", "Scans")
TIMES: Final = "Time per reading"
TIMES_NOTE: Final = "From the moment when the picture came on screen to the word."


def size(words: int, scans: int, versions: int) -> str:
    """How much there is."""
    kinds = "one version" if versions == 1 else f"{plain(versions)} versions"
    said = "1 word" if words == 1 else f"{plain(words)} words"
    about = "1 scan" if scans == 1 else f"{plain(scans)} scans"
    return f"{said} about {about}, on {kinds} of the networks."


def part(found: Part) -> str:
    """So many of so many, and the share in whole per cent."""
    share = f"{found.n / found.of:.0%}".replace("%", " %") if found.of else DASH
    return f"{plain(found.n)} of {plain(found.of)} ({share})"


def row(title: str, found: Agreement) -> list[str]:
    """A line of one of the tables of agreement."""
    counts = (found.n, found.agree, found.disagree, found.unsure)
    return [title, *map(plain, counts), part(Part(found.agree, found.n))]


def ai_said(label: str | None) -> str:
    """What the AI said, as a line's heading."""
    return REFUSAL if label is None else TITLES[label]


def week(monday: date) -> str:
    """A week by its Monday."""
    return monday.isoformat()


def changed(found: Part, unknown: int) -> str:
    """How often the AI changed a blind-first reading."""
    if not found.of and not unknown:
        return NO_BLIND
    text = f"Blind-first readings with another class after the AI's answer: {part(found)}."
    if unknown:
        text += f" {plain(unknown)} more ended without a class and are left out."
    return text


def refused(found: Part) -> str:
    """How many scans the gate stopped."""
    return f"Scans on the worklist that the gate stopped: {part(found)}."


def reasons(found: Mapping[str, int]) -> list[list[str]]:
    """Lines of the table of reasons."""
    return [[REASONS.get(name, name), plain(count)] for name, count in found.items()]


def times(found: Times) -> str:
    """Median and quartiles of the time per reading."""
    if found.quarters is None:
        return f"{plain(found.n)} with a time; a median is shown from two on."
    lower, middle, upper = (f"{seconds:.0f} s" for seconds in found.quarters)
    return f"Median {middle}, half of them between {lower} and {upper} ({plain(found.n)} words)."
