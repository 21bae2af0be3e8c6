"""What this program is made of that others wrote, and under which licence.

`make licences` writes the list from the lock files, the installed packages, and the licences that
the viewer's bundle ships; the page Licences shows it. No licence is typed in but those of fonts.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

__all__ = ["FILE", "Part", "collected", "listed", "main"]

ROOT: Final = Path(__file__).resolve().parents[1]
FILE: Final = ROOT / "assets" / "licences.csv"
BUNDLE: Final = ROOT / "app" / "frontend" / "bundle" / "LICENSES.txt"
NOT_STATED: Final = "not stated"
_IN_BUNDLE: Final = re.compile(r"^(\S+) (\d\S*) \((.+)\)$", re.MULTILINE)
_LONGEST: Final = 60
_CLASSIFIER: Final = "License :: "
_TEXTS: Final = ("", ".txt", ".md", ".rst")


@dataclass(frozen=True)
class Part:
    """One thing that others wrote.

    Attributes:
        used: "app", "development", "viewer" or "font".
        name: of the package or font.
        version: likewise, "" for a font.
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
)


def listed(file: Path = FILE) -> tuple[Part, ...]:
    """The committed list."""
    with file.open(encoding="utf-8", newline="") as stream:
        return tuple(Part(**row) for row in csv.DictReader(stream))


def collected() -> tuple[Part, ...]:
    """The list as the lock files and what is installed here say."""
    app = dict(_pins(ROOT / "requirements-app.lock"))
    rest = {name: pin for name, pin in _pins(ROOT / "requirements.lock") if name not in app}
    viewer = _IN_BUNDLE.findall(BUNDLE.read_text(encoding="utf-8"))
    return (
        *(_part("app", name, version) for name, version in sorted(app.items())),
        *(_part("development", name, version) for name, version in sorted(rest.items())),
        *(Part("viewer", *found) for found in sorted(viewer)),
        *FONTS,
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


def _pins(lock: Path) -> Iterator[tuple[str, str]]:
    """(name, version) of what a lock file installs here."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            pin = Requirement(line.rstrip("\\ "))
            if pin.marker is None or pin.marker.evaluate():
                (bound,) = pin.specifier
                yield pin.name, bound.version


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
    lines = str(found.metadata.json.get("license") or "").strip().splitlines()
    return lines[0][:_LONGEST] if lines else _first_line(found)


def _first_line(found: Distribution) -> str:
    """The first line of the licence's text that comes with a package."""
    for file in found.files or []:
        if file.name.upper().startswith(("LICENSE", "LICENCE")) and file.suffix in _TEXTS:
            written = file.read_text(encoding="utf-8").split("\n")
            return next((line.strip()[:_LONGEST] for line in written if line.strip()), NOT_STATED)
    return NOT_STATED


if __name__ == "__main__":
    raise SystemExit(main())
