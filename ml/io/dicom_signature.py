"""Whether bytes are DICOM, told without the library that reads it.

pydicom with its decoders takes 35 MB: who imports this module alone does not hold them.
"""

from typing import Final

__all__ = ["looks_like_dicom"]

_PREFIX: Final = slice(128, 132)  # PS3.10 7.1: preamble of 128 bytes, then "DICM"
_FIRST_GROUPS: Final = (b"\x02\x00", b"\x08\x00")


def looks_like_dicom(data: bytes) -> bool:
    """Whether the bytes begin like DICOM: "DICM" after the preamble, or a bare data set.

    A bare data set (older exports have no preamble) starts with an element of group 0002 or
    0008 whose element number and length are small.
    """
    if data[_PREFIX] == b"DICM":
        return True
    if len(data) < 132 or data[:2] not in _FIRST_GROUPS:
        return False
    explicit = data[4:6].isalpha() and data[4:6].isupper()
    length = int.from_bytes(data[6:8] if explicit else data[4:8], "little")
    return int.from_bytes(data[2:4], "little") <= 0x0100 and length <= 1024
