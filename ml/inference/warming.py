"""What an engine makes ready before anybody asks for a heat map."""

import numpy as np

from ml.inference.engine import Engine
from ml.inference.explain import BACKWARD, default_method
from ml.models.registry import CLASSIFIERS, spec

__all__ = ["draw_first_maps"]


def draw_first_maps(engine: Engine) -> None:
    """Draw one map of nothing with every classifier, where maps take a backward pass.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MetricsError: the file that names the method is damaged.
    """
    if default_method() not in BACKWARD:
        return
    for name in CLASSIFIERS:
        side = spec(name).input_size
        engine.attribute(name, np.zeros((1, side, side, 1), np.float32), [0])
