"""Words of signed reports as they are kept, and of addenda to them."""

from collections.abc import Sequence
from typing import Final

from app.store.signed import Signed, SignedReport
from app.texts import DASH, count
from app.worklist_texts import moment

COLUMN: Final = "Report"
ALL: Final = "Signed reports"
ADDENDUM: Final = "Addendum"
ADD: Final = "Addendum: your words"
ADD_HELP: Final = (
    "A signed report is not changed. What you add is a document of its own that names this one; "
    "both are kept."
)
NO_NAME: Final = "An addendum is signed with a name: write yours above."
JSON: Final = "JSON, as signed"
WITHDRAW: Final = "Take back the signature"
WITHDRAW_HELP: Final = (
    "The report stays stored; a new row takes the signature back. Only who signed may, and only "
    "before an addendum."
)
TAKEN_BACK: Final = "The signature was taken back; the text stays."
NOT_INTACT: Final = (
    "The stored text of this report is not the one that was signed: its digest is another one. It "
    "is not shown. Restore the database from a copy."
)
READ_OTHERWISE: Final = (
    "What is said of this scan now is not, to the last digit, what was signed (other networks, or "
    "an earlier form of the report), so no other file is made of this report: take its JSON."
)


def add_as(name: str) -> str:
    """Words of the button that signs an addendum."""
    return f"Sign the addendum as {name}" if name else "Sign the addendum"


def cell(signers: Sequence[Signed]) -> str:
    """Who signed a report on a scan, for its line on the worklist."""
    reports = [f"{one.reader}, {moment(one.at)}" for one in signers if not one.addendum]
    addenda = sum(one.addendum for one in signers)
    more = [] if not addenda else [count(addenda, "addenda") if addenda > 1 else "1 addendum"]
    return "; ".join([*reports, *more]) or DASH


def title(row: SignedReport) -> str:
    """A report in the list of those on a scan."""
    taken = "" if row.standing else " (signature taken back)"
    return f"Signed by {row.report.reader}, {moment(row.at)}{taken}"


def facts(row: SignedReport) -> str:
    """Form, digest and networks of a signed report."""
    networks = "; ".join(f"{name} {digest[:8]}" for name, digest in row.report.weights.items())
    return (
        f"Form {row.report.form_version}. SHA-256 of the text: {row.digest}. Weights: {networks}."
    )
