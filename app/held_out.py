"""What held-out patients showed of single readings: conflicts within one, and mistakes.

Kept in memory by `app.services`; nothing is copied or written.
"""

from pathlib import Path

from app import services, state
from ml.datasets.readers import local_file
from ml.errors import MetricsError
from ml.evaluation import published_conflicts, writing_published
from ml.evaluation import published_shortcuts as shortcuts
from ml.evaluation.mistakes import Mistakes, find_mistakes
from ml.evaluation.places import Places
from ml.evaluation.published import Interval
from ml.inference.trust import LEVEL
from ml.io.files import read_file
from ml.results import Scan

PLACES: Places = Places(services.ROOT)
"""Repository whose committed rows and published figures are read."""


def conflict_figures() -> published_conflicts.ConflictFigures:
    """What contradictions within a reading meant on held-out patients.

    Raises:
        MetricsError: it has not been measured, or the file is damaged.
    """
    return services.kept(published_conflicts.load, PLACES.conflicts)


def reached() -> Interval | None:
    """Share of held-out pictures whose set held the true class, where that was measured."""
    try:
        return services.trust().coverage[LEVEL].overall
    except (KeyError, MetricsError):
        return None


def shortcut_checks() -> tuple[shortcuts.Background | None, shortcuts.Robustness | None]:
    """What the background gives away, and what corruptions do; None where not measured.

    Raises:
        MetricsError: a file is damaged.
    """
    beside = services.SUMMARY_FILE
    return (
        services.kept(shortcuts.load_background, beside.with_name("background.json")),
        services.kept(shortcuts.load_robustness, beside.with_name("robustness.json")),
    )


def writing_figures() -> writing_published.WritingFigures | None:
    """How well writing in a picture is found; None where that was not measured."""
    try:
        return services.kept(writing_published.load, PLACES.writing)
    except MetricsError:
        return None


def mistakes() -> Mistakes:
    """Every held-out picture that was read wrongly.

    Raises:
        MetricsError: the committed rows are absent or unusable.
    """
    chosen = (PLACES.trust, PLACES.thresholds, PLACES.split)
    return services.kept(_mistakes, PLACES.root, PLACES.clean_rows, PLACES.outline_rows, *chosen)


def local_scan(path: str) -> Scan | None:
    """The picture that a row names, None where the user's data folder lacks it.

    Raises:
        ScanError: the file is there but cannot be read as one slice.
    """
    file = local_file(path)
    if file is None:
        return None
    data = read_file(str(file))
    return services.scan(state.opened_hash(data), data)


def _mistakes(root: Path) -> Mistakes:
    return find_mistakes(Places(root))
