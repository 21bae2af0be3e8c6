"""The part of docs/robustness.md that is counted in the repository as it is.

Each line names the test or the command that fails where the line would not hold. A test is looked
up by its name, and its cases are those that it really has, so that no line outlives its test.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any, Final

from app import attribution, lock_files, palette, report_texts
from app.access import person
from app.palette import Palette
from app.store.tables import Base, TrailRow
from ml.evaluation.tables import markdown_table
from ml.models import registry

__all__ = ["Line", "section"]

_HEAD: Final = """## Counted in the repository

What tests, lists and lock files held when this document was written. A test with several cases
counts each of them, and fails where its line would not hold."""
_TEXTS: Final[Mapping[str, str]] = {
    "Identity": """
A marker stands in the attributes, in private and nested ones, and in the names of the files. Then
everything is searched for it: database, kept pictures, log, exports, page source and error texts.
Without a marker are attributes that hold short numbers only, those of a command, which no file has,
and the study date, which the worklist keeps. The name of a file is shown on purpose, on the screen
of the reader who opened it, to tell the files apart; it is kept nowhere: not in the database, a log
or an export, nor as the name of one.""",
    "Access": """
What is seen, changed or exported has a line in the audit trail, each sealed together with the one
before it. Lines cut off at the end show against a number and seal that was written down.""",
    "Offline": """
Every connection and look-up that Python makes is heard and refused while the app starts and reads
a scan; in the browser every request of a page is watched.""",
    "Supply chain": "",
    "Accessibility": """
