"""The words on screen, so that another language has one place to start from."""

from collections.abc import Mapping
from html import escape
from typing import Final

from ml.comparison.published import Facts, Protocol
from ml.evaluation.published import Interval, ModelFigures, PairFigures, SplitFigures
from ml.labels import NO_TUMOR, TITLES, USUAL_READING
from ml.models import registry
from ml.results import Analysis, Classification, DisplayWindow, Heatmap, Measurement, Scan

APP_TITLE: Final = "Sulcus"
PAGE_READ: Final = "Read a scan"
PAGE_ACCURACY: Final = "Accuracy"

NOTICE: Final = "Research demonstration. Not a medical device, not for diagnosis."
NO_FIGURE: Final = "Held-out accuracy has not been computed here: run `make evaluate`."

ACCEPTED: Final = "PNG, JPEG, TIFF or single-frame DICOM, one brain MRI slice a file."
UPLOAD: Final = "Scans to read"
UPLOAD_HELP: Final = (
    "Files stay in the memory of this session on this computer. Nothing is stored or sent."
)
NOTHING_OPEN: Final = "No scan is open"
WHAT_HAPPENS: Final = (
    "Open one or several slices below. Three networks name the class, each shows what moved its "
    "score, and a fourth outlines the tumour. The raw picture always stays beside it."
)
NO_SAMPLES: Final = "The simulated samples have not been drawn here."

RAW_TITLE: Final = "Raw picture · wheel zooms, drag pans, double click resets"
AI_TITLE: Final = "AI view"
ORIENTATION: Final = "orientation unknown"
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
DETAILS: Final = "How this was read"
ALL_READINGS: Final = "All opened scans"

