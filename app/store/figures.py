"""What the readings add up to; every figure comes with the numbers that it is made of.

Counted is the last standing word of each reader about each scan: what was taken back, or said
anew, does not count twice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import quantiles

from app.store.records import AGREE, DISAGREE, STOPPED, UNSURE, WAITING, Entry, Reading
from ml.labels import CLASSES


@dataclass(frozen=True)
class Agreement:
    """Words about some answers.

    Attributes:
        agree: readers who agree.
        disagree: readers who do not.
        unsure: readers who cannot say.
    """

    agree: int
    disagree: int
    unsure: int

    @property
    def n(self) -> int:
        """All words."""
        return self.agree + self.disagree + self.unsure


@dataclass(frozen=True)
class Part:
    """So many of so many."""

    n: int
    of: int


@dataclass(frozen=True)
class Times:
    """Seconds from the first sight of a picture to the word.

    Attributes:
        n: words with a time.
        quarters: lower quartile, median and upper quartile; None under two words.
    """

    n: int
    quarters: tuple[float, float, float] | None


def counted(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The last standing word of each reader about each scan, the oldest first.

    Args:
        readings: all rows, the oldest first.
    """
    last = {(row.content_hash, row.word.reader): row for row in readings if row.standing}
    return tuple(sorted(last.values(), key=lambda row: row.id))


def agreement(words: Iterable[Reading]) -> Agreement:
    """How often readers agree with what the AI said."""
    found = Counter(row.word.verdict for row in words)
    return Agreement(found[AGREE], found[DISAGREE], found[UNSURE])


def by_class(words: Sequence[Reading]) -> Mapping[str | None, Agreement]:
    """Agreement for each class that the AI put first; None stands for a refusal."""
    labels = (*CLASSES, None)
    found = {label: [row for row in words if row.ai_label == label] for label in labels}
    return {label: agreement(rows) for label, rows in found.items() if rows}


def by_week(words: Sequence[Reading]) -> Mapping[date, Agreement]:
    """Agreement for each week in which somebody read, by its Monday (UTC), in order."""
    weeks: dict[date, list[Reading]] = {}
    for row in words:
        day = row.at.date()
        weeks.setdefault(day - timedelta(days=day.weekday()), []).append(row)
    return {monday: agreement(weeks[monday]) for monday in sorted(weeks)}


def changed_by_ai(words: Sequence[Reading]) -> Part:
    """Blind-first readings whose class after the AI's answer is another than before.

    Left out are readings after which no class is known: unsure, or no corrected class.
    """
    known = [row.changed_by_ai for row in words if row.changed_by_ai is not None]
    return Part(sum(known), len(known))


def blind_unknown(words: Sequence[Reading]) -> int:
    """Blind-first readings after which no class is known."""
    return sum(row.word.blind_label is not None and row.changed_by_ai is None for row in words)


def refusals(entries: Sequence[Entry]) -> tuple[Part, Mapping[str, int]]:
    """Scans that the gate stopped among all that were read, and how many for which reason."""
    read = [entry for entry in entries if entry.flag != WAITING]
    stopped = [entry for entry in entries if entry.flag == STOPPED]
    reasons = Counter(entry.refusal or "" for entry in stopped)
    return Part(len(stopped), len(read)), dict(reasons.most_common())


def times(words: Sequence[Reading]) -> Times:
    """Time per reading."""
    known = [row.word.seconds for row in words if row.word.seconds is not None]
    if len(known) < 2:
        return Times(len(known), None)
    lower, middle, upper = quantiles(known, n=4, method="inclusive")
    return Times(len(known), (lower, middle, upper))
