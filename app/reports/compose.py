"""A draft out of one `Analysis` or `Refused`: pure, nothing is computed on pixels here.

Figures are those that the evaluation published; one that is absent is left out or said to be
missing, never filled in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app import conflict_texts, gate_texts, notice_texts, orientation_texts, texts, trust_texts
from app import report_texts as words
from app.reports.draft import AI, Draft, Footer, Piece, Section
from app.version import software
from ml.evaluation.gate_published import GateFigures
from ml.evaluation.membership_published import MembershipFigures
from ml.evaluation.published import Interval, Summary
from ml.evaluation.published_conflicts import ConflictFigures
from ml.inference.side import side_of
from ml.labels import NO_TUMOR
from ml.results import Analysis, Refused

__all__ = ["Measured", "compose"]


@dataclass(frozen=True)
class Measured:
    """The published figures that a report quotes; None where they were not measured here.

    Attributes:
        summary: held-out figures of the networks.
        reached: share of held-out pictures whose prediction set held the true class.
        gate: how often the gate is wrong.
        membership: how well copies of training pictures are found.
        conflicts: what contradictions meant.
    """

    summary: Summary | None = None
    reached: Interval | None = None
    gate: GateFigures | None = None
    membership: MembershipFigures | None = None
    conflicts: ConflictFigures | None = None


def compose(
    answer: Analysis | Refused, measured: Measured, conflicts: tuple[str, ...] | None
) -> Draft:
    """The AI's draft of a report, unsigned and without a reader's word.

    Args:
        answer: what came of reading one scan.
        measured: the published figures.
        conflicts: kinds of contradiction within the reading, None where they were not looked at.
    """
    said = (
        _refused(answer, measured)
        if isinstance(answer, Refused)
        else _read(answer, measured, conflicts)
    )
    return Draft(
        content_hash=answer.scan.content_hash,
        sections=tuple(
            Section(name, tuple(Piece(AI, text) for text in said.get(name, ()) if text))
            for name in words.SECTIONS
        ),
        footer=_footer(answer, measured.summary),
        conflicts=conflicts,
    )


def _read(
    read: Analysis, measured: Measured, conflicts: tuple[str, ...] | None
) -> Mapping[str, list[str]]:
    """[section] → the AI's sentences about a scan that was read."""
    return {
        "technique": [*_technique(read), words.read_by(read)],
        "comparison": [words.NOT_COMPARED],
        "findings": [
            _outline(read),
            "" if read.detections is None else words.boxes(read.detections),
            *_side(read),
            *_conflicts(conflicts, measured.conflicts),
        ],
        "impression": _impression(read, measured),
    }


def _refused(refused: Refused, measured: Measured) -> Mapping[str, list[str]]:
    """The same for a scan that the gate stopped: why, and nothing of an answer."""
    return {
        "technique": _technique(refused),
        "comparison": [words.NOT_COMPARED],
        "findings": [
            words.REFUSED,
            gate_texts.sentence(refused.refusal),
            gate_texts.measured(refused.refusal),
        ],
        "impression": [gate_texts.rates(measured.gate)],
    }


def _technique(answer: Analysis | Refused) -> list[str]:
    scan = answer.scan
    simulated = words.SIMULATED if scan.simulated else ""
    return [words.technique(scan), simulated, *scan.notes]


def _side(read: Analysis) -> list[str]:
    """Where the picture's edges point to and on which side the outline lies, or that none knows."""
    letters = read.scan.letters
    if letters is None:
        return [words.NO_SIDE]
    outlined = read.segmentation.measurement.area_px > 0
    side = orientation_texts.side(side_of(read)) if outlined else ""
    return [orientation_texts.stated(letters), side]


def _outline(read: Analysis) -> str:
    found = read.segmentation
    if found.measurement.area_px:
        return words.sizes(found.measurement)
    return texts.WITHHELD if found.withheld else words.NO_OUTLINE


def _conflicts(kinds: tuple[str, ...] | None, figures: ConflictFigures | None) -> list[str]:
    if kinds is None or figures is None:
        return [words.CONFLICTS_UNKNOWN]
    if not kinds:
        return [words.NO_CONFLICT]
    return [_plain(conflict_texts.banner(kind, figures)) for kind in kinds]


def _impression(read: Analysis, measured: Measured) -> list[str]:
    """Suggestion, probabilities, what cannot be ruled out, agreement, and what they are worth.

    First of all stands whether the networks know the picture: then the rest proves nothing.
    """
    held_out = None if measured.summary is None else measured.summary.clean.models.get("mean")
    tumour_free = read.mean.index == NO_TUMOR
    copied = read.membership
    return [
        "" if copied is None else _plain(texts.training_copy(copied, measured.membership)),
        f"{trust_texts.headline(read)}.",
        words.probabilities(read.mean),
        trust_texts.prediction_set(read, measured.reached),
        f"{texts.agreement(read)}.",
        ""
        if measured.conflicts is None
        else conflict_texts.agreed(read.agreement, measured.conflicts),
        _plain(texts.miss_rate(held_out)) if tumour_free else texts.usual_reading(read.mean.label),
    ]


def _footer(answer: Analysis | Refused, summary: Summary | None) -> Footer:
    outline = answer.segmentation if isinstance(answer, Analysis) else None
    return Footer(
        notice=texts.NOTICE,
        software=software(),
        weights=tuple(answer.weights.items()),
        thresholds="" if outline is None else words.threshold(outline, summary),
        held_out=notice_texts.held_out(summary),
        protocol=words.measured_on(summary),
    )


def _plain(sentence: str) -> str:
    """A sentence of the screen without its Markdown marks."""
    return sentence.replace("**", "").replace("`", "")