MODELS: Final[dict[str, str]] = {
    **{name: registry.title(name) for name in (*registry.CLASSIFIERS, registry.SEGMENTER)},
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

SEGMENTATION_FIGURES: Final[dict[str, str]] = {
    "dice_mean": "Dice, mean",
    "dice_median": "Dice, median",
    "iou_mean": "IoU, mean",
    "dice_zero_share": "Share with Dice = 0 (tumour missed)",
    "hd95_mm_mean": "95 % Hausdorff distance, mean (mm)",
    "hd95_mm_median": "95 % Hausdorff distance, median (mm)",
    "asd_mm_mean": "Average surface distance, mean (mm)",
    "asd_mm_median": "Average surface distance, median (mm)",
}

STEPS: Final[dict[str, str]] = {
    "preprocess": "Preparing the picture",
    "heatmaps": "Heat maps",
    "measure": "Outline and measurements",
    **MODELS,
}

ACCURACY_HEADING: Final = "How good the networks are on patients they never saw"
ACCURACY_EMPTY: Final = (
    "This page shows figures that the project's own evaluation wrote, and nothing else. "
    "`make evaluate` measures every network by patient group and fills it."
)
CLEAN_SPLIT: Final = "Clean split, by patient group"
COMPARISON_HEADING: Final = "Clean split next to the official Sartaj split"
NO_OFFICIAL: Final = "The official Sartaj split is not in the file of figures. Run `make evaluate`."
PAIRS_HEADING: Final = "The same head with and without its tumour"
PAIR_PARTS: Final[dict[str, str]] = {
    "pairs": "AUROC, all pairs",
    "painted_out": "Tumour painted out",
    "blended_in": "Tumour blended in",
    "sham": "Edited without a change of truth",
}
FIELD_HEADING: Final = "Networks of the field, trained and measured alike"
PROTOCOL: Final = "How training and test were kept apart"
PROTOCOLS: Final[dict[str, str]] = {
    "clean": "Clean split",
    "folds": "Five folds",
    "official_sartaj": "Sartaj as shipped",
    "official_roboflow": "Roboflow as shipped",
}
FIELD_COLUMNS: Final[dict[str, str]] = {
    "balanced_accuracy": "Balanced accuracy",
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "auroc_macro": "AUROC",
    "ece": "ECE",
    "figshare_types": "figshare, three types",
}
COST_COLUMNS: Final = ("Parameters", "Weights", "ms a scan", "Training, min")
FIELD_OUTLINES: Final = "Outlines"
OUTLINE_COLUMNS: Final[dict[str, str]] = {
    "dice_mean": "Dice, mean",
    "dice_median": "Dice, median",
    "dice_zero_share": "Dice = 0",
    "marked_share": "Tumour-free pictures marked",
}
FIELD_BOXES: Final = "Boxes"
BOX_COLUMNS: Final[dict[str, str]] = {
    "map50": "mAP@0.5",
    "map50_95": "mAP@0.5:0.95",
    "ap50_any": "AP@0.5, any tumour",
}
REPORTED_HEADING: Final = "What others report on these pictures"
REPORTED_NOTE: Final = (
    "As printed in each work, without intervals; not recomputed here. Read the protocol first."
)
NOT_IN_FILE: Final = "Not in the file of figures. Run `make evaluate`."
CHARTS_OF: Final = "Confusion matrix and ROC of"

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


def share(interval: Interval) -> str:
    """A share in per cent with one decimal and its 95 % interval, or a dash."""
    if interval.value is None:
        return DASH
    value = f"{interval.value:.1%}".replace("%", " %")
    if interval.low is None or interval.high is None:
        return value
    low, high = (f"{limit:.1%}".rstrip("%") for limit in (interval.low, interval.high))
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
    return f"{scan.format}, {columns} × {rows} px, {spacing(scan)}, {ORIENTATION}"


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
    title = f"{HEAT_TITLE}: {TITLES[heatmap.label].lower()}, {model(heatmap.model)}"
    return f"{title} ({NO_EVIDENCE})" if heatmap.empty else title


def class_figure(figures: ModelFigures, kind: str, label: str) -> str:
    """Sensitivity or specificity of one class with its interval, or a dash."""
    values = figures.sensitivity if kind == "sensitivity" else figures.specificity
    return figure(values.get(label, Interval()))


def plain(number: int | None) -> str:
    """A count, or a dash."""
    return DASH if number is None else f"{number:,}"


def intervals(split: SplitFigures) -> str:
    """How many pictures and groups the figures rest on, and what the brackets are."""
    return (
        f"{count(split.n_pictures, 'pictures')} of {count(split.n_groups, 'patient groups')}. "
        "In brackets: 95 % interval, bootstrap over patient groups."
    )


def leak(official: SplitFigures) -> str:
    """Why the official split flatters."""
    size = f"{count(official.n_pictures, 'pictures')}, {count(official.n_groups, 'patient groups')}"
    if official.leaky_share is None:
        return f"Official split: {size}. The share of leaky test pictures was not measured."
    return (
        f"Official split: {size}. **{percent(official.leaky_share)} of its test pictures have a "
        "group-mate (same person or near-identical slice) among its training pictures**, so its "
        "figures flatter. They stand here to be compared with other projects only."
    )


def pairs(whole: PairFigures) -> str:
    """What the counterfactual pairs are for, and how many there are."""
    return (
        "Tumours and tumour-free heads come from different scanners, so a network can tell them "
        "apart by style. Here every head stands on both sides: a test picture with its tumour "
        "painted out, or with the tumour of another test picture blended in. A network that sees "
        f"only the scanner gets 0.5. {count(whole.n_pictures, 'pictures')} of "
        f"{count(whole.n_heads, 'heads')}; the pictures were made in memory and are kept nowhere."
    )


def protocol(found: Protocol) -> str:
    """What the chosen protocol is and rests on."""
    size = f"{count(found.n_pictures, 'pictures')} of {count(found.n_groups, 'patient groups')}"
    leaky = (
        ""
        if found.leaky_share is None
        else f" {percent(found.leaky_share)} of them have a group-mate in training."
    )
    return f"{found.title}: {size}.{leaky} In brackets: 95 % interval over patient groups."


def rankings(found: Protocol, titles: Mapping[str, str]) -> str:
    """Which differences are real; the others are no ranking."""
    if not found.n_pairs:
        return "One network only: nothing to rank."
    if not found.ranked:
        return f"None of the {found.n_pairs} differences in balanced accuracy is real."
    real = "; ".join(f"{titles.get(a, a)} over {titles.get(b, b)}" for a, b in found.ranked)
    return (
        f"Real differences in balanced accuracy ({len(found.ranked)} of {found.n_pairs} pairs, "
        f"paired bootstrap; the others are no ranking): {real}."
    )


def cost(facts: Facts | None) -> tuple[str, str, str, str]:
    """Parameters, weights, time and training of a network, or dashes."""
    if facts is None:
        return (DASH, DASH, DASH, DASH)
    return (
        f"{facts.parameters / 1e6:.1f} M",
        f"{facts.bytes / 2**20:.1f} MiB",
        f"{facts.ms:.0f}",
        f"{facts.minutes:.0f}",
    )


def threshold(value: float | None) -> str:
    """The mask threshold as the end of a sentence."""
    return "." if value is None else f". Mask threshold {value:.2f}, chosen on validation groups."


def outline_heading(name: str) -> str:
    """Heading of a segmenter's figures."""
    return f"Tumour outline: {model(name)} against the radiologist's mask"


def ai_title(detail: str) -> str:
    """The title of the AI view with what is drawn on it."""
    return f"{AI_TITLE} · {detail}" if detail else AI_TITLE
