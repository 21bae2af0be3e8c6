"""What is refused before it is written."""

from typing import Final

from app.store.records import DISAGREE, VERDICTS, Word
from ml.errors import StoreError
from ml.labels import CLASSES

LONGEST_NAME: Final = 80
LONGEST_REASON: Final = 2000


def check_word(word: Word) -> None:
    """See that a reader's word is complete and makes sense.

    Raises:
        StoreError: an unknown verdict or class, or a name or a reason that is too long.
    """
    check_name(word.reader)
    labels = {word.corrected_label, word.blind_label} - {None}
    if (
        word.verdict not in VERDICTS
        or not labels <= set(CLASSES)
        or (word.corrected_label is not None and word.verdict != DISAGREE)
    ):
        raise StoreError(
            f"The verdict or a class of this reading is not known. Accepted are "
            f"{', '.join(VERDICTS)}, a class of {', '.join(CLASSES)}, and a corrected class only "
            "with a disagreement."
        )
    if len(word.reason) > LONGEST_REASON:
        raise StoreError(
            f"The reason has {len(word.reason)} characters; at most {LONGEST_REASON} are kept. "
            "Shorten it."
        )


def check_name(reader: str) -> None:
    """See that somebody reads.

    Raises:
        StoreError: the name is empty or too long.
    """
    if not 0 < len(reader.strip()) <= LONGEST_NAME:
        raise StoreError(
            f"The reader's name has {len(reader.strip())} characters. Accepted are 1 to "
            f"{LONGEST_NAME}: type who reads."
        )
