"""Tumour against none on counterfactual pairs: the same head with and without its tumour.

Tumours and tumour-free heads come from different scanners, so a network can tell them apart by
style. Here every head appears on both sides: figshare slices of the test part with their tumour
painted out, and tumour-free slices of the test part with a tumour of a test slice blended in.
A network that sees only the source gets an AUROC of 0.5.

"Sham" rows are edited by the same hand without a change of truth (healthy brain painted over, a
healthy piece blended in): a network that falls for the traces of editing is found out there.

Pictures are made in memory and never written. One row a picture goes to a CSV; every figure
comes from the rows.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from tqdm import tqdm

from ml.counterfactual import blend_in, paint_out, sham_blend, sham_paint
from ml.counterfactual.seeds import seeded
from ml.errors import MetricsError
from ml.evaluation.calibration import softmax
from ml.evaluation.classification import tumour_score
from ml.evaluation.counterfactual_rows import PairRow, write_pairs
from ml.evaluation.pictures import Library, Row, one_a_cluster, read_split
from ml.evaluation.places import Places
from ml.evaluation.predict import BATCH, Classify, logits_of
from ml.evaluation.rows import DIGITS
from ml.inference.engine import Engine
from ml.labels import CLASSES, NO_TUMOR
from ml.models.registry import CLASSIFIERS, spec
from ml.preprocess import prepare, prepare_mask, resize
from ml.results import FloatArray

SIDE: Final[int] = 224
"""Side at which pictures are edited, pixels; each network gets its own size from there."""
A_HEAD: Final[int] = 6
"""Tumours blended into each tumour-free head, two of each type: there are few such heads."""
TRIES: Final[int] = 8
"""Donors tried for one of them before it is left out."""
TUMOURS: Final[tuple[str, ...]] = tuple(c for i, c in enumerate(CLASSES) if i != NO_TUMOR)


@dataclass(frozen=True)
class Version:
    """One version of a head.

    Attributes:
        id: path of the picture, with the edit behind it.
        pair: path of the picture whose head it is; all versions of a head share it.
        kind: "original", "counterfactual" or "sham".
        label: class identifier after the edit.
        groups: patient groups that it shows, the head's first.
        image: (SIDE, SIDE) float32 in 0..1.
    """

    id: str
    pair: str
    kind: str
    label: str
    groups: tuple[str, ...]
    image: FloatArray


@dataclass(frozen=True)
class _Slice:
    """A test picture, prepared."""

    row: Row
    image: FloatArray
    mask: FloatArray


def held_out_slices(
    rows: Sequence[Row], library: Library, *, part: str = "test"
) -> tuple[list[Row], list[Row]]:
    """Figshare slices of a part with a mask, and its tumour-free pictures, one a cluster each.

    Raises:
        MetricsError: one of the two is empty.
    """
    test = [row for row in rows if row["split"] == part and row["label"] in CLASSES]
    marked = [
        row
        for row in test
        if row["source"] == "figshare"
        and row["label"] in TUMOURS
        and library.picture(row["path"]).mask is not None
    ]
    free = [row for row in one_a_cluster(test) if row["label"] == CLASSES[NO_TUMOR]]
    if not marked or not free:
        raise MetricsError(
            f"counterfactual pairs want {part} slices with a mask and tumour-free ones; found "
            f"{len(marked)} and {len(free)}"
        )
    return one_a_cluster(marked), free


def versions(
    rows: Sequence[Row], library: Library, *, a_head: int = A_HEAD, part: str = "test"
) -> Iterator[Version]:
    """All versions of all heads of a part, always the same.

    A head that refuses its edit (`ml.counterfactual` says when) comes in its original version
    only and takes part in no figure of pairs.

    Args:
        rows: rows of data/splits/clean.csv.
        library: where the pictures are.
        a_head: tumours blended into each tumour-free head.
        part: "test", or "validation" where something is to be chosen.

    Raises:
        MetricsError: a picture of the split is not there, or there is nothing to pair.
    """
    marked, free = held_out_slices(rows, library, part=part)
    for row in tqdm(marked, desc="tumours painted out", unit="head"):
        yield from _without(_slice(row, library))
    for row in tqdm(free, desc="tumours blended in", unit="head"):
        yield from _with(_slice(row, library), marked, free, library=library, a_head=a_head)


def _slice(row: Row, library: Library) -> _Slice:
    ready = prepare(library.pixels(row["path"]), SIDE)
    mask = library.mask(row["path"]) if row["label"] in TUMOURS else None
    covered = (
        np.zeros((SIDE, SIDE), np.float32) if mask is None else prepare_mask(mask, ready.crop, SIDE)
    )
    return _Slice(row, ready.image[0, :, :, 0], covered)


def _version(
    of: _Slice, kind: str, image: FloatArray, *, label: str, edit: str = "", donor: str = ""
) -> Version:
    path, group = of.row["path"], of.row["group"]
    groups = (group,) if donor in ("", group) else (group, donor)
    return Version(path + edit, path, kind, label, groups, image)


def _without(one: _Slice) -> Iterator[Version]:
    """A tumour slice, itself without the tumour, itself with healthy brain painted over."""
    label, path = one.row["label"], one.row["path"]
    yield _version(one, "original", one.image, label=label)
    try:
        healthy = paint_out(one.image, one.mask, seeded(path, "out"))
    except ValueError:
        return
    yield _version(one, "counterfactual", healthy, label=CLASSES[NO_TUMOR], edit="#painted_out")
    try:
        sham = sham_paint(one.image, one.mask, seeded(path, "sham"), tumour=one.mask)
    except ValueError:
        return
    yield _version(one, "sham", sham, label=label, edit="#sham")


def _with(
    head: _Slice, marked: Sequence[Row], free: Sequence[Row], *, library: Library, a_head: int
) -> Iterator[Version]:
    """A tumour-free head, itself with tumours of test slices, itself with healthy pieces."""
    path, none = head.row["path"], CLASSES[NO_TUMOR]
    yield _version(head, "original", head.image, label=none)
    used: set[str] = set()
    for turn in range(a_head):
        wanted = TUMOURS[turn % len(TUMOURS)]
        order = [r for r in marked if r["label"] == wanted and r["group"] not in used] or marked
        for row in _shuffled(order, f"{path}\n{turn}")[:TRIES]:
            donor = _slice(row, library)
            rng = seeded(path, str(turn), row["path"])
            try:
                image, _ = blend_in(head.image, donor.image, donor.mask, rng)
            except ValueError:
                continue
            used.add(row["group"])
            edit = f"#blended_in:{turn}"
            yield _version(
                head, "counterfactual", image, label=row["label"], edit=edit, donor=row["group"]
            )
            yield from _sham_piece(head, donor.mask, turn, free, library)
            break


def _sham_piece(
    head: _Slice, shape: FloatArray, turn: int, free: Sequence[Row], library: Library
) -> Iterator[Version]:
    """The head with a piece of another tumour-free head, in the outline of a tumour."""
    path = head.row["path"]
    others = [row for row in free if row["group"] != head.row["group"]]
    for row in _shuffled(others, f"{path}\n{turn}\nsham")[:TRIES]:
        donor, rng = _slice(row, library), seeded(path, str(turn), row["path"], "sham")
        try:
            image = sham_blend(head.image, donor.image, shape, rng)
        except ValueError:
            continue
        none, edit = CLASSES[NO_TUMOR], f"#sham:{turn}"
        yield _version(head, "sham", image, label=none, edit=edit, donor=row["group"])
        return


def _shuffled(rows: Sequence[Row], name: str) -> list[Row]:
    """Rows in an order that depends on a name alone."""
    key = lambda row: hashlib.sha256(f"{name}\n{row['path']}".encode()).digest()  # noqa: E731
    return sorted(rows, key=key)


def predict_pairs(
    rows: Sequence[Row],
    library: Library,
    classify: Classify,
    *,
    networks: Sequence[str] = CLASSIFIERS,
    a_head: int = A_HEAD,
) -> list[PairRow]:
    """What every network says about every version of every head.

    Args:
        rows: rows of data/splits/clean.csv.
        library: where the pictures are.
        classify: runs a network by name.
        networks: their names.
        a_head: tumours blended into each tumour-free head.

    Returns:
        Rows in the order of the versions, probabilities rounded as they are written.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: a picture of the split is not there, or there is nothing to pair.
    """
    source = {row["path"]: row["source"] for row in rows}
    found: list[PairRow] = []
    waiting = versions(rows, library, a_head=a_head)
    while batch := list(islice(waiting, BATCH)):
        scores = {name: _tumour(classify, name, batch) for name in networks}
        for at, one in enumerate(batch):
            said = {name: round(float(values[at]), DIGITS) for name, values in scores.items()}
            found.append(_row(one, source[one.pair], said))
    return found


def _row(one: Version, source: str, said: Mapping[str, float]) -> PairRow:
    return PairRow(
        id=one.id,
        pair=one.pair,
        kind=one.kind,
        source=source,
        groups=one.groups,
        label=one.label,
        tumour=said,
    )


def write_counterfactual(places: Places, library: Library, engine: Engine) -> None:
    """Write the rows of the counterfactual pairs of the clean test part.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: the split is missing, or there is nothing to pair.
    """
    rows = predict_pairs(read_split(places.split), library, logits_of(engine))
    write_pairs(places.pair_rows, rows)


def _tumour(classify: Classify, name: str, batch: Sequence[Version]) -> FloatArray:
    """Tumour probability (N,) by one network."""
    size = spec(name).input_size
    images = np.stack([resize(one.image, size) for one in batch])[..., None]
    logits = np.asarray(classify(name, images), np.float64)
    return np.asarray(tumour_score(softmax(logits)), np.float32)
