"""A structured report as records: five sections, whose pieces know who wrote them.

An AI sentence is kept or left out, never rewritten: what a reader changes is the reader's. A
report is a draft until somebody signs it, and a draft again once a word of it changes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Literal

from app import report_texts as words
from app.store.drawings import KeptDrawing
from app.store.outlines import KeptOutline

__all__ = [
    "AI",
    "READER",
    "Addendum",
    "Draft",
    "Footer",
    "Piece",
    "Section",
    "Signature",
    "edited",
    "sign",
    "signature_of",
]

Source = Literal["ai", "reader"]
AI: Final[Source] = "ai"
READER: Final[Source] = "reader"
_TECHNIQUE: Final = "technique"
_FINDINGS: Final = "findings"


@dataclass(frozen=True)
class Piece:
    """One sentence or line, and who wrote it."""

    source: Source
    text: str


@dataclass(frozen=True)
class Section:
    """One section of a report.

    Attributes:
        name: one of `app.report_texts.SECTIONS`.
        pieces: what it says, the AI's before the reader's.
        left_out: AI sentences that the reader took out.
    """

    name: str
    pieces: tuple[Piece, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its heading."""
        return words.SECTIONS[self.name]


@dataclass(frozen=True)
class Signature:
    """Who signed a report, and when (UTC)."""

    name: str
    time: datetime


@dataclass(frozen=True)
class Addendum:
    """What a reader added to a signed report.

    Attributes:
        lines: its text.
        signature: who added it, and when.
    """

    lines: tuple[str, ...]
    signature: Signature


@dataclass(frozen=True)
class Footer:
    """What stands under every report, and on each page of it.

    Attributes:
        notice: that this is research.
        software: name and version of this program.
        weights: (registry name, SHA-256 of the weights) of every network that ran.
        thresholds: where an outline starts; "" for a refused picture.
        held_out: the held-out figure with what it was measured on, or that there is none.
        protocol: how it was measured; "" where there is none.
    """

    notice: str
    software: str
    weights: tuple[tuple[str, str], ...]
    thresholds: str
    held_out: str
    protocol: str


@dataclass(frozen=True)
class Draft:
    """A report on one scan, signed or not.

    Attributes:
        content_hash: SHA-256 of the file that was read.
        sections: all five, in order.
        footer: what stands under it.
        conflicts: kinds of contradiction (`ml.inference.conflicts.KINDS`), None where they were
            not looked at.
        signature: None for a draft.
        outline: the reader's own outline by threshold that the report uses, None where it has none.
        drawing: what the reader drew, likewise; a report has one of the two at most.
        addenda: what was added after it was signed; each is a document of its own.
    """

    content_hash: str
    sections: tuple[Section, ...]
    footer: Footer
    conflicts: tuple[str, ...] | None = None
    signature: Signature | None = field(default=None)
    outline: KeptOutline | None = None
    drawing: KeptDrawing | None = None
    addenda: tuple[Addendum, ...] = ()

    @property
    def status(self) -> str:
        """ "draft" or "signed"."""
        return "draft" if self.signature is None else "signed"

    @property
    def status_line(self) -> str:
        """Who signed and when, or that nobody did."""
        if self.signature is None:
            return words.NOT_SIGNED
        return words.signed(self.signature.name, self.signature.time)

    def with_finding(self, text: str) -> "Draft":
        """The same with one more sentence of the reader among the findings."""
        return self._with(_FINDINGS, Piece(READER, text))

    def with_note(self, text: str) -> "Draft":
        """The same with one more sentence of the software on the technique; "" adds none."""
        return self._with(_TECHNIQUE, Piece(AI, text)) if text else self

    def _with(self, section: str, piece: Piece) -> "Draft":
        sections = tuple(
            replace(one, pieces=(*one.pieces, piece)) if one.name == section else one
            for one in self.sections
        )
        return replace(self, sections=sections)

    def check_of(self, content_hash: str) -> None:
        """Hold the report to its scan; call before anything is written out of both.

        Raises:
            ValueError: it is of another scan.
        """
        if content_hash != self.content_hash:
            raise ValueError("this report is of another scan than the one to be written with it")


def edited(draft: Draft, written: Mapping[str, str], left_out: Collection[str] = ()) -> Draft:
    """The draft with a reader's words, unsigned and without a reader's outline.

    Args:
        draft: as it came from the AI, or edited before.
        written: [section] → what the reader wrote there, one piece a line; sections that are not
            named lose what the reader wrote in them before.
        left_out: AI sentences to take out; all others are in.
    """
    sections = tuple(_edited(one, written.get(one.name, ""), left_out) for one in draft.sections)
    bare = replace(draft, signature=None, outline=None, drawing=None, addenda=())
    return replace(bare, sections=sections)


def sign(draft: Draft, name: str, time: datetime) -> Draft:
    """The draft with a signature under it.

    Args:
        draft: what is signed.
        name: of the reader.
        time: with its zone; kept in UTC, to the second.

    Raises:
        ValueError: the name is blank, or the time has no zone.
    """
    return replace(draft, signature=signature_of(name, time))


def signature_of(name: str, time: datetime) -> Signature:
    """A signature with the name in one line and the time in UTC, to the second.

    Raises:
        ValueError: the name is blank, or the time has no zone.
    """
    signer = " ".join(name.split())
    if not signer:
        raise ValueError("a report is signed with a name, this one is blank")
    if time.tzinfo is None:
        raise ValueError("a report is signed at a time with its zone, this one has none")
    return Signature(signer, time.astimezone(UTC).replace(microsecond=0))


def _edited(section: Section, written: str, left_out: Collection[str]) -> Section:
    said = [piece.text for piece in section.pieces if piece.source == AI]
    said += section.left_out
    kept = tuple(Piece(AI, text) for text in said if text not in left_out)
    lines = (line.strip() for line in written.splitlines())
    own = tuple(Piece(READER, line) for line in lines if line)
    gone = tuple(text for text in said if text in left_out)
    return Section(section.name, kept + own, gone)
