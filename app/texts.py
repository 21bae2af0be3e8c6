"""The words on screen, so that another language has one place to start from."""

from html import escape
from typing import Final

from app import orientation_texts
from ml.datasets.hashing import BITS
from ml.evaluation.membership_published import MembershipFigures
from ml.evaluation.published import Interval, ModelFigures
from ml.labels import NO_TUMOR, TITLES, USUAL_READING
from ml.models import registry
from ml.results import (
    Analysis,
    Classification,
    Detection,
    DisplayWindow,
    Heatmap,
    Match,
    Measurement,
    Scan,
)

APP_TITLE: Final = "Sulcus"
PAGE_READ: Final = "Read a scan"
PAGE_ACCURACY: Final = "Accuracy"
PAGE_TRUST: Final = "Confidence"
PAGE_ERRORS: Final = "When it is wrong"
PAGE_AUDIT: Final = "Data audit"
PAGE_CARDS: Final = "Model cards"

NOTICE: Final = "Research demonstration. Not a medical device, not for diagnosis."
NO_FIGURE: Final = "Held-out accuracy has not been computed here: run `make evaluate`."

ACCEPTED: Final = "PNG, JPEG, TIFF or DICOM slices; series as DICOM files, zip of them or NIfTI."
UPLOAD: Final = "Scans to read"
UPLOAD_HELP: Final = (
    "Files stay in the memory of this session on this computer. The worklist notes what was read, "
    "under a pseudonym; a picture is kept only if you say so. Nothing is sent."
)
NOTHING_OPEN: Final = "No scan is open"
WHAT_HAPPENS: Final = (
    "Open one or several slices below. Three networks name the class, each shows what moved its "
    "score, and a fourth outlines the tumour. The raw picture always stays beside it."
)
NO_SAMPLES: Final = "The simulated samples have not been drawn here."

RAW_TITLE: Final = "Raw picture"
AI_TITLE: Final = "AI view"
ORIENTATION: Final = orientation_texts.UNKNOWN
SIMULATED: Final = "SIMULATED"
HEAT_TITLE: Final = "What moved the class score"
NO_EVIDENCE: Final = "no positive evidence for this class"
NO_READING: Final = "no AI reading"
MARKS_HIDDEN: Final = "AI marks hidden"

SAMPLES: Final = "Or open a simulated scan, drawn by this project; no patient is shown."
OPEN: Final = "Open scans"
PREVIOUS: Final = "Previous"
NEXT: Final = "Next"
SHOWN: Final = "Scan on screen"
CLOSE_ALL: Final = "Close all"
MARKS: Final = "AI marks"
MARKS_HELP: Final = "One switch for all AI marks on the picture."
MASK: Final = "Tumour outline"
MASK_STYLE: Final = "Outline or fill"
DIAMETERS: Final = "Diameters"
BOXES: Final = "Boxes"
BOXES_HELP: Final = (
    "Class and score where the region-proposal detector, its mirror image and the outline agree."
)
HEAT: Final = "Heat map"
HEAT_MODEL: Final = "Network of the heat map"
HEAT_CLASS: Final = "Class of the heat map"
SUGGESTED_CLASS: Final = "Suggested class"
OPACITY: Final = "Opacity"
WINDOW_PRESET: Final = "Display window"
WINDOW_CENTER: Final = "Centre"
WINDOW_WIDTH: Final = "Width"
WINDOW_HELP: Final = "Changes the picture on screen only. The networks never see it."
HEAT_HELP: Final = (
    "The heat map shows which places raised the score of one class in one network. "
    "It is not a tumour outline."
)
READING: Final = "The networks are reading the scan"
MEASUREMENTS: Final = "Outline by the U-Net"
NO_OUTLINE: Final = "No tumour area outlined."
WITHHELD: Final = (
    "The U-Net marks an area, but the mean of three reads no tumour, so nothing is outlined."
)
DETAILS: Final = "How this was read"
ALL_READINGS: Final = "All opened scans"

MODELS: Final[dict[str, str]] = {
    **{
        name: registry.title(name)
        for name in (*registry.CLASSIFIERS, registry.SEGMENTER, registry.DETECTOR)
    },
    "mean": "Mean",
}

FIGURES: Final[dict[str, str]] = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "auroc_macro": "AUROC, one against the rest",
    "auprc_macro": "AUPRC, one against the rest",
    "tumour_sensitivity": "Tumour against none: sensitivity",
    "tumour_specificity": "Tumour against none: specificity",
    "ece": "ECE (calibration error; lower is better)",
    "brier": "Brier score (lower is better)",
    "nll": "NLL (lower is better)",
}

HEAT_METHODS: Final[dict[str, str]] = {
    "grad_cam": "Grad-CAM",
    "grad_cam_plus_plus": "Grad-CAM++",
    "contrast": "contrast CAM",
    "log_odds": "log-odds CAM",
    "margin": "margin CAM",
    "score_cam": "Score-CAM",
    "hires_cam": "HiRes-CAM",
}

STEPS: Final[dict[str, str]] = {
    "preprocess": "Preparing the picture",
    "gate": "Is it a brain MRI?",
    "heatmaps": "Heat maps",
    "measure": "Outline and measurements",
    "membership": "Look-up among the training pictures",
    **MODELS,
}

SETS: Final[dict[str, str]] = {
    "sartaj": "Sartaj",
    "figshare": "figshare",
    "roboflow": "Roboflow",
    "br35h": "Br35H",
}

DASH: Final = "—"


def model(name: str) -> str:
    """A network's name for the screen."""
    return MODELS.get(name, name)


