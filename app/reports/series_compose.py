"""A draft out of one series that was read as a whole; see `app.reports.compose`.

No accuracy was ever measured for whole series, so no held-out figure is quoted: the report says
that there is none.
"""

from collections.abc import Mapping

from app import report_texts, study_texts, texts
from app import series_texts as words
from app.reports.draft import AI, Draft, Footer, Piece, Section
from app.reports.series_result import SeriesResult
from app.version import software
from ml.results import Analysis, Classification

__all__ = ["compose", "mean"]


def compose(read: SeriesResult) -> Draft:
    """The AI's draft of a report on a series, unsigned and without a reader's word."""
    said = {
        "technique": _technique(read),
        "comparison": [words.NOT_COMPARED],
        **_read(read),
    }
    return Draft(
        content_hash=read.content_hash,
        sections=tuple(
            Section(name, tuple(Piece(AI, text) for text in said.get(name, ()) if text))
            for name in report_texts.SECTIONS
        ),
        footer=_footer(read),
    )


def mean(read: SeriesResult) -> Classification | None:
    """The answer for the series in the form of a reading, or None where every slice was refused."""
    answer = read.found.answer
    if answer is None:
        return None
    shares = answer.probabilities
    return Classification("mean", shares, None, shares if read.found.calibrated else None)


def _technique(read: SeriesResult) -> list[str]:
    simulated = all(one.simulated for one in read.volume.slices)
    networks = report_texts.read_by(read.key) if isinstance(read.key, Analysis) else ""
    return [
        words.technique(read.volume),
        words.SIMULATED if simulated else "",
        *read.volume.notes,
        networks,
    ]


def _read(read: SeriesResult) -> Mapping[str, list[str]]:
    """Findings and impression; where every slice was refused, that, and nothing of an answer."""
    found, reading = read.found, mean(read)
    answer = found.answer
    if answer is None or reading is None:
        refused = [words.REFUSED, *study_texts.counts(found)]
        return {"findings": refused, "impression": []}
    return {
        "findings": [
            *study_texts.size_lines(found),
            words.key_picture(read.key_number, len(found.slices)),
            words.side(read.volume),
            words.NO_CONFLICTS,
        ],
        "impression": [
            *study_texts.counts(found),
            f"{study_texts.headline(found)}.",
            study_texts.answer_line(answer),
            report_texts.probabilities(reading),
            study_texts.rule(found),
            study_texts.NOT_MEASURED,
            study_texts.usual_reading(answer),
        ],
    }


def _footer(read: SeriesResult) -> Footer:
    key = read.key
    return Footer(
        notice=texts.NOTICE,
        software=software(),
        weights=tuple(read.weights.items()),
        thresholds=words.threshold(key.segmentation) if isinstance(key, Analysis) else "",
        held_out=words.HELD_OUT,
        protocol="",
    )
