"""The pictures of a split, prepared once and kept as uint8 arrays in an ignored cache."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ml.datasets.readers import Picture, data_root, load_mask, load_pixels, read_all
from ml.datasets.tables import read_rows
from ml.datasets.tables import split_id as short_id
from ml.errors import DatasetError, TrainingError
from ml.labels import CLASSES, NO_TUMOR
from ml.preprocess import prepare, prepare_mask
from ml.training.config import FOLD_SPLITS

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".cache"
PREPROCESSING = Path(__file__).resolve().parents[1] / "preprocess.py"
"""Its text is part of the cache's key: what was prepared otherwise is prepared again."""
CACHED_SIDE = 208
"""Side at which pictures are cached, pixels: above every training size."""

UNKNOWN_TUMOUR = -1
"""Class index of a slice with a tumour of unknown type."""


@dataclass(frozen=True)
class Corpus:
    """Prepared pictures of one split part.

    Attributes:
        images: (N, S, S) uint8.
        masks: (N, S, S) uint8 coverage ×255; zero where there is none.
        has_mask: (N,) bool, the outline is known (tumour-free pictures have a known empty one).
        labels: (N,) int, class index or `UNKNOWN_TUMOUR`.
        clusters: (N,) str, near-duplicate cluster.
        groups: (N,) str, patient group.
        paths: (N,) str, relative to the data root.
        representative: (N,) bool, the one picture that stands for its cluster.
    """

    images: npt.NDArray[np.uint8]
    masks: npt.NDArray[np.uint8]
    has_mask: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.int64]
    clusters: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]
    paths: npt.NDArray[np.str_]
    representative: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, keep: npt.NDArray[np.bool_]) -> "Corpus":
        """The pictures where `keep` (N,) is true."""
        return Corpus(**{name: getattr(self, name)[keep] for name in self.__dataclass_fields__})

    def resized(self, size: int) -> "Corpus":
        """The same pictures at another side, area-averaged as reading does."""
        return Corpus(
            **{
                **{name: getattr(self, name) for name in self.__dataclass_fields__},
                "images": resize_all(self.images, size),
                "masks": resize_all(self.masks, size),
            }
        )


def resize_all(stack: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """Pictures (N, S, S) at another side, area-averaged."""
    if stack.shape[1] == size:
        return stack
    return np.stack([cv2.resize(one, (size, size), interpolation=cv2.INTER_AREA) for one in stack])


def read_split(split: str) -> list[dict[str, str]]:
    """Rows of `data/splits/<split>.csv`.

    Raises:
        TrainingError: no such split.
    """
    path = REPOSITORY / "data" / "splits" / f"{split}.csv"
    try:
        return read_rows(path)
    except DatasetError as error:
        raise TrainingError(
            f"There is no split {split!r}: run `python -m ml.datasets.splits`, which writes "
            "data/splits/*.csv from the data sets."
        ) from error


def split_id(split: str) -> str:
    """First 16 hex digits of the SHA-256 of the split's file."""
    return short_id((REPOSITORY / "data" / "splits" / f"{split}.csv").read_bytes())


def official_part(row: dict[str, str]) -> str:
    """Part of an official split, with a tenth of the training groups kept for validation."""
    held_out = hashlib.sha256(row["group"].encode()).digest()[0] % 10 == 0
    return "validation" if row["official"] == "train" and held_out else row["official"]


def _prepared(picture: Picture, root: Path, side: int) -> tuple[npt.NDArray[np.uint8], ...]:
    ready = prepare(load_pixels(picture, root), side)
    mask = load_mask(picture, root)
    image = np.round(ready.image[0, :, :, 0] * 255.0).astype(np.uint8)
    if mask is None:
        return image, np.zeros((side, side), np.uint8)
    covered = prepare_mask(mask, ready.crop, side)
    return image, np.round(covered * 255.0).astype(np.uint8)


def fold_part(row: dict[str, str], test: int) -> str:
    """Part of a row when fold `test` is held out; the fold after it chooses the epoch."""
    fold = int(row["fold"])
    if fold == test:
        return "test"
    return "validation" if fold == (test + 1) % len(FOLD_SPLITS) else "train"


def split_file(split: str) -> str:
    """Name, without its ending, of the file under data/splits that a split is read from."""
    if split.startswith("official_"):
        return "official"
    return "folds" if split in FOLD_SPLITS else split


def rows_of(split: str) -> list[dict[str, str]]:
    """Rows of a split whose pictures are prepared, with `split` saying which part.

    Raises:
        TrainingError: no such split.
    """
    if split in FOLD_SPLITS:
        test = FOLD_SPLITS.index(split)
        return [{**row, "split": fold_part(row, test)} for row in read_split("folds")]
    if not split.startswith("official_"):
        return [row for row in read_split(split) if row["split"] != "excluded"]
    source = split.removeprefix("official_")
    rows = [row for row in read_split("official") if row["source"] == source]
    return [{**row, "split": official_part(row)} for row in rows]


def store_of(paths: list[str]) -> Path:
    """Cache folder of these pictures as this version prepares them."""
    key = "\n".join([PREPROCESSING.read_text(), str(CACHED_SIDE), *paths])
    return CACHE / f"pictures-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def keep(store: Path, images: npt.NDArray[np.uint8], masks: npt.NDArray[np.uint8]) -> None:
    """Fill a cache folder, whole or not at all, with pictures and masks (N, S, S)."""
    part = store.with_suffix(".part")
    part.mkdir(parents=True, exist_ok=True)
    np.save(part / "images.npy", images)
    np.save(part / "masks.npy", masks)
    part.rename(store)


def _pictures(paths: list[str]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Prepared pictures and masks of every path, from the cache when it is the same list."""
    store = store_of(paths)
    if not store.is_dir():
        root = data_root()
        known = {picture.path: picture for picture in read_all(root)}
        rows = [
            _prepared(known[path], root, CACHED_SIDE)
            for path in tqdm(paths, desc="preparing pictures", unit="picture")
        ]
        keep(store, np.stack([row[0] for row in rows]), np.stack([row[1] for row in rows]))
    return np.load(store / "images.npy"), np.load(store / "masks.npy")


def load_corpus(split: str, part: str) -> Corpus:
    """Prepared pictures of one part of a split.

    Args:
        split: "clean" or one of `FOLD_SPLITS` (parts train, validation, test), or
            "official_sartaj" or "official_roboflow" as they were shipped.
        part: which part.

    Raises:
        TrainingError: the split or the part does not exist.
        MissingDataset: the pictures are not on this machine.
    """
    official = split.startswith("official_")
    rows = rows_of(split)
    images, masks = _pictures([r["path"] for r in rows])
    labels = np.array(
        [CLASSES.index(r["label"]) if r["label"] in CLASSES else UNKNOWN_TUMOUR for r in rows]
    )
    marked = masks.reshape(len(masks), -1).any(axis=1)
    keep = np.array([r["split"] == part for r in rows])
    if not keep.any():
        raise TrainingError(f"Split {split!r} has no part {part!r}.")
    return Corpus(
        images=images,
        masks=masks,
        has_mask=marked | (labels == NO_TUMOR),
        labels=labels,
        clusters=np.array([r["cluster"] for r in rows]),
        groups=np.array([r["group"] for r in rows]),
        paths=np.array([r["path"] for r in rows]),
        representative=np.array([official or r["representative"] == "1" for r in rows]),
    ).select(keep)
