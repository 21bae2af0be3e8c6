"""The comparison as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ml.evaluation.tables import figure_cell, markdown_table

HEAD: Final[str] = """# Comparison

Written by `make compare` from the rows under `assets/metrics`; nothing here is typed in but the
figures of other works at the end. Every figure has its 95 % interval over patient groups (2,000
draws). A network that does not ship is trained again with
`python -m ml.training NAME --weights none`. All start from nothing on two cores, so that a place in
a table is that of a network after the minutes at the end: the larger ones are far from done in
theirs (docs/experiments.md), and with ImageNet weights they would stand elsewhere.
"""
COLUMNS: Final[tuple[tuple[str, str], ...]] = (
    ("balanced_accuracy", "Balanced accuracy"),
    ("accuracy", "Accuracy"),
    ("macro_f1", "Macro-F1"),
    ("auroc_macro", "AUROC"),
    ("ece", "ECE"),
    ("figshare_types", "figshare, three types"),
)


def document_text(table: Mapping[str, Any]) -> str:
    """All protocols, outlines, boxes, sizes and times, and what others report."""
    titles: Mapping[str, str] = table["titles"]
    blocks = [HEAD.strip()]
    blocks += [_protocol(figures, titles) for figures in table["protocols"].values()]
    if table["outlines"]:
        blocks.append(_outlines(table["outlines"], titles))
    if table["boxes"]:
        blocks.append(f"## Boxes\n\n{boxes_text(table['boxes'], titles)}")
    blocks.append(_facts(table["facts"], titles))
    blocks.append(_reported(table["reported"]))
    return "\n\n".join(blocks) + "\n"


def _protocol(figures: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    leaky = figures["leaky_share"]
    share = "" if leaky is None else f" {100 * leaky:.0f} % have a group-mate in training."
    head = (
        f"## {figures['title']}\n\n{figures['n_pictures']} pictures of "
        f"{figures['n_groups']} patient groups.{share}"
    )
    rows = [
        (titles[model], *(figure_cell(one[key]) for key, _ in COLUMNS))
        for model, one in by_balanced_accuracy(figures["models"])
    ]
    body = markdown_table(("Network", *(title for _, title in COLUMNS)), rows)
    parts = [head, body]
    spread = [
        (titles[model], *(f"{value:.3f}" for value in one["each_fold"].values()))
        for model, one in figures["models"].items()
        if "each_fold" in one
    ]
    if spread:
        folds = next(iter(figures["models"].values()))["each_fold"]
        parts.append("Balanced accuracy of each fold:")
        parts.append(markdown_table(("Network", *folds), spread))
    parts.append(_rankings(figures["paired"], titles))
    return "\n\n".join(parts)


def by_balanced_accuracy(models: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Networks, the highest figure first."""
    return sorted(models.items(), key=lambda one: -one[1]["balanced_accuracy"].value)


def _rankings(paired: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    """Pairs whose difference leaves out 0, and how many do not."""
    real = [one for one in paired if one["ranking"]]
    lines = []
    for one in real:
        first, second, difference = one["a"], one["b"], one["difference"]
        better, worse = (first, second) if difference.value > 0 else (second, first)
        low, high = sorted((abs(difference.low), abs(difference.high)))
        lines.append(
            f"- {titles[better]} over {titles[worse]}: "
            f"{abs(difference.value):.3f} ({low:.3f}–{high:.3f})"
        )
    head = (
        f"Differences in balanced accuracy that are real on these pictures ({len(real)} of "
        f"{len(paired)} pairs; the others are no ranking):"
    )
    return "\n".join([head, "", *lines]) if lines else f"{head} none."


def _outlines(outlines: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    rows = [
        (
            titles[name],
            figure_cell(one["dice_mean"]),
            figure_cell(one["dice_median"]),
            figure_cell(one["dice_zero_share"]),
            figure_cell(one["marked_share"]),
        )
        for name, one in outlines.items()
    ]
    header = ("Network", "Dice, mean", "Dice, median", "Dice = 0", "Tumour-free marked")
    first = next(iter(outlines.values()))
    head = (
        f"## Outlines\n\nEach network alone on figshare slices of the clean test part, "
        f"{first['n_pictures']} pictures of "
        f"{first['n_groups']} patient groups."
    )
    return f"{head}\n\n{markdown_table(header, rows)}"


def boxes_text(boxes: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """What the detector's boxes are worth, for the table of all networks and its own card."""
    names = (("map50", "mAP@0.5"), ("map50_95", "mAP@0.5:0.95"), ("ap50_any", "AP@0.5, any tumour"))
    rows = [
        (titles[name], *(figure_cell(one[key]) for key, _ in names)) for name, one in boxes.items()
    ]
    first = next(iter(boxes.values()))
    head = (
        f"Clean test part, {first['n_pictures']} pictures of {first['n_groups']} patient groups; "
        "a box counts where it overlaps the radiologist's by half (@0.5) of their union, and "
        "mAP is the mean over the three tumour types."
    )
    shown = (
        f"On screen is what scores at least {first['min_score']:.2f}, chosen on validation: on "
        f"{figure_cell(first['found_share'])} of the slices with a tumour a box lies on it, on "
        f"{figure_cell(first['false_share'])} of the tumour-free pictures there is one."
    )
    return f"{head}\n\n{markdown_table(('Network', *(t for _, t in names)), rows)}\n\n{shown}"


def _facts(facts: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    rows = []
    for name, protocols in facts.items():
        for protocol, one in protocols.items():
            rows.append(
                (
                    titles[name],
                    protocol,
                    f"{one['input_size']}",
                    f"{one['parameters'] / 1e6:.2f}",
                    f"{one['bytes'] / 2**20:.1f}",
                    f"{one['ms']:.1f}",
                    f"{one['minutes']:.0f}",
                )
            )
    header = (
        "Network",
        "Protocol",
        "Input, px",
        "Parameters, million",
        "Weights as float16, MiB",
        "ms a scan",
        "Training, min",
    )
    return f"## Size and time\n\n{markdown_table(header, rows)}"


def _reported(reported: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            one["work"],
            one["network"],
            one["data"],
            one["protocol"],
            "yes" if one["by_patient"] else "**no**",
            f"{100 * one['accuracy']:.2f} %",
            one["reference"],
        )
        for one in reported
    ]
    header = ("Work", "Network", "Data", "Protocol", "By patient", "Accuracy", "Source")
    head = (
        "## What others report\n\nAs printed there; no interval is given there, and none is ours."
    )
    return f"{head}\n\n{markdown_table(header, rows)}"
