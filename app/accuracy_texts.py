"""Every word and figure format of the Accuracy page that `app.texts` does not share with it."""

from collections.abc import Mapping
from typing import Final

from app.stress_texts import CORRUPTIONS
from app.texts import DASH, count, figure, model, percent
from ml.comparison.published import Facts, Protocol
from ml.datasets.hashing import BITS
from ml.evaluation.membership_published import MembershipFigures
from ml.evaluation.published import Interval, ModelFigures, PairFigures, SplitFigures
from ml.evaluation.published_shortcuts import Background, Curves, Robustness
from ml.labels import CLASSES

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
ALONE: Final[dict[str, str]] = {
    "dice_mean": "Dice, mean",
    "dice_median": "Dice, median",
    "dice_zero_share": "share with Dice = 0",
    "marked_share": "tumour-free pictures marked",
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
LOOK_UP_HEADING: Final = "Copies of training pictures are recognised"
LOOK_UP_COLUMNS: Final = ("Picture", "Taken for a training picture", "Pictures", "Patient groups")
ALL_COPIES: Final = "Training pictures: all copies that keep the whole picture"
COPIES: Final[dict[str, str]] = {
    "as_published": "as published",
    "jpeg_90": "JPEG, quality 90",
    "jpeg_60": "JPEG, quality 60",
    "jpeg_30": "JPEG, quality 30",
    "side_128": "resized to 128 × 128",
    "side_512": "resized to 512 × 512",
    "turned": "mirrored or turned by quarters, all seven ways",
    "together": "turned, resized to 224 × 224 and JPEG 60",
    "cut": "3 % cut off at every edge",
    "brighter": "brighter",
    "contrast": "more contrast",
}
FALSE_HITS: Final[dict[str, str]] = {
    "validation": "Other patients, validation part (the distance was chosen on it)",
    "test": "Other patients, test part",
}
BACKGROUND_HEADING: Final = "What the background alone gives away"
VIEWS: Final[dict[str, str]] = {
    "outside_head": "Air only, head masked out",
    "outside_brain": "Air, scalp and skull, brain masked out",
}
BACKGROUND_COLUMNS: Final[dict[str, str]] = {
    "balanced_accuracy": "Four classes: balanced accuracy",
    "auroc_macro": "Four classes: AUROC",
    "tumour_balanced_accuracy": "Tumour or none: balanced accuracy",
    "tumour_auroc": "Tumour or none: AUROC",
    "tumour_seen": "Share of the tumour left in view",
}
GUESSING: Final = ("Guessing", f"{1 / len(CLASSES):.3f}", *[f"{1 / 2:.3f}"] * 3, DASH)
ROBUSTNESS_HEADING: Final = "When the picture gets worse"
CORRUPTION: Final = "What goes wrong"
ROBUSTNESS_CHART: Final = "Balanced accuracy by strength"
NOT_MEASURED: Final = "Not measured yet. `make evaluate` fills this part."
OTHER_NETWORKS: Final = (
    "These curves are of other weights than the figures above. "
    "Run `python -m ml.evaluation --parts robustness`."
)
VALUES: Final[dict[str, str]] = {
    "noise": "standard deviation, share of the grey range",
    "bias": "brightest gain over darkest",
    "blur": "standard deviation, share of the side of the head",
    "contrast": "gamma, powers of two up or down",
    "rotation": "degrees",
    "crop": "share of the side of the head that is kept",
    "jpeg": "JPEG quality",
}
FIELD_HEADING: Final = "Networks of the field, measured alike"
FIELD_TRAINING: Final = (
    "All start from nothing on two cores: a place is that of a network after the minutes in the "
    "last column. The larger ones that do not ship are far from done in theirs."
)
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


def class_figure(figures: ModelFigures, kind: str, label: str) -> str:
    """Sensitivity or specificity of one class with its interval, or a dash."""
    values = figures.sensitivity if kind == "sensitivity" else figures.specificity
    return figure(values.get(label, Interval()))


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
        "group-mate (same person or near-identical slice) among its training pictures**, which "
        "flatters whoever trains on them. The networks of this column saw that part only, briefly "
        "and from nothing: they stand here to be compared with other projects, not with the clean "
        "column."
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


def look_up(figures: MembershipFigures) -> str:
    """What the look-up is for, how it decides, and how long it takes."""
    return (
        "A network's answer on a picture that it was trained on proves nothing. Every scan is "
        f"therefore compared by hash with the {figures.n_training:,} training pictures; at most "
        f"{figures.max_distance} of {BITS} bits apart counts as a copy. A look-up takes "
        f"{figures.ms_median:.0f} ms of processor time, and at most {figures.ms_p95:.0f} ms on "
        "95 % of the pictures. In brackets: 95 % interval, bootstrap over patient groups."
    )


def background(found: Background) -> str:
    """What the probe is for, and how many pictures it was asked about."""
    return (
        "A small statistical model was shown every picture without the brain and asked for the "
        "class. Whatever it gets right above guessing comes from the scanner, the way the picture "
        "was stored and the plane of the slice, not from the tumour. The networks can use the "
        "same shortcut, so a part of their score may rest on it. "
        f"{count(found.n_pictures, 'pictures')} of {count(found.n_groups, 'patient groups')}."
    )


def robustness(found: Robustness) -> str:
    """What the curves show, and how many pictures they rest on."""
    return (
        "Every test picture was made worse on purpose, at five strengths, and read again by the "
        f"same networks. {count(found.n_pictures, 'pictures')} of "
        f"{count(found.n_groups, 'patient groups')}. "
        "In brackets: 95 % interval over patient groups."
    )


def strength(number: int, value: float) -> str:
    """A strength with the corruption's own number."""
    return f"{number} ({value:.2g})"


def curve(name: str, found: Curves, untouched: Interval) -> str:
    """The chart in words: what happens to the mean."""
    points = found.models.get("mean", ())
    if not points:
        return ""
    last = figure(points[-1].balanced_accuracy)
    falling = [str(number) for number, point in enumerate(points, start=1) if point.falls]
    real = (
        f"The fall is beyond chance at strength {', '.join(falling)}."
        if falling
        else "At no strength is the fall beyond chance."
    )
    return (
        f"{CORRUPTIONS.get(name, name)}, mean of the networks: {figure(untouched)} untouched, "
        f"{last} at strength {len(points)}. {real}"
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


def withheld(least: float, alone: Mapping[str, Interval]) -> str:
    """Why the figures are not the network's alone, and what those are."""
    said = [f"{title} {figure(alone[name])}" for name, title in ALONE.items() if name in alone]
    return (
        f"An outline is withheld where the mean of three gives a tumour less than {least:.2f}, "
        f"chosen on validation groups. The U-Net alone: {'; '.join(said)}."
    )


def outline_heading(name: str) -> str:
    """Heading of a segmenter's figures."""
    return f"Tumour outline: {model(name)} against the radiologist's mask"
