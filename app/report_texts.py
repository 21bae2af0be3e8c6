"""Every word of a report: its sections, the sentences written by the AI, and its marks."""

from datetime import datetime
from typing import Final

from app.texts import MODELS, area, box, count, length, model, percent, scan_line
from ml.evaluation.published import Summary
from ml.inference.trust import LEVEL
from ml.labels import CLASSES, TITLES
from ml.models.registry import SEGMENTER
from ml.results import Analysis, Classification, Detection, Measurement, Scan, Segmentation

SECTIONS: Final[dict[str, str]] = {
    "clinical_information": "Clinical information",
    "technique": "Technique",
    "comparison": "Comparison",
    "findings": "Findings",
    "impression": "Impression",
}
"""Sections of a report by identifier, in order."""

TITLE: Final = "Brain MRI report"
SOURCES: Final[dict[str, str]] = {"ai": "AI", "reader": "Reader"}
SOURCES_NOTE: Final = (
    "Lines marked AI, in italics on grey, were written by software and not changed since; lines "
    "marked Reader were written by the person who signs."
)
NOTHING_STATED: Final = "Nothing stated."
DRAFT: Final = "DRAFT"
NOT_SIGNED: Final = "DRAFT: nobody has signed this report."
RAW: Final = "Raw picture"
OUTLINED: Final = "AI outline"
BOTH_OUTLINED: Final = "AI outline; dashed: the reader's own"
REFUSED_PICTURE: Final = "No AI marks: the picture was refused"
UNPRINTABLE: Final = (
    "Letters that the fonts of this page lack are printed without their accent, or as ?; the JSON "
    "report has them whole."
)
FIGURES: Final = "How this was made and measured"

SIMULATED: Final = "SIMULATED picture, drawn by this project: no patient."
NOT_COMPARED: Final = "The AI compared this picture with no earlier one."
NO_SIDE: Final = "The AI knows no orientation of this picture and names no side."
NO_OUTLINE: Final = "The U-Net outlines nothing, so there is no size."
NOT_BOXED: Final = "The region-proposal detector boxes nothing."
CONFLICTS_UNKNOWN: Final = (
    "Whether class, outline, heat maps and networks contradict each other was not looked at: its "
    "figures are missing."
)
NO_CONFLICT: Final = (
    "Class, outline, heat maps and networks do not contradict each other. Both can still be wrong."
)
REFUSED: Final = "Refused: the AI gives no class and no size."
NOT_CALIBRATED: Final = "not calibrated"
CALIBRATED: Final = "calibrated"

REFUSED_NO_DICOM: Final = "The picture was refused, so there is nothing to write about it."
NOTHING_OUTLINED: Final = "Nothing is outlined, so there is no segmentation."
UNUSABLE_HEADER: Final = (
    "The header of the DICOM file holds values that DICOM does not allow, so nothing is written "
    "into its study. Take the PDF or the JSON, or export the slice again."
)
SEGMENT_LABEL: Final = "Tumour outlined by AI"
SEGMENT_OWN: Final = "Tumour outlined by the reader"
SEGMENT_BEGUN: Final[dict[str, str]] = {
    "ai": "Drawn by hand, started from the AI's outline",
    "empty": "Drawn by hand, started from nothing",
}
"""How a drawing was made, by one of `app.store.drawings.BEGUN`."""
TRACKING_ID: Final = "AI outline"
TRACKING_OWN: Final = "Outline of the reader"
TRACKING_PICTURE: Final = "AI reading of the picture"
SEG_SERIES: Final = "Sulcus outlines (research)"
SR_SERIES: Final = "Sulcus AI measurements (research)"
RESEARCH: Final = "Research, not for diagnosis"
SR_AGREEMENT: Final = "Networks that put the suggested class first"
SR_SUGGESTION: Final = "Class suggested by AI"
SR_INDETERMINATE: Final = "Indeterminate"
SR_NOT_RULED_OUT: Final = "Class that AI cannot rule out"
SR_CONFLICT: Final = "Contradiction within the AI reading"
SR_CONFLICTS: Final[dict[str, str]] = {
    "tumour_without_outline": "Tumour without outline",
    "mark_without_tumour": "Mark without tumour",
    "heat_elsewhere": "Heat maps elsewhere than the outline",
    "networks_disagree": "Networks disagree",
}
SR_COPY: Final = "Copy of a training picture"
SR_YES: Final = "Yes"
SR_MADE: Final = "How the reader's outline was made"
SR_MOVED: Final = "AI's map from another threshold on, chosen by the reader"


REPORT: Final = "Report"
REPORT_HELP: Final = (
    "A draft to edit, sign and save. It lives in this session until it is signed; then its text is "
    "kept and never changed."
)
HOW_TO_EDIT: Final = (
    "Ticked lines are the AI's; take out what you do not want. They cannot be rewritten, so that "
    "the report always tells whose word it is: write your own below them."
)
SIGN: Final = "Sign"
NAME_MISSING: Final = "A report is signed with a name: write yours above, beside the reading."
FORMS: Final[dict[str, str]] = {
    "pdf": "PDF",
    "json": "JSON",
    "sr": "DICOM SR, with the patient's identity",
    "seg": "DICOM SEG, with the patient's identity",
}
FILES: Final[dict[str, tuple[str, str]]] = {
    "pdf": (".pdf", "application/pdf"),
    "json": (".json", "application/json"),
    "sr": (".sr.dcm", "application/dicom"),
    "seg": (".seg.dcm", "application/dicom"),
}
"""Ending and media type of each form."""
ALL_REPORTS: Final = "Prepare all reports"
ALL_REPORTS_HELP: Final = (
    "One zip: PDF and JSON of every opened scan as its report stands now, and a table of all."
)
WRITING: Final = "The reports are written"
SAVE_ALL: Final = "Save all reports (zip)"
IDENTITY: Final = (
    "PDF and JSON carry nothing of the patient but what you write. DICOM SR and SEG carry name, "
    "number and study of their source: they belong into its archive."
)


