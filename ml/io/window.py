"""Default display windows; for the screen only, no network sees them."""

import numpy as np

from ml.results import DisplayWindow, FloatArray


def percentile_window(pixels: FloatArray) -> DisplayWindow:
    """Window from the 1st to the 99th percentile of the signal.

    The air around a head can fill over half a slice, so a plain percentile would sit in it;
    values at the picture's minimum are left out where anything else remains.

    Args:
        pixels: (H, W) float32, finite.

    Returns:
        A window whose width is > 0 even for a blank picture.
    """
    lowest = pixels.min()
    signal = pixels[pixels > lowest]
    low, high = np.percentile(signal if signal.size else pixels, (1, 99))
    width = float(high - low)
    if width <= 0:
        # A picture of two levels or one: show its whole range.
        width = max(float(pixels.max() - lowest), 1.0)
        return DisplayWindow(float(lowest) + width / 2, width, "full range of the picture")
    return DisplayWindow(float(low + high) / 2, width, "1–99 percentile")
