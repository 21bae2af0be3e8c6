"""What this program is made of that others wrote, and under which licence.

`make licences` writes the list from the lock files, the installed packages, the licences that the
viewer's bundle ships, and the table of data sets; the page Licences shows it. No licence is typed
in but those of fonts.
"""

import csv
import io
import re
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from app.lock_files import pins

__all__ = ["FILE", "Part", "collected", "listed", "main"]

ROOT: Final = Path(__file__).resolve().parents[1]
FILE: Final = ROOT / "assets" / "licences.csv"
BUNDLE: Final = ROOT / "app" / "frontend" / "bundle" / "LICENSES.txt"
DATA_SETS: Final = ROOT / "data" / "README.md"
NOT_STATED: Final = "not stated"
_IN_BUNDLE: Final = re.compile(r"^(\S+) (\d\S*) \((.+)\)$", re.MULTILINE)
_DATA_SET: Final = re.compile(r"^\| `\w+/` \| (.+) \| .+ \| (.+) \|$", re.MULTILINE)
_LONGEST: Final = 60
_CLASSIFIER: Final = "License :: "
_TEXTS: Final = ("", ".txt", ".md", ".rst")


@dataclass(frozen=True)
class Part:
    """One thing that others wrote.

    Attributes:
        used: "app", "development", "viewer", "font" or "data set".
        name: of the package, font or data set.
        version: of the package, "" for all else.
        licence: as its maker states it, or `NOT_STATED`.
    """

    used: str
    name: str
    version: str
    licence: str


FONTS: Final = (
    Part("font", "Bitstream Vera (with reportlab, in PDF reports)", "", "Bitstream Vera licence"),
    Part("font", "Source Sans, Serif and Code (with Streamlit)", "", "OFL-1.1"),
    Part("font", "Material Symbols (with Streamlit)", "", "Apache-2.0"),
    Part("font", "KaTeX fonts (with Streamlit)", "", "MIT"),
    Part("font", "Roboto Regular, as a picture (with NiiVue, in the viewer)", "", "Apache-2.0"),
)


def listed(file: Path = FILE) -> tuple[Part, ...]:
    """The committed list."""
    with file.open(encoding="utf-8", newline="") as stream:
        return tuple(Part(**row) for row in csv.DictReader(stream))


def collected() -> tuple[Part, ...]:
    """The list as the lock files, what is installed here and the table of data sets say."""
    app = _pinned("requirements-app.lock")
    viewer = _IN_BUNDLE.findall(BUNDLE.read_text(encoding="utf-8"))
    sets = _DATA_SET.findall(DATA_SETS.read_text(encoding="utf-8"))
    return (
        *(_part("app", *pin) for pin in sorted(app)),
        *(_part("development", *pin) for pin in sorted(_pinned("requirements.lock") - app)),
        *(Part("viewer", *found) for found in sorted(viewer)),
        *FONTS,
        *(Part("data set", name, "", licence) for name, licence in sets),
    )


def text(parts: Sequence[Part]) -> str:
    """The list as CSV."""
    memory = io.StringIO()
    writer = csv.writer(memory, lineterminator="\n")
    writer.writerow([one.name for one in fields(Part)])
    writer.writerows(astuple(one) for one in parts)
    return memory.getvalue()


def main() -> int:
    """Write the list; 1 where a licence is not stated."""
    parts = collected()
    FILE.write_text(text(parts), encoding="utf-8")
    missing = [one.name for one in parts if one.licence == NOT_STATED]
    sys.stdout.write(f"{len(parts)} parts. No licence stated by: {', '.join(missing) or 'none'}.\n")
    return 1 if missing else 0


def _pinned(lock: str) -> set[tuple[str, str]]:
    """(name, version) of what a lock file pins."""
    return {(pin.name, pin.version) for pin in pins(ROOT / lock)}


def _part(used: str, name: str, version: str) -> Part:
    try:
        return Part(used, name, version, _licence(distribution(name)))
    except PackageNotFoundError:
        return Part(used, name, version, NOT_STATED)


def _licence(found: Distribution) -> str:
    """The licence: its expression, else the classifiers, else the stated text's first line."""
    expression = found.metadata.json.get("license_expression")
    if expression:
        return str(expression)
    named = [
        one.rpartition(" :: ")[2]
        for one in found.metadata.get_all("Classifier") or []
        if one.startswith(_CLASSIFIER) and one != "License :: OSI Approved"
    ]
    if named:
        return "; ".join(named)
    stated = str(found.metadata.json.get("license") or "")
    return _first_line(stated) or _of_file(found)


def _of_file(found: Distribution) -> str:
    """The first line of the licence's text that comes with a package."""
    for file in found.files or []:
        if file.name.upper().startswith(("LICENSE", "LICENCE")) and file.suffix in _TEXTS:
            return _first_line(file.read_text(encoding="utf-8")) or NOT_STATED
    return NOT_STATED


def _first_line(licence: str) -> str:
    """The first line that says more than whose it is, "" for none."""
    lines = (line.strip() for line in licence.splitlines())
    said = (line for line in lines if line and not line.lower().startswith("copyright"))
    return next(said, "")[:_LONGEST]


if __name__ == "__main__":
    raise SystemExit(main())
