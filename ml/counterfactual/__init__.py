"""Counterfactual pictures: the same head without its tumour, another head with it.

Pure array work on prepared pictures, (S, S) float32 in 0..1. They break, in training, and
measure, in evaluation, the shortcut that tumours and tumour-free heads come from different
scanners.
"""

from ml.counterfactual.insertion import blend_in
from ml.counterfactual.removal import paint_out
from ml.counterfactual.shams import sham_blend, sham_paint

__all__ = ["blend_in", "paint_out", "sham_blend", "sham_paint"]
