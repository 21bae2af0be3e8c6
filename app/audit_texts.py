"""Words of the page on copies, leaks and contradictions in data sets."""

from collections.abc import Iterable, Iterator
from typing import Final

from app.texts import DASH, SETS
from ml.datasets.archive import FOLDER
from ml.datasets.own_set import MAX_LOOKED_UP, Cluster, OwnSet
from ml.evaluation.published_audit import AuditFigures, SetFigures
from ml.io.limits import MAX_ARCHIVE_BYTES, MAX_SET_BYTES, MAX_SET_PICTURES
from ml.labels import CLASSES, TITLES

HEADING: Final = "What the data sets repeat, leak and contradict"
INTRO: Final = (
    "The project's own audit of the four public sets, computed from the pixels. An exact copy has "
    "the same bytes. A near copy shows the same slice, re-encoded, resized, mirrored or sharpened. "
    "A group-mate shows the same person, as far as pixels or patient ids tell, so shares with a "
    "group-mate are lower bounds."
)
SETS_HEADING: Final = "Every set"
LEAK_HEADING: Final = "The official test part against its own training part"
NO_TEST: Final = "No train and test folders, so nothing can be said about a test part."
CLASSES_HEADING: Final = "Class by set"
COPIES_HEADING: Final = "Copies between the sets"
SET_COLUMNS: Final = (
    "Set",
    "Pictures",
    "Distinct slices",
    "Patient groups",
    "Largest group",
    "Exact copies",
    "Near copies",
    "Slices with contradictory labels",
    "Pictures of these",
)
LEAK_COLUMNS: Final = ("Set", "Test pictures", "Exact copy", "Copy", "Group-mate")
LEAK_BARS: Final = ("Exact copy in training", "Copy in training", "Group-mate in training")
CLASS_COLUMNS: Final = ("Set", "Class", "Pictures", "Distinct slices", "Patient groups")
CLASS_CHART: Final = "Distinct slices by class and set"
LEAK_CHART: Final = "Share of the official test pictures that training knows"
COPIES_CHART: Final = "Share of a set's pictures that have a copy in another"
ALL_SETS: Final = "All together"
DOWNLOAD: Final = "CSV"

OWN_HEADING: Final = "Audit your own set"
OWN_INTRO: Final = (
    "Class folders, with or without train and test folders above them, such as "
    "`train/glioma/1.png`; as one zip or as a folder. At most "
    f"{MAX_SET_PICTURES:,} pictures, {MAX_ARCHIVE_BYTES // 2**20} MB packed and "
    f"{MAX_SET_BYTES // 2**20:,} MB unpacked."
)
OWN_KEPT: Final = (
    "Nothing of the upload is kept. The pictures lie in a temporary folder of this computer while "
    "they are audited; it is removed when the audit ends, also when it fails. Figures and file "
    "names stay in the memory of this session."
)
ZIP: Final = "A zip of class folders"
FOLDER_UPLOAD: Final = "Or a folder"
START: Final = "Audit this set"
FORGET: Final = "Forget this audit"
UNPACKING: Final = "Unpacking and checking the set"
HASHING: Final = "Hashing the pictures"
COMPARING: Final = "Comparing the pictures with each other"
LOOKING_UP: Final = "Looking the pictures up among the training pictures"
CLUSTERS_HEADING: Final = "Worst clusters"
CLUSTERS_SHOWN: Final = 50
PATHS_SHOWN: Final = 4
CLUSTER_COLUMNS: Final = (
    "Cluster",
    "Pictures",
    "Labels",
    "Contradiction",
    "Train and test",
    "Files",
)
NO_CLUSTERS: Final = "No slice appears twice."
ROWS: Final = "Every picture (CSV)"
LEFT_OUT: Final = "Files that cannot be read"
OUR_TRAINING: Final = "copy_of_our_training_picture_in"


def set_title(name: str) -> str:
    """A set's name for the screen."""
    return "Your set" if name == FOLDER else SETS.get(name, name)


def class_title(label: str) -> str:
    """A label's name for the screen; a folder name that is no class of the networks stays."""
    return "Tumour of unknown type" if label == "tumor" else TITLES.get(label, label)


def part(count: int, of: int) -> str:
    """A count with its share, for example "2,068 (70 %)"."""
    return f"{count:,} ({share(count / of)})" if of else f"{count:,}"


def share(value: float | None) -> str:
    """A counted share in whole per cent, or a dash."""
    return DASH if value is None else f"{value:.0%}".replace("%", " %")


