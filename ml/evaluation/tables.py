"""The figures as Markdown, and where they go: between two markers of README and model cards."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ml.errors import MetricsError
from ml.evaluation.intervals import Interval
from ml.labels import CLASSES, TITLES
from ml.models.registry import title

BEGIN: Final[str] = "<!-- figures:begin -->"
END: Final[str] = "<!-- figures:end -->"
COLUMNS: Final[tuple[tuple[str, str], ...]] = (
    ("balanced_accuracy", "Balanced accuracy"),
    ("accuracy", "Accuracy"),
    ("macro_f1", "Macro-F1"),
    ("auroc_macro", "AUROC"),
    ("tumour_sensitivity", "Tumour sensitivity"),
    ("tumour_specificity", "Tumour specificity"),
)
PAIR_PARTS: Final[Mapping[str, str]] = {
    "pairs": "All",
    "painted_out": "Painted out",
    "blended_in": "Blended in",
    "sham": "Edited, nothing changed",
}
CALIBRATED: Final[tuple[str, str]] = ("ece_calibrated", "ECE, calibrated")


def fill_markers(document: str, text: str) -> str | None:
    """A document with `text` between its markers, or None where it has no markers.

    Raises:
        MetricsError: only one of the two markers, several, or in the wrong order.
    """
    counts = (document.count(BEGIN), document.count(END))
    if counts == (0, 0):
        return None
    start, end = document.find(BEGIN), document.find(END)
    if counts != (1, 1) or end < start:
        raise MetricsError(f"expected one {BEGIN} followed by one {END}; mend the document")
    return f"{document[: start + len(BEGIN)]}\n{text.strip()}\n{document[end:]}"


def overview_text(summary: Mapping[str, Any]) -> str:
    """All models and both splits, for the README."""
    blocks = [_clean_block(summary, None)]
    if "official_sartaj" in summary:
        blocks.append(_official_block(summary["official_sartaj"], None))
    if "segmentation" in summary:
        blocks.append(_outline_block(summary["segmentation"]["unet"]))
    if "counterfactual" in summary:
        blocks.append(_pairs_block(summary["counterfactual"], None))
    blocks.append(f"_{summary['protocol']}_")
    return "\n\n".join(blocks)


def card_text(summary: Mapping[str, Any], name: str) -> str:
    """What concerns one model; the whole overview where the name is no model's."""
    if name == "unet" and "segmentation" in summary:
        return f"{_outline_block(summary['segmentation']['unet'])}\n\n_{summary['protocol']}_"
    if name not in summary["clean"]["models"]:
        return overview_text(summary)
    figures = summary["clean"]["models"][name]
    by_class = markdown_table(
        ("Class", "Sensitivity", "Specificity"),
        (
            (
                TITLES[c],
                figure_cell(figures["sensitivity"][c]),
                figure_cell(figures["specificity"][c]),
            )
            for c in CLASSES
        ),
    )
    blocks = [_clean_block(summary, name), by_class]
    if name in summary.get("official_sartaj", {}).get("models", {}):
        blocks.append(_official_block(summary["official_sartaj"], name))
    if "counterfactual" in summary:
        blocks.append(_pairs_block(summary["counterfactual"], name))
    return "\n\n".join([*blocks, f"_{summary['protocol']}_"])


def _clean_block(summary: Mapping[str, Any], name: str | None) -> str:
    clean = summary["clean"]
    head = (
        f"**Clean test split** (no patient on both sides; {_size(clean)}; "
        f"split `{summary['split_id']}`), with 95 % intervals over groups:"
    )
    return f"{head}\n\n{_models_table(clean['models'], (*COLUMNS, CALIBRATED), name)}"


def _official_block(official: Mapping[str, Any], name: str | None) -> str:
    leaky = official["leaky_share"]
    share = "" if leaky is None else f"; {100 * leaky:.0f} % have a group-mate in training"
    head = (
        f"**Sartaj's own split** (for comparison only; {_size(official)}{share}). "
        f"{official['protocol']}"
    )
    return f"{head}\n\n{_models_table(official['models'], COLUMNS, name)}"


