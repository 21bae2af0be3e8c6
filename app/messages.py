"""A project error → what a clinician reads: a headline and what to do."""

from dataclasses import dataclass
from typing import Final

from ml import errors


@dataclass(frozen=True)
class Message:
    """Words for one error.

    Attributes:
        title: what happened, in one short sentence.
        detail: what was found, what is accepted, what to do.
    """

    title: str
    detail: str


_TITLES: Final[dict[type[errors.SulcusError], str]] = {
    errors.EmptyFile: "This file is empty.",
    errors.UnknownFormat: "This file is not a scan that can be read.",
    errors.DamagedFile: "This file is damaged.",
    errors.UnsupportedPixels: "This kind of picture is not read.",
    errors.SizeOutOfBounds: "This picture is too small, too large or too narrow.",
    errors.NoPixelData: "This DICOM file holds no picture.",
    errors.UnsupportedTransferSyntax: "This DICOM compression cannot be decoded here.",
    errors.ScanError: "This file cannot be read as a brain MRI slice.",
    errors.MissingWeights: "The networks are not installed, so there is no AI reading.",
    errors.AlteredWeights: "A network's file is not the published one, so there is no AI reading.",
    errors.WeightsError: "The networks cannot be loaded, so there is no AI reading.",
    errors.EngineError: "The networks cannot be run here, so there is no AI reading.",
    errors.MembershipError: "Whether the networks know this scan cannot be told, "
    "so there is no AI reading.",
    errors.GateError: "Whether this is a brain MRI cannot be told, so there is no AI reading.",
    errors.WritingError: "Whether there is writing in the picture cannot be told.",
    errors.MetricsError: "The held-out figures are not available.",
    errors.StoreError: "The worklist and its readings cannot be used.",
    errors.DrawingError: "This drawing cannot be used.",
    errors.ReportError: "This file of the report cannot be written.",
    errors.NodeError: "The DICOM connection does not work.",
    errors.AccessError: "This is not open to you now.",
    errors.SetRefused: "This set is not unpacked.",
    errors.DatasetLayout: "This data set is not laid out as expected.",
    errors.DatasetError: "A public data set is missing.",
}


def explain(error: errors.SulcusError) -> Message:
    """Words for an error: the title of its nearest class, and the error's own sentence."""
    for kind in type(error).__mro__:
        if kind in _TITLES:
            return Message(_TITLES[kind], str(error))
    return Message("This did not work.", str(error))
