"""Exported parts → this machine's cache, so that training runs without the data sets."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ml.errors import DatasetError
from ml.training import corpus
from ml.training.records.index import Index, Kind, Origin, read_index
from ml.training.records.reading import read_arrays


def recipe() -> str:
    """First 16 hex digits of the SHA-256 of the preprocessing's text."""
    return hashlib.sha256(corpus.PREPROCESSING.read_bytes()).hexdigest()[:16]


def origin_of(split: str, part: str, *, representatives: bool = False) -> Origin:
    """What a part exported here and now rests on."""
    file = "official" if split.startswith("official_") else split
    return Origin(split, part, corpus.split_id(file), recipe(), representatives)


def import_parts(folders: Sequence[Path], kind: Kind) -> Path:
    """Put the exported parts of one split where `load_corpus` finds its prepared pictures.

    Args:
        folders: one export each; together all parts of the split.
        kind: their format.

    Returns:
        The cache folder; it is left as it is when it is there already.

    Raises:
        DatasetError: an export is damaged, of another split, preprocessing or size than this
            machine's, or a part is missing.
    """
    indices = [read_index(folder, kind) for folder in folders]
    split = indices[0].origin.split
    for folder, index in zip(folders, indices, strict=True):
        _check_origin(folder, index, split)
    rows = corpus.rows_of(split)
    have = {index.origin.part for index in indices}
    lacking = sorted({row["split"] for row in rows} - have)
    if lacking:
        raise DatasetError(
            f"The cache holds all parts of a split; missing is {', '.join(lacking)}. Export it "
            f"too and name all folders: `{_all_of(indices[0], lacking[0])}`."
        )
    paths = [row["path"] for row in rows]
    store = corpus.store_of(paths)
    if not store.is_dir():
        place = {path: position for position, path in enumerate(paths)}
        shape = (len(paths), corpus.CACHED_SIDE, corpus.CACHED_SIDE)
        images, masks = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        for folder in folders:
            arrays = read_arrays(folder)
            positions = [place.pop(str(path)) for path in arrays["paths"]]
            images[positions], masks[positions] = arrays["images"], arrays["masks"]
        corpus.keep(store, images, masks)
    return store


def _check_origin(folder: Path, index: Index, split: str) -> None:
    """Refuse what `load_corpus` would not have prepared itself."""
    origin = index.origin
    here = origin_of(origin.split, origin.part)
    found = ""
    if origin.split != split:
        found = f"is of split {origin.split}, the first folder of {split}"
    elif origin.split_id != here.split_id:
        found = f"was exported with another file of split {split} ({origin.split_id})"
    elif origin.recipe != here.recipe:
        found = "was prepared by another version of ml/preprocess.py"
    elif index.side != corpus.CACHED_SIDE:
        found = f"holds pictures of {index.side} px, the cache {corpus.CACHED_SIDE} px"
    elif origin.representatives:
        found = "holds one picture a cluster only, the cache all of them"
    if found:
        raise DatasetError(
            f"{folder} {found}. Export it with this version of the project, without --side and "
            f"--representatives, or read it by itself with ml.training.records.read_corpus."
        )


def _all_of(index: Index, part: str) -> str:
    return index.command.replace(f"--part {index.origin.part}", f"--part {part}")