Each view is looked at by axe-core in a real browser; a serious or critical finding fails the
test.""",
}
"""[title] → what the counts are of."""
_COLUMNS: Final = ("What", "Count", "Shown by")
_ACCESS: Final[Mapping[str, str]] = {
    "Ways of being reached from elsewhere that show nothing without sign-in": (
        "test_nothing_is_open_to_others_without_sign_in"
    ),
    "Protections of the server without which nothing is shown": (
        "test_a_protection_that_is_off_closes_the_app"
    ),
    "Sign-in set up in part, refused": "test_sign_in_that_is_set_up_in_part_closes_the_app",
    "Settings of access that make no sense, refused": (
        "test_settings_that_make_no_sense_are_refused"
    ),
    "Claims without which a sign-in is refused": "test_a_sign_in_that_does_not_say_who_is_refused",
}
"""[what] → test of tests/access/test_access.py."""


@dataclass(frozen=True)
class Line:
    """A line of the document.

    Attributes:
        what: is counted.
        count: how many, as it is written.
        shown_by: a test as pytest names it, or a command.
    """

    what: str
    count: str
    shown_by: str


def section(root: Path) -> str:
    """The Markdown; "" for a folder that is no clone with its tests.

    Args:
        root: of the repository.
    """
    if not (root / "tests").is_dir():
        return ""
    counted = {
        "Identity": _identity(),
        "Access": _access(),
        "Offline": _offline(),
        "Supply chain": _supply_chain(root),
        "Accessibility": _accessibility(root),
    }
    parts = [_part(title, list(lines)) for title, lines in counted.items()]
    return "\n\n".join([_HEAD, *parts]) + "\n"


def _part(title: str, lines: Sequence[Line]) -> str:
    rows = [(one.what, one.count, f"`{one.shown_by}`") for one in lines]
    table = markdown_table(_COLUMNS, rows)
    return "\n\n".join(filter(None, (f"### {title}", _TEXTS[title].strip(), table)))


def _module(file: str) -> Any:
    """A file of the tests, imported."""
    return import_module(file.removesuffix(".py").replace("/", "."))


def _test(file: str, name: str) -> str:
    """A test as pytest names it; it is there."""
    getattr(_module(file), name)
    return f"{file}::{name}"


def _cases(test: Callable[..., None]) -> int:
    """How often pytest runs a test."""
    marks = getattr(test, "pytestmark", ())
    return prod(len(mark.args[1]) for mark in marks if mark.name == "parametrize")


def _of_test(what: str, file: str, name: str) -> Line:
    """A line with the cases of a test."""
    return Line(what, f"{_cases(getattr(_module(file), name))}", _test(file, name))


def _identity() -> Iterator[Line]:
    file = "tests/app/test_identity.py"
    test, marks = _module(file), _module("tests/app/planted.py")
    (data, *_) = test.uploads("series")[0][1:]
    known, marked = marks.keywords(), marks.marked(data)
    nowhere = "test_a_marker_is_found_nowhere_after_reading_signing_and_exporting"
    yield Line(
        "Attributes of the basic profile (PS3.15, table E.1-1)",
        f"{len(known)}",
        _test(file, "test_the_list_names_attributes_that_exist"),
    )
    yield Line(
        "Of them with a marker in each file",
        f"{len(marked)}",
        _test(file, "test_the_search_itself_finds_a_marker"),
    )
    yield Line("Forms of the marker", f"{len(marks.EVERY)}", _test(file, nowhere))
    yield _of_test("Kinds of upload, read, signed and exported", file, nowhere)
    yield Line(
        "Damaged files of which nothing is quoted on screen",
        f"{len(test.damaged_files())}",
        _test(file, "test_no_refusal_of_a_damaged_file_quotes_it"),
    )
    kept = [label for label in report_texts.FORMS.values() if "identity" in label]
    yield Line(
        "Exports that keep the identity of their source, as their button says",
        f"{len(kept)}",
        _test(file, "test_only_what_says_so_on_its_button_keeps_the_identity"),
    )


def _access() -> Iterator[Line]:
    file, door = "tests/access/test_access.py", "tests/access/test_door.py"
    for what, name in _ACCESS.items():
        yield _of_test(what, file, name)
    yield Line(
        "Roles",
        f"{len({person.READER, person.ADMIN})}",
        _test(file, "test_a_role_comes_from_a_claim"),
    )
    yield Line(
        "Security headers of the documented proxy",
        f"{len(_module(door).documented())}",
        _test(door, "test_every_answer_has_the_headers_and_secure_cookies"),
    )
    stored = "tests/store/test_trail.py"
    yield Line(
        "Tables of which every new row has a line in the audit trail",
        f"{len(set(Base.metadata.tables) - {TrailRow.__tablename__})}",
        _test(stored, "test_every_table_is_told_of"),
    )
    screens = "tests/app/test_trail.py"
    yield Line(
        "Kinds of line beside these: seen, kept, exported, signed in and others",
        f"{len(_module(screens).KINDS)}",
        _test(screens, "test_every_kind_of_line_is_a_word_of_its_own_that_something_notes"),
    )
    forged = "test_what_was_removed_or_changed_shows"
    (cases,) = (mark.args[1] for mark in getattr(_module(stored), forged).pytestmark)
    yield Line(
        "Lines and rows removed, changed or added behind its back that show at once",
        _part_of([broken for _, broken in cases]),
        _test(stored, forged),
    )


def _offline() -> Iterator[Line]:
    file, behind = "tests/app/test_offline.py", "tests/e2e/test_behind_the_door.py"
    offline = _module(file)
    for what, found in (
        ("Kinds of connection and look-up that are heard", offline.EVENTS),
        (
            "Beginnings of names and addresses of this computer, all that is let through",
            offline.NEAR,
        ),
    ):
        yield Line(
            what, f"{len(found)}", _test(file, "test_a_start_and_a_reading_ask_no_other_computer")
        )
    yield Line(
        "Views that ask no other host for anything",
        f"{len(_module(behind).VIEWS)}",
        _test(behind, "test_no_page_does_what_the_policy_forbids"),
    )


def _supply_chain(root: Path) -> Iterator[Line]:
    from app import sbom  # needs a package that the app does without

    set_up, bill = "tests/test_setup.py", "tests/app/test_sbom.py"
    for lock in ("requirements.lock", "requirements-app.lock"):
        entries = _module(set_up).locked(lock)
        yield Line(
            f"Entries of {lock} with their SHA-256",
            _part_of([hashes for _, hashes in entries]),
            _test(set_up, "test_every_lock_entry_is_one_version_with_hashes"),
        )
    pinned = lock_files.npm_pins(root / "app" / "frontend" / "package-lock.json")
    yield Line(
        "Entries of package-lock.json with their SHA-512",
        _part_of([one.sha512 for one in pinned]),
        "npm ci",
    )
    yield Line(
        "Networks with the SHA-256 of their weights",
        _part_of([registry.spec(name).sha256 for name in registry.installed()]),
        _test(bill, "test_every_weight_file_is_in_it_by_its_registered_digest"),
    )
    parts = json.loads(sbom.document())["components"]
    yield Line(
        "Components of the bill of materials with licence or digest",
        _part_of([one.get("licenses") or one.get("hashes") for one in parts]),
        _test(bill, "test_everything_that_is_pinned_or_credited_is_in_it"),
    )
    listed = attribution.listed()
    yield Line(
        "Packages, fonts and data sets on the page Licences with a stated licence",
        _part_of([one.licence != attribution.NOT_STATED for one in listed]),
        _test("tests/app/test_attribution.py", "test_every_entry_states_a_licence"),
    )


def _part_of(found: Sequence[object]) -> str:
    """How many are not empty, of how many."""
    return f"{sum(map(bool, found)):,} of {len(found):,}"


def _accessibility(root: Path) -> Iterator[Line]:
    themes = [one for one in vars(palette).values() if isinstance(one, Palette)]
    for path in sorted((root / "tests" / "e2e").glob("test_accessibility*.py")):
        file = path.relative_to(root).as_posix()
        for name, test in vars(_module(file)).items():
            if name.startswith("test_"):
                both = "in_both_themes" in test.__code__.co_names
                yield Line(
                    name.removeprefix("test_").replace("_", " ").capitalize(),
                    f"{_cases(test)} × {len(themes)} themes" if both else f"{_cases(test)}",
                    _test(file, name),
                )
