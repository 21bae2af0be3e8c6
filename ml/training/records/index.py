"""What `index.json` says of a folder of prepared pictures, and whether it is still so."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from ml.errors import DatasetError

if TYPE_CHECKING:
    # not at run time: a machine that only reads may lack what preparing pictures takes
    from ml.training.corpus import Corpus

Kind = Literal["tfrecord", "pack"]
Arrays = dict[str, npt.NDArray[Any]]

INDEX: Final = "index.json"
VERSION: Final = 1
FIELDS: Final = (
    *("images", "masks", "has_mask", "labels"),
    *("clusters", "groups", "paths", "representative"),
)
"""The arrays of a `Corpus`, in the order in which their content is summed."""


@dataclass(frozen=True)
class Origin:
    """Where a corpus comes from.

    Attributes:
        split: "clean" or "official_<source>".
        part: "train", "validation" or "test".
        split_id: of the split's file, see `ml.training.corpus.split_id`.
        recipe: first 16 hex digits of the SHA-256 of the preprocessing's text.
        representatives: only the one picture that stands for its near-duplicate cluster.
    """

    split: str
    part: str
    split_id: str
    recipe: str
    representatives: bool = False


@dataclass(frozen=True)
class Shard:
    """One file of a folder.

    Attributes:
        file: its name.
        sha256: of its bytes.
        size: bytes.
        pictures: how many it holds.
        groups: of how many patient groups.
    """

    file: str
    sha256: str
    size: int
    pictures: int
    groups: int


@dataclass(frozen=True)
class Index:
    """One folder.

    Attributes:
        kind: which format.
        origin: where the pictures come from.
        side: of every picture, pixels.
        pictures: how many.
        clusters: of how many near-duplicate clusters.
        groups: of how many patient groups.
        labels: class index (as text) → pictures.
        dtypes: field → NumPy's name of its type.
        content: SHA-256 over all arrays; the same in both formats.
        command: what exports the same again.
        shards: the files.
    """

    kind: Kind
    origin: Origin
    side: int
    pictures: int
    clusters: int
    groups: int
    labels: dict[str, int]
    dtypes: dict[str, str]
    content: str
    command: str
    shards: tuple[Shard, ...]

    @property
    def remedy(self) -> str:
        """What mends a folder that is not what this index says."""
        return (
            "Copy the folder again from where it was exported, or export it anew into an empty "
            f"folder: `{self.command}`."
        )

    def blank(self) -> Arrays:
        """Arrays of the indexed shapes and types, to be filled by position."""
        shape = (self.pictures, self.side, self.side)
        return {
            name: np.zeros(shape if name in ("images", "masks") else self.pictures, dtype)
            for name, dtype in self.dtypes.items()
        }


def arrays_of(corpus: "Corpus") -> Arrays:
    """The fields of a corpus by name."""
    return {name: getattr(corpus, name) for name in FIELDS}


def content_sum(arrays: Arrays) -> str:
    """SHA-256 over every array with its name and shape; the width of a text array is left out."""
    whole = hashlib.sha256()
    for name in FIELDS:
        one = arrays[name]
        whole.update(f"{name} {one.shape}\n".encode())
        if one.dtype.kind == "U":
            whole.update(json.dumps(one.tolist()).encode())
        else:
            whole.update(np.ascontiguousarray(one).data)
    return whole.hexdigest()


def describe(
    kind: Kind, corpus: "Corpus", *, origin: Origin, options: str, shards: Iterable[Shard]
) -> Index:
    """The index of a corpus that was written in some shards.

    Args:
        kind: which format.
        corpus: what was written.
        origin: where it comes from.
        options: the format's own options of the command that writes it.
        shards: the files.
    """
    names, counts = np.unique(corpus.labels, return_counts=True)
    side = int(corpus.images.shape[1])
    chosen = " --representatives" if origin.representatives else ""
    return Index(
        kind=kind,
        origin=origin,
        side=side,
        pictures=len(corpus),
        clusters=len(np.unique(corpus.clusters)),
        groups=len(np.unique(corpus.groups)),
        labels={str(int(k)): int(n) for k, n in zip(names, counts, strict=True)},
        dtypes={name: one.dtype.str for name, one in arrays_of(corpus).items()},
        content=content_sum(arrays_of(corpus)),
        command=f"python -m ml.datasets.{kind} export FOLDER --split {origin.split} "
        f"--part {origin.part} --side {side} {options}{chosen}",
        shards=tuple(shards),
    )


def describe_shard(path: Path, groups: npt.NDArray[np.str_]) -> Shard:
    """A file that was just written, with the groups (N,) of its pictures."""
    return Shard(
        file=path.name,
        sha256=_file_sum(path),
        size=path.stat().st_size,
        pictures=len(groups),
        groups=len(np.unique(groups)),
    )


def write_index(folder: Path, index: Index) -> Index:
    """Write `index.json`, the last file of an export: without it the folder is not complete."""
    facts = {"version": VERSION, **asdict(index)}
    part = folder / f"{INDEX}.part"
    part.write_text(json.dumps({"seal": _seal(facts), **facts}, indent=2) + "\n", encoding="utf-8")
    part.replace(folder / INDEX)
    return index


def read_index(folder: Path, kind: Kind | None = None) -> Index:
    """The index of a folder.

    Args:
        folder: what an export wrote.
        kind: the format it must have; None for either.

    Raises:
        DatasetError: there is none, it was altered, or it is of another format or version.
    """
    path = folder / INDEX
    again = f"python -m ml.datasets.{kind or 'tfrecord'} export --help"
    if not path.is_file():
        raise DatasetError(
            f"{folder} holds no {INDEX}: nothing was exported there, or the export was stopped. "
            f"Remove what is there and export again; see `{again}`."
        )
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        seal = facts.pop("seal")
        version = facts["version"]
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise DatasetError(_damaged(folder, again)) from error
    if version != VERSION:
        raise DatasetError(
            f"{folder} is of version {version} of this format; read is version {VERSION}. "
            f"Export again; see `{again}`."
        )
    if seal != _seal(facts):
        raise DatasetError(_damaged(folder, again))
    del facts["version"]
    origin, shards = Origin(**facts.pop("origin")), [Shard(**s) for s in facts.pop("shards")]
    index = Index(origin=origin, shards=tuple(shards), **facts)
    if kind is not None and index.kind != kind:
        raise DatasetError(
            f"{folder} is a {index.kind} export, not {kind}; use `python -m "
            f"ml.datasets.{index.kind}`."
        )
    return index


def check_shards(folder: Path, index: Index, shards: Iterable[Shard] | None = None) -> None:
    """See that files are there and have the indexed SHA-256.

    Args:
        folder: where they are.
        index: what they should be.
        shards: which ones; None for all.

    Raises:
        DatasetError: one is missing, truncated or altered; says which, and what mends it.
    """
    for shard in index.shards if shards is None else shards:
        path = folder / shard.file
        if not path.is_file():
            raise DatasetError(f"{shard.file} is missing in {folder}. {index.remedy}")
        size = path.stat().st_size
        if size != shard.size:
            raise DatasetError(
                f"{shard.file} in {folder} has {size} bytes, not {shard.size}: it was truncated "
                f"or altered. {index.remedy}"
            )
        if _file_sum(path) != shard.sha256:
            raise DatasetError(
                f"{shard.file} in {folder} was altered: its SHA-256 is not the indexed one. "
                f"{index.remedy}"
            )


def _damaged(folder: Path, again: str) -> str:
    return (
        f"{INDEX} in {folder} was truncated or altered. Copy the folder again from where it was "
        f"exported, or export it anew; see `{again}`."
    )


def _file_sum(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _seal(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
