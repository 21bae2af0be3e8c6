"""What a report says of writing in the picture: words only, so that a draft can hold them."""

from app import study_services
from app import writing_texts as words
from ml.errors import WritingError
from ml.results import Scan
from ml.scan import WRITING_STATED
from ml.volume import Volume


def stated(decoded: Scan | Volume) -> bool:
    """Whether the header of a slice says that text is burned in; (0028,0301), PS3.3 C.7.6.1."""
    return WRITING_STATED in decoded.notes


def note(decoded: Scan | Volume) -> str:
    """That writing may be in the picture and where, for a report; "" where none was found."""
    try:
        found = study_services.writing(decoded)
    except WritingError:
        return words.NOT_LOOKED
    return words.sentence(found, series=isinstance(decoded, Volume)) if found else ""


def caution(decoded: Scan | Volume) -> str:
    """What to mind before a file leaves, or ""."""
    return words.BEFORE_EXPORT if stated(decoded) or note(decoded) else ""
