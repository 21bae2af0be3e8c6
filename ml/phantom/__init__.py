"""Simulated head slices with a tumour of known class, place, size and outline.

No patient's picture may be in the repository; these stand in for one in samples and tests.
Every file written from here says in its metadata that it is simulated.
"""

from ml.phantom.drawing import PLANES, Phantom, draw
from ml.phantom.files import to_dicom, to_png

__all__ = ["PLANES", "Phantom", "draw", "to_dicom", "to_png"]
