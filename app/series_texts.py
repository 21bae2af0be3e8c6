"""Words of a series on the worklist, of its report, and of what is sent to an archive."""

from typing import Final

from app import orientation_texts, study_texts, texts
from ml.results import Measurement, Segmentation
from ml.volume import Volume

KEEPING: Final = "The picture is written to the disk"
NOT_COMPARED: Final = "The AI compared this series with no earlier one."
SIMULATED: Final = "SIMULATED series, drawn by this project: no patient."
NO_SIDE: Final = "The AI knows no orientation of this series and names no side."
HEADER_SIDE: Final = (
    "The letters at the edges of a picture are those of the header; the AI names no side."
)
NO_CONFLICTS: Final = (
    "Whether class, outline and heat maps contradict each other is looked at in single slices, "
    "not in the series."
)
REFUSED: Final = "Refused: every slice. The AI gives no class and no size."
HELD_OUT: Final = (
    "Accuracy on whole series was never measured. The held-out figures of this program hold for "
    "single slices, so none of them is quoted here."
)
NO_HEADER: Final = (
    "This series was kept without its header, so nothing can be written into its study. A DICOM "
    "report needs the files themselves: open them again."
)
SEVERAL_FILES: Final = (
    "The slices of this series lie in several files with many frames each. A DICOM report is "
    "written for a series of single slices, or for one file with all frames."
)
TRACKING: Final = "AI reading of the series"
RULE_METHOD: Final = "Mean of neighbouring slices"
UNMEASURED: Final = "Accuracy on whole series"
NEVER: Final = "Never measured"


BOTH: Final = "Sizes of both outlines"
COLUMNS: Final = ("", "AI", "Reader")


def slice_row(number: int, ai: Measurement, own: Measurement) -> list[str]:
    """Sizes of both outlines on one slice."""
    return [f"Slice {number}: area, diameters", _sizes(ai), _sizes(own)]


def keep_button(days: int) -> str:
    """The button that keeps a series."""
    return f"Keep this series for {days} days"


def technique(volume: Volume) -> str:
    """What was read."""
    scan, distance = volume.slices[0], volume.slice_distance_mm
    rows, columns = scan.shape
    apart = "slice distance unknown" if distance is None else f"slices {distance:.2f} mm apart"
    kind = f"{volume.format} {volume.modality}".strip()
    return (
        f"One series: {texts.count(len(volume.slices), 'slices')}, {kind}, {columns} × {rows} px, "
        f"{texts.spacing(scan)}, {apart}, {orientation_texts.hanging(volume.letters)}."
    )


def key_picture(number: int, total: int) -> str:
    """Which slice the picture of the report is."""
    return (
        f"Key picture: slice {study_texts.position(number, total)}, the one with the highest "
        "probability of a tumour."
    )


def caption(volume: Volume, number: int) -> str:
    """What stands below the key picture: its place, and how it hangs."""
    place = study_texts.position(number, len(volume.slices))
    return f"slice {place}, {orientation_texts.hanging(volume.letters)}"


def side(volume: Volume) -> str:
    """That no side is named, and where letters come from."""
    return NO_SIDE if volume.letters is None else HEADER_SIDE


def threshold(found: Segmentation) -> str:
    """From which probability on a pixel is outlined."""
    return f"Outlined is, in each slice, a pixel from a probability of {found.threshold:.2f} on."


def _sizes(found: Measurement) -> str:
    return f"{texts.area(found)}, {texts.diameter(found)}" if found.area_px else texts.DASH
