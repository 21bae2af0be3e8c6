"""What others report on the same public pictures, and how they measured it.

Not ours and not recomputed: each figure is as printed in its source, beside its protocol.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Reported:
    """One published figure.

    Attributes:
        work: authors and year.
        network: what was trained.
        data: which pictures.
        protocol: how training and test were kept apart.
        by_patient: whether no patient was on both sides.
        accuracy: as printed, a share of 1.
        reference: DOI or where it stands.
    """

    work: str
    network: str
    data: str
    protocol: str
    by_patient: bool
    accuracy: float
    reference: str


REPORTED: Final[tuple[Reported, ...]] = (
    Reported(
        "Cheng 2015",
        "SVM on ring-form partitioned features",
        "figshare, three tumour types",
        "5 folds by patient; the tumour region was outlined by hand before",
        True,
        0.9128,
        "doi:10.1371/journal.pone.0140381",
    ),
    Reported(
        "Deepak & Ameer 2019",
        "GoogLeNet alone",
        "figshare, three tumour types",
        "5 folds by patient",
        True,
        0.923,
        "doi:10.1016/j.compbiomed.2019.103345",
    ),
    Reported(
        "Badža & Barjaktarović 2020",
        "small CNN",
        "figshare, three tumour types, augmented",
        "10 folds by subject",
        True,
        0.8848,
        "doi:10.3390/app10061999",
    ),
    Reported(
        "Badža & Barjaktarović 2020",
        "small CNN",
        "figshare, three tumour types, augmented",
        "10 folds by record: slices of a patient on both sides",
        False,
        0.9656,
        "doi:10.3390/app10061999",
    ),
    Reported(
        "Roboflow set, as reported by its users",
        "Inception-V3",
        "Roboflow, four classes",
        "the set's own split: copies and slices of a patient on both sides",
        False,
        0.8757,
        "public notebooks on that set",
    ),
)
