"""Multiply-adds are those of the graphs, counted by hand for small ones."""

import numpy as np
import pytest

pytest.importorskip("openvino")

import openvino as ov  # after the check that it can be
import openvino.opset15 as ops

from ml.bench.roofline import multiply_adds, of_graph, peak_per_second
from ml.models.registry import CLASSIFIERS, SEGMENTER, spec


def test_convolutions_and_products_are_counted_by_hand() -> None:
    image = ops.parameter([-1, 4, 8, 8], np.float32)
    ones = lambda *shape: ops.constant(np.ones(shape, np.float32))  # noqa: E731
    plain = ops.convolution(image, ones(6, 4, 3, 3), [1, 1], [1, 1], [1, 1], [1, 1])
    deep = ops.group_convolution(plain, ones(6, 1, 1, 3, 3), [2, 2], [1, 1], [1, 1], [1, 1])
    back = ops.convolution_backprop_data(deep, ones(6, 5, 2, 2), [2, 2])
    pooled = ops.reduce_mean(back, np.array([2, 3]))
    model = ov.Model([ops.matmul(pooled, ones(5, 3), False, False)], [image])
    by_hand = (8 * 8 * 6) * (4 * 3 * 3) + (4 * 4 * 6) * (3 * 3) + (4 * 4 * 6) * (5 * 2 * 2) + 3 * 5
    assert of_graph(model) == by_hand


@pytest.mark.weights
def test_a_reading_is_counted_once_a_network() -> None:
    found = multiply_adds()
    assert set(CLASSIFIERS) < set(found)
    for name in CLASSIFIERS:
        assert found[name]["fine"] > found[name]["forward"], "a forward and a backward pass"
    side = spec("mobilenet").input_size
    published = 569e6 * (side / 224) ** 2  # Howard 2017, table 8
    assert found["mobilenet"]["forward"] == pytest.approx(published, rel=0.1)
    assert "fine" not in found[SEGMENTER]


def test_the_peak_is_that_of_a_product() -> None:
    assert peak_per_second(64) > 1e7