def percent(share: float) -> str:
    """A probability in whole per cent; certainty is never claimed at either end."""
    if share > 0.99:
        return ">99 %"
    if share < 0.01:
        return "<1 %"
    return f"{share:.0%}".replace("%", " %")


def figure(interval: Interval, digits: int = 3) -> str:
    """A figure with its 95 % interval, or a dash."""
    if interval.value is None:
        return DASH
    value = f"{interval.value:.{digits}f}"
    if interval.low is None or interval.high is None:
        return value
    return f"{value} [{interval.low:.{digits}f}–{interval.high:.{digits}f}]"


def share(interval: Interval, digits: int = 1) -> str:
    """A share in per cent with its 95 % interval, or a dash."""
    if interval.value is None:
        return DASH
    value = f"{interval.value:.{digits}%}".replace("%", " %")
    if interval.low is None or interval.high is None:
        return value
    low, high = (f"{limit:.{digits}%}".rstrip("%") for limit in (interval.low, interval.high))
    return f"{value} (95 % interval {low}–{high} %)"


def count(number: int | None, noun: str) -> str:
    """ "1,234 pictures", or "an unknown number of pictures"."""
    return f"{number:,} {noun}" if number is not None else f"an unknown number of {noun}"


def suggestion(mean: Classification) -> str:
    """What the mean of the networks says, as a suggestion."""
    if mean.index == NO_TUMOR:
        return "No tumour detected by the model"
    return f"AI suggests {TITLES[mean.label].lower()}"


def usual_reading(label: str) -> str:
    """The usual reading of a class, said as such; "" for the tumour-free class."""
    reading = USUAL_READING[label]
    return f"Usual reading of this class: {reading}. Not a grade of this case." if reading else ""


def miss_rate(figures: ModelFigures | None) -> str:
    """How often the mean misses a tumour, for the line beside "no tumour detected"."""
    if figures is None or figures.miss_rate.value is None:
        return "How often it misses a tumour has not been measured here: run `make evaluate`."
    return f"On held-out patients it calls {share(figures.miss_rate)} of the tumours tumour-free."


def training_copy(found: Match, figures: MembershipFigures | None) -> str:
    """That the networks know the picture, and how often this is right and wrong."""
    said = (
        "**This picture, or a copy of it, is in the training set "
        f"({SETS.get(found.source, found.source)}).** The networks have learnt from it, so this "
        "reading proves nothing."
    )
    if figures is None:
        return f"{said} How reliable this notice is has not been measured here."
    return (
        f"{said} Copies that keep the whole picture are found: {share(figures.hits.share)}. "
        "Pictures of patients outside the training set that get this notice by mistake: "
        f"{share(figures.false_hits['test'].share)}."
    )


def looked_up(found: Match | None) -> str:
    """What the look-up among the training pictures gave, in one line."""
    if found is None:
        return "Training set: no copy of this picture found"
    return f"Training set: copy found, {found.distance} of {BITS} bits apart"


def mean_line(read: Analysis) -> str:
    """Probability of the suggested class, and how many networks put it first."""
    number = escape(percent(read.mean.confidence))
    return f"Mean of the networks: <b>{number}</b>. {agreement(read)}."


def agreement(read: Analysis) -> str:
    """Agreement of the networks, for example "3 of 3 put this class first"."""
    total = len(read.classifications)
    return f"{read.agreement} of {total} put this class first"


def spacing(scan: Scan) -> str:
    """The pixel spacing, or that the file has none."""
    if scan.spacing_mm is None:
        return "no pixel spacing in the file: sizes in px"
    row, column = scan.spacing_mm
    return f"pixel {row:g} × {column:g} mm"


def scan_line(scan: Scan) -> str:
    """Format, size, spacing and orientation in one line."""
    rows, columns = scan.shape
    hanging = orientation_texts.hanging(scan.letters)
    return f"{scan.format}, {columns} × {rows} px, {spacing(scan)}, {hanging}"


def length(mm: float | None, px: float | None) -> str:
    """A length in mm when the spacing is known, else in px, else a dash."""
    if mm is not None:
        return f"{mm:.1f} mm"
    return DASH if px is None else f"{px:.0f} px"


def area(found: Measurement) -> str:
    """The outlined area in mm² when the spacing is known, else in px."""
    if found.area_mm2 is not None:
        return f"{found.area_mm2:,.0f} mm²"
    return f"{found.area_px:,} px"


def diameter(found: Measurement) -> str:
    """Longest × perpendicular diameter, or "" without a mask."""
    if found.diameter_ends is None:
        return ""
    longest = length(found.diameter_mm, found.diameter_px)
    return f"{longest} × {length(found.perpendicular_mm, found.perpendicular_px)}"


def window(choice: DisplayWindow, *, default: bool) -> str:
    """A display window's name, the default one marked."""
    name = choice.source
    return f"Default: {name}" if default else name[:1].upper() + name[1:]


def heat_title(heatmap: Heatmap) -> str:
    """The title of a heat map, which also says when there is nothing to see."""
    method = HEAT_METHODS.get(heatmap.method, heatmap.method)
    title = f"{HEAT_TITLE}: {TITLES[heatmap.label].lower()}, {model(heatmap.model)}, {method}"
    return f"{title} ({NO_EVIDENCE})" if heatmap.empty else title


def plain(number: int | None) -> str:
    """A count, or a dash."""
    return DASH if number is None else f"{number:,}"


def ai_title(detail: str) -> str:
    """The title of the AI view with what is drawn on it."""
    return f"{AI_TITLE} · {detail}" if detail else AI_TITLE


def box(found: Detection) -> str:
    """Class and score of one of the detector's boxes."""
    return f"{TITLES[found.label]} {found.score:.2f}"