def findings(figures: AuditFigures) -> Iterator[str]:
    """One sentence for each finding, with its numbers; no folder's name, which could be markup."""
    whole = figures.whole
    names = [set_title(name) for name in figures.sets]
    holds = f"{names[0]} holds" if len(names) == 1 else f"{_listed(names)} together hold"
    yield (
        f"{holds} {whole.counts.pictures:,} pictures, but {whole.counts.slices:,} distinct slices "
        f"of {whole.counts.groups:,} patient groups: {part(whole.near_copies, _size(whole))} show "
        "a slice that another picture shows already."
    )
    yield f"{whole.exact_copies:,} files have the same bytes as another file."
    yield (
        f"{whole.conflicting_slices:,} slices carry labels that contradict each other "
        f"({whole.conflicting_pictures:,} pictures)."
    )
    for name, found in figures.sets.items():
        leak = found.leak
        if leak.test_pictures:
            yield (
                f"{set_title(name)}: of {leak.test_pictures:,} test pictures {share(leak.copy)} "
                f"have a copy in its own training part, {share(leak.groupmate)} a picture of the "
                "same patient group."
            )
    yield from _between(figures)
    yield from _one_sided(figures)


def _between(figures: AuditFigures) -> Iterator[str]:
    """The two sets that share most."""
    pairs = [
        (count / _size(figures.sets[name]), name, other, count)
        for name, others in figures.copies_in.items()
        for other, count in others.items()
    ]
    if pairs:
        _, name, other, count = max(pairs)
        yield (
            f"The sets are not independent: {part(count, _size(figures.sets[name]))} of the "
            f"{set_title(name)} pictures have a copy in {set_title(other)}. A test on one after "
            "training on the other is no external test."
        )


def _one_sided(figures: AuditFigures) -> Iterator[str]:
    """Sets of tumours alone, and one class alone."""
    labels = {label for inside in figures.classes.values() for label in inside}
    if len(labels) == 1:
        yield "There is one class alone, so contradictory labels cannot show."
    free = [name for name, inside in figures.classes.items() if "no_tumor" in inside]
    tumours = [name for name in figures.classes if name not in free]
    if free and tumours:
        yield (
            f"{_listed(set_title(name) for name in tumours)} holds no tumour-free picture; those "
            f"come from {_listed(set_title(name) for name in free)}. A network can tell tumour "
            "from none by the style of a scanner."
        )


def ordered(labels: Iterable[str]) -> list[str]:
    """Labels in the order of every table: the networks' classes, then others by name."""
    known = {label: place for place, label in enumerate(CLASSES)}
    return sorted(labels, key=lambda label: (known.get(label, len(known)), label))


def known(found: OwnSet) -> str:
    """How many pictures of one's own set the networks were trained on."""
    if found.known is None:
        why = (
            f"it has more than {MAX_LOOKED_UP:,} pictures"
            if len(found.rows) > MAX_LOOKED_UP
            else "the index of training pictures is missing or altered"
        )
        return (
            f"Whether our networks were trained on pictures of this set was not looked up: {why}."
        )
    if not found.known:
        return "None of these pictures is a copy of one that our networks were trained on."
    return (
        f"**{part(len(found.known), len(found.rows))} of these pictures are copies of pictures "
        "that our networks were trained on.** A test of our networks on them proves nothing."
    )


def outside(found: OwnSet) -> str:
    """What was not audited, or ""."""
    said = []
    if found.left_out:
        said.append(f"{len(found.left_out):,} picture files cannot be read and are left out.")
    if found.outside:
        said.append(f"{found.outside:,} pictures lie in no class folder and are left out.")
    return " ".join(said)


def step(name: str, done: float) -> str:
    """What the audit is doing; `name` as in `ml.datasets.own_set.Progress`."""
    if name == "look_up":
        return LOOKING_UP
    return HASHING if done < 1.0 else COMPARING


def cluster(found: Cluster) -> list[str]:
    """A line of the table of worst clusters."""
    labels = ordered({row.label for row in found.rows})
    paths = [row.path for row in found.rows]
    more = len(paths) - PATHS_SHOWN
    return [
        str(found.number),
        f"{len(paths):,}",
        ", ".join(class_title(label) for label in labels),
        "yes" if found.conflict else "no",
        "yes" if found.crosses else "no",
        "; ".join(paths[:PATHS_SHOWN]) + (f"; and {more:,} more" if more > 0 else ""),
    ]


def clusters(number: int) -> str:
    """How many clusters there are, and which are shown."""
    first = f" The first {CLUSTERS_SHOWN} are shown." if number > CLUSTERS_SHOWN else ""
    return (
        f"{number:,} slices appear more than once. Contradictory labels first, then slices in "
        f"both train and test, then the largest.{first}"
    )


def _size(found: SetFigures) -> int:
    return found.counts.pictures


def _listed(names: Iterable[str]) -> str:
    """ "a, b and c"."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