def technique(scan: Scan) -> str:
    """What was read."""
    return f"One slice: {scan_line(scan)}."


def read_by(read: Analysis) -> str:
    """Which networks read it."""
    names = [model(reading.model) for reading in read.classifications]
    boxes = "" if read.detections is None else f"; boxes by the {_lowered(MODELS['detector'])}"
    outline = model(read.segmentation.model)
    return f"Class by the mean of {', '.join(names)}; outline by the {outline}{boxes}."


def probabilities(reading: Classification) -> str:
    """All four classes in whole per cent."""
    kind = NOT_CALIBRATED if reading.calibrated is None else CALIBRATED
    shares = ", ".join(
        f"{TITLES[label].lower()} {percent(float(reading.shown[index]))}"
        for index, label in enumerate(CLASSES)
    )
    return (
        f"Probabilities by the {_lowered(model(reading.model))} of the networks, {kind}: {shares}."
    )


def sizes(found: Measurement) -> str:
    """Area and diameters of the outline: in mm only where the file has the pixel spacing."""
    parts = "one part" if found.components == 1 else f"{found.components} separate parts"
    longest = length(found.diameter_mm, found.diameter_px)
    across = length(found.perpendicular_mm, found.perpendicular_px)
    return (
        f"The U-Net outlines {parts}: area {area(found)}, longest diameter {longest}, "
        f"perpendicular diameter {across}."
    )


def boxes(found: tuple[Detection, ...]) -> str:
    """Class and score of each box of the detector."""
    if not found:
        return NOT_BOXED
    listed = "; ".join(box(one) for one in found)
    return f"The region-proposal detector boxes, with the score of each: {listed}."


def threshold(found: Segmentation, summary: Summary | None) -> str:
    """From which probability on a pixel is outlined, and which class sets are quoted."""
    measured = None if summary is None else summary.segmentation.get(SEGMENTER)
    least = None if measured is None else measured.least_tumour
    held = "" if least is None else f", nothing where the mean gives a tumour less than {least:.2f}"
    return (
        f"Outlined is a pixel from a probability of {found.threshold:.2f} on{held}. Classes that "
        f"cannot be ruled out: sets at the {percent(float(LEVEL))} level."
    )


def signed(name: str, time: datetime) -> str:
    """Who signed, and when."""
    return f"Signed by {name}, {time:%Y-%m-%d %H:%M} UTC."


def networks(weights: tuple[tuple[str, str], ...], digits: int) -> str:
    """Each network with the first digits of its weights' SHA-256."""
    return "; ".join(f"{model(name)} {digest[:digits]}" for name, digest in weights)


def made_by(software: str, weights: tuple[tuple[str, str], ...]) -> str:
    """Software and networks with the whole digests."""
    return f"{software}. SHA-256 of the weights: {networks(weights, 64)}."


def page_networks(software: str, weights: tuple[tuple[str, str], ...]) -> str:
    """Software and networks with short digests, for the foot of a page."""
    return f"{software}; weights {networks(weights, 8)}."


def page(number: int) -> str:
    """The number of a page."""
    return f"Page {number}"


def bar(size: int, unit: str) -> str:
    """What a scale bar says."""
    return f"{size} {unit}"


def measured_on(summary: Summary | None) -> str:
    """How the held-out figure was measured; "" where there is none."""
    if summary is None:
        return ""
    pictures = count(summary.clean.n_pictures, "pictures")
    return f"Held-out figure: {pictures}, split {summary.split_id}. {summary.protocol}"


def own_words(title: str) -> str:
    """The label of the reader's field in a section."""
    return f"{title}: your words"


def ai_sentence(text: str) -> str:
    """A sentence of the AI beside its tick, with nothing in it taken for Markdown."""
    safe = "".join(f"\\{letter}" if letter in "\\*_[]`$:~#" else letter for letter in text)
    return f"AI · *{safe}*"


def not_dicom(found: str) -> str:
    """Why a picture of another format has no DICOM report."""
    return (
        f"The source is a {found}, which belongs to no study. A DICOM report needs a DICOM slice: "
        "open the one that the scanner or the archive exports."
    )


def missing_attributes(keywords: list[str]) -> str:
    """Why a DICOM file cannot be referred to; keywords are the standard's own."""
    return (
        f"The DICOM header lacks {', '.join(keywords)}, and what is written into its study rests "
        "on them. Take the PDF or the JSON, or export the slice with its whole header."
    )


def sr_probability(label: str) -> str:
    """The meaning of a class's probability in a structured report."""
    return f"Probability of {TITLES[label].lower()} by AI"


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]


def sign_as(name: str) -> str:
    """Words of the button that signs for somebody."""
    return f"{SIGN} as {name}" if name else SIGN