def _outline_block(unet: Mapping[str, Any]) -> str:
    head = (
        f"**Outline by the U-Net** (figshare slices of the clean test split, {_size(unet)}; "
        f"mask threshold {unet['threshold']:.2f}{_withheld(unet)}):"
    )
    rows = [
        (
            figure,
            figure_cell(unet[f"{name}_mean"], digits),
            figure_cell(unet[f"{name}_median"], digits),
        )
        for name, figure, digits in (
            ("dice", "Dice", 3),
            ("iou", "IoU", 3),
            ("hd95_mm", "HD95, mm", 1),
            ("asd_mm", "Average surface distance, mm", 1),
        )
    ]
    rows += [
        (
            f"Dice, {TITLES[c].lower()}",
            figure_cell(part["dice_mean"]),
            figure_cell(part["dice_median"]),
        )
        for c, part in unet["by_class"].items()
    ]
    table = markdown_table(("Figure", "Mean", "Median"), rows)
    return f"{head}\n\n{table}\n\n{_beyond_the_means(unet)}"


def _beyond_the_means(unet: Mapping[str, Any]) -> str:
    """What no mean tells: misses, marks on tumour-free pictures, and the U-Net by itself."""
    free = unet["tumour_free"]
    said = (
        f"Nothing of the tumour outlined (Dice = 0): {figure_cell(unet['dice_zero_share'])} of the "
        f"pictures. HD95 undefined (empty outline): {unet['hd95_undefined']} pictures. "
        f"Tumour-free pictures ({_size(free)}) with any pixel outlined: "
        f"{figure_cell(free['marked_share'])}; mean outlined share of the picture: "
        f"{figure_cell(free['mean_area_share'], 4)}."
    )
    if "alone" in unet:
        alone = unet["alone"]
        said += (
            f" The U-Net alone, nothing withheld: Dice {figure_cell(alone['dice_mean'])} in the "
            f"mean, {figure_cell(alone['dice_median'])} in the median, 0 on "
            f"{figure_cell(alone['dice_zero_share'])}; {figure_cell(alone['marked_share'])} of the "
            "tumour-free pictures marked."
        )
    return said


def _withheld(unet: Mapping[str, Any]) -> str:
    """What is said of withheld outlines beside the threshold."""
    least = unet.get("least_tumour", 0.0)
    return f"; withheld where the mean of three gives a tumour less than {least:.2f}" * bool(least)


def _pairs_block(parts: Mapping[str, Any], name: str | None) -> str:
    whole = parts["pairs"]
    head = (
        "**The same head with and without its tumour** (test pictures with the tumour painted out, "
        f"or one blended in; {whole['n_pictures']} pictures of {whole['n_heads']} heads): AUROC of "
        "tumour against none. A network that goes by the style of a scanner gets 0.5."
    )
    columns = [(key, text) for key, text in PAIR_PARTS.items() if key in parts]
    rows = (
        (title(model), *(figure_cell(parts[key]["auroc"][model]) for key, _ in columns))
        for model in whole["auroc"]
        if name in (None, model)
    )
    return f"{head}\n\n{markdown_table(('Network', *(text for _, text in columns)), rows)}"


def _models_table(
    models: Mapping[str, Mapping[str, Any]],
    columns: Sequence[tuple[str, str]],
    name: str | None,
) -> str:
    rows = (
        (title(model), *(figure_cell(figures[key]) for key, _ in columns))
        for model, figures in models.items()
        if name in (None, model)
    )
    return markdown_table(("Network", *(heading for _, heading in columns)), rows)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _size(part: Mapping[str, Any]) -> str:
    return f"{part['n_pictures']} pictures of {part['n_groups']} patient groups"


def figure_cell(figure: Interval, digits: int = 3) -> str:
    """Figure and interval, a dash where it is not defined."""
    if figure.value != figure.value:
        return "–"
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f}–{figure.high:.{digits}f})"
