"""What reading a file of published figures may raise, as a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from ml.errors import MetricsError

__all__ = ["told"]


@contextmanager
def told(absent: str, damaged: str) -> Iterator[None]:
    """Turn what goes wrong while figures are read and given their types into a sentence.

    Args:
        absent: what to say where there is no file.
        damaged: what to say where it cannot be used.

    Raises:
        MetricsError: either.
    """
    try:
        yield
    except FileNotFoundError:
        raise MetricsError(absent) from None
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise MetricsError(damaged) from error
