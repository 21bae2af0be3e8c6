"""The command line of both formats: export, import, verify."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ml.errors import SulcusError
from ml.training.records.index import Index, Kind, check_shards, read_index

SPLITS = ("clean", "official_sartaj", "official_roboflow")
PARTS = ("train", "validation", "test")
SMALLEST_SIDE = 16


def parser(kind: Kind, about: str | None) -> argparse.ArgumentParser:
    """The command line of one format.

    Args:
        kind: which format.
        about: what the help begins with.
    """
    found = argparse.ArgumentParser(
        prog=f"python -m ml.datasets.{kind}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = found.add_subparsers(dest="verb", required=True)
    export = verbs.add_parser("export", help="write one part of a split to a folder")
    export.add_argument(
        "folder", type=Path, help="empty or new; in a git repository it has to be an ignored one"
    )
    export.add_argument("--split", default="clean", choices=SPLITS, help="default: clean")
    export.add_argument("--part", required=True, choices=PARTS)
    export.add_argument(
        "--side",
        type=_at_least(SMALLEST_SIDE),
        metavar="PIXELS",
        help="shrink to this side (default: as prepared)",
    )
    export.add_argument(
        "--representatives",
        action="store_true",
        help="only the one picture that stands for its near-duplicate cluster",
    )
    if kind == "tfrecord":
        export.add_argument(
            "--shards",
            type=_at_least(1),
            default=8,
            metavar="N",
            help="files; no patient group is in two (default: 8)",
        )
    else:
        export.add_argument(
            "--mib",
            type=_at_least(1),
            default=48,
            metavar="N",
            help="largest size of a file, MiB (default: 48)",
        )
    into = verbs.add_parser(
        "import", help="put all parts of a split into .cache/: training then needs no data sets"
    )
    verify = verbs.add_parser("verify", help="compare every file with the index")
    for verb in (into, verify):
        verb.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    return found


def run(kind: Kind, about: str | None, arguments: list[str] | None = None) -> int:
    """Entry point of one format; returns the exit status: 0 done, 1 refused."""
    options = parser(kind, about).parse_args(arguments)
    try:
        if options.verb == "export":
            sys.stdout.write(summary(options.folder, export(kind, options)) + "\n")
        elif options.verb == "import":
            from ml.training.records.cache import import_parts

            store = import_parts(options.folders, kind)
            sys.stdout.write(f"Training finds the prepared pictures in {store}.\n")
        else:
            for folder in options.folders:
                index = read_index(folder, kind)
                check_shards(folder, index)
                sys.stdout.write(f"{summary(folder, index)}: complete and unaltered\n")
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def export(kind: Kind, options: argparse.Namespace) -> Index:
    """Load the part and write it.

    Raises:
        SulcusError: the pictures are not here, or the folder may not be written to.
    """
    from ml.training.corpus import load_corpus
    from ml.training.records.cache import origin_of
    from ml.training.records.pack import export_pack
    from ml.training.records.place import claim
    from ml.training.records.tfrecord import export_tfrecord

    claim(options.folder)  # before minutes of preparing pictures
    found = load_corpus(options.split, options.part)
    if options.representatives:
        found = found.select(found.representative)
    if options.side is not None:
        found = found.resized(options.side)
    origin = origin_of(options.split, options.part, representatives=options.representatives)
    if kind == "tfrecord":
        return export_tfrecord(found, options.folder, origin=origin, shards=options.shards)
    return export_pack(found, options.folder, origin=origin, mib=options.mib)


def summary(folder: Path, index: Index) -> str:
    """One line on a folder."""
    size = sum(shard.size for shard in index.shards) / 2**20
    return (
        f"{folder}: {index.origin.split} {index.origin.split_id}, {index.origin.part}, "
        f"{index.pictures} pictures of {index.side} px, {index.clusters} clusters, "
        f"{index.groups} groups in {len(index.shards)} files of {size:.1f} MiB in all"
    )


def _at_least(least: int) -> Callable[[str], int]:
    """Type of an option: a whole number that is not smaller."""

    def whole(text: str) -> int:
        number = int(text)
        if number < least:
            raise argparse.ArgumentTypeError(f"{number} is less than {least}")
        return number

    return whole
