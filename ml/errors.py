"""Every error this project raises on purpose.

SulcusError
├── ScanError                  an upload that cannot be read as one brain MRI slice
│   ├── EmptyFile              no bytes at all
│   ├── UnknownFormat          the bytes are none of the accepted formats
│   ├── DamagedFile            the right format, but truncated or corrupt
│   │   └── TakesTooLong       its decoder was ended, because it did not end by itself
│   ├── UnsupportedPixels      animated, CMYK, colour DICOM, several frames, 16-bit colour …
│   ├── SizeOutOfBounds        too few or too many bytes or pixels, or an extreme aspect
│   ├── NoPixelData            a DICOM object without a picture
│   └── UnsupportedTransferSyntax   a DICOM compression that no installed decoder reads
├── WeightsError               the networks cannot be loaded; nothing stands in for them
│   ├── MissingWeights
│   └── AlteredWeights
├── EngineError                what is to run the networks is not here
├── GateError                  whether a picture is a brain MRI cannot be told
├── MembershipError            a scan cannot be looked up among the training pictures
├── WritingError               whether there is writing in a picture cannot be told
├── DatasetError               a public data set is absent or not in its published layout
│   ├── MissingDataset
│   ├── DatasetLayout
│   └── SetRefused             an uploaded set that is not unpacked: too large, unsafe names …
├── StoreError                 the worklist and its readings cannot be opened or written
├── TrainingError              a training run that cannot start or resume
├── MetricsError               a figure a page needs has not been computed
├── DrawingError               what was drawn on a scan cannot be used
├── ReportError                a report cannot be written in the form asked for
├── NodeError                  the DICOM node cannot start, or a peer takes nothing
└── AccessError                who asks may not, or how people sign in is not set up

Messages say what was found, what is accepted and what to do; they never hold a file name
or a DICOM tag's value that could identify a patient.
"""


class SulcusError(Exception):
    """Base of all errors raised on purpose; `str()` of it is fit for a screen."""


class ScanError(SulcusError):
    """The uploaded bytes cannot be read as a brain MRI slice."""


class EmptyFile(ScanError):
    """The file holds no bytes."""


class UnknownFormat(ScanError):
    """The bytes belong to none of the accepted formats."""


class DamagedFile(ScanError):
    """The format is known, but the content is truncated or corrupt."""


class TakesTooLong(DamagedFile):
    """A decoder was ended that did not come to an end, or it crashed."""


class UnsupportedPixels(ScanError):
    """The picture is of a kind that is not read: animated, CMYK, several frames …"""


class SizeOutOfBounds(ScanError):
    """The picture has too few or too many bytes or pixels."""


class NoPixelData(ScanError):
    """A DICOM object that holds no picture."""


class UnsupportedTransferSyntax(ScanError):
    """A DICOM compression that no installed decoder reads."""


class WeightsError(SulcusError):
    """A network cannot be loaded."""


class MissingWeights(WeightsError):
    """The weight file is absent."""


class AlteredWeights(WeightsError):
    """The weight file does not have the registered SHA-256."""


class EngineError(SulcusError):
    """What was asked to run the networks is unknown or not installed."""


class MembershipError(SulcusError):
    """The index of training pictures is missing, altered or unusable."""


class GateError(SulcusError):
    """What the gate compares pictures with is missing, altered or of other networks."""


class WritingError(SulcusError):
    """What letters look like, or from when on they count, is missing, altered or unusable."""


class DatasetError(SulcusError):
    """A public data set cannot be used."""


class MissingDataset(DatasetError):
    """The data set's folder does not exist."""


class DatasetLayout(DatasetError):
    """The folder exists but is not laid out as published."""


class SetRefused(DatasetError):
    """An uploaded set of pictures that is not unpacked: too large, unsafe names, no picture …"""


class StoreError(SulcusError):
    """The worklist, its readings or its kept pictures cannot be opened or written."""


class TrainingError(SulcusError):
    """A training run cannot start or resume."""


class MetricsError(SulcusError):
    """A figure a page needs has not been computed."""


class DrawingError(SulcusError):
    """What a reader drew arrived or was stored in a form that is not accepted."""


class ReportError(SulcusError):
    """A report cannot be written in the form asked for."""


class NodeError(SulcusError):
    """The DICOM node cannot start, or a peer does not take what is sent."""


class AccessError(SulcusError):
    """Who asks may not do this, or not now, or how people sign in is not set up."""
