"""Heat maps: the closed form equals Grad-CAM, and scaling tells little evidence from much."""

import numpy as np
import pytest

from ml.errors import WeightsError
from ml.inference.explain import contributions, evidence
from ml.inference.heatmaps import (
    EMPTY_SHARE,
    NetworkHeatmaps,
    draw_together,
    network_heatmaps,
)
from ml.labels import CLASSES
from ml.models.registry import CLASSIFIERS, spec
from ml.phantom.drawing import draw
from ml.preprocess import Crop, prepare
from tests.ml.fakes import FakeEngine, disc_picture
from tests.ml.networks import calibrate_at_once, pictures

WHOLE = Crop(top=0, left=0, side=64)
EVERY = range(len(CLASSES))


def maps_of(contribution: np.ndarray, crop: Crop = WHOLE, shape=(64, 64)) -> NetworkHeatmaps:
    values = contribution.astype(np.float32)
    return NetworkHeatmaps(
        "mobilenet", lambda index: values[..., index], beside=range(4), place=(crop, shape)
    )


def test_contributions_sum_to_the_logits_without_bias():
    random = np.random.default_rng(0)
    features = random.random((5, 7, 16)).astype(np.float32)
    kernel = random.normal(size=(16, 4)).astype(np.float32)
    parts = contributions(features, kernel)
    assert parts.shape == (5, 7, 4)
    assert parts.dtype == np.float32
    np.testing.assert_allclose(
        parts.sum(axis=(0, 1)), features.mean(axis=(0, 1)) @ kernel, rtol=1e-5, atol=1e-6
    )


def test_shapes_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="do not belong together"):
        contributions(np.zeros((5, 5, 8), np.float32), np.zeros((9, 4), np.float32))


def test_all_classes_share_one_scale():
    contribution = np.full((8, 8, 4), -1.0)
    contribution[2, 3, 0] = 2.0
    contribution[5, 6, 1] = 0.5
    contribution[1, 1, 3] = 2.0 * EMPTY_SHARE * 0.9
    maps = maps_of(contribution)
    assert tuple(maps) == CLASSES
    assert len(maps) == 4
    strongest, weaker, nothing, trace = (maps[label] for label in CLASSES)
    assert strongest.peak == pytest.approx(2.0)
    assert strongest.values.max() == pytest.approx(1.0, abs=0.15)  # bilinear: peak between pixels
    assert weaker.peak == pytest.approx(0.5)
    assert weaker.values.max() == pytest.approx(strongest.values.max() / 4, rel=1e-5)
    assert [m.empty for m in (strongest, weaker, nothing, trace)] == [False, False, True, True]
    assert nothing.peak == 0.0
    assert not nothing.values.any()
    assert 0.0 < trace.values.max() < EMPTY_SHARE


def test_nothing_speaks_for_any_class():
    maps = maps_of(np.full((8, 8, 4), -0.3))
    assert all(heatmap.empty and not heatmap.values.any() for heatmap in maps.values())


def test_the_map_lies_where_the_crop_lies():
    contribution = np.zeros((4, 4, 4))
    contribution[0, 3, 2] = 1.0  # upper right cell of the crop
    heatmap = maps_of(contribution, Crop(top=-20, left=40, side=80), (100, 90))["no_tumor"]
    assert heatmap.values.shape == (100, 90)
    assert heatmap.values.dtype == np.float32
    assert not heatmap.values[:, :40].any()
    assert not heatmap.values[60:].any()
    inside = maps_of(contribution, Crop(top=10, left=5, side=80), (100, 90))["no_tumor"].values
    row, column = np.unravel_index(inside.argmax(), inside.shape)
    assert 10 <= row < 30
    assert 65 <= column < 85
    assert inside.max() == pytest.approx(1.0)


def test_an_unknown_class_is_a_key_error():
    with pytest.raises(KeyError):
        maps_of(np.zeros((4, 4, 4)))["metastasis"]


def heatmaps(engine: FakeEngine, method: str):
    prepared = prepare(disc_picture(), 96)
    output = engine.classify("mobilenet", prepared.image)
    one = type(output)(output.logits[0], output.features[0])
    maps = network_heatmaps("mobilenet", prepared, one, engine, shape=(128, 128), method=method)
    return maps, prepared, one


def test_the_closed_forms_come_from_the_pass_that_predicted():
    engine = FakeEngine()
    maps, _, output = heatmaps(engine, "log_odds")
    found = evidence("log_odds", output.features, engine.head("mobilenet"), output.logits)
    for index, label in enumerate(CLASSES):
        assert maps[label].peak == pytest.approx(max(0.0, found[..., index].max()))
        assert maps[label].method == "log_odds"
    assert engine.calls == [("mobilenet", 1)]
    with pytest.raises(ValueError, match="unknown heat map"):
        heatmaps(engine, "saliency")


def test_a_backward_pass_is_taken_when_a_map_is_looked_at_and_once_a_class():
    engine = FakeEngine()
    maps, prepared, output = heatmaps(engine, "hires_cam")
    first, other = int(output.logits.argmax()), int(output.logits.argmin())
    assert engine.calls == [("mobilenet", 1)]
    drawn = maps[CLASSES[first]]
    assert engine.calls == [("mobilenet", 1), ("mobilenet backward", 1)]
    assert maps[CLASSES[first]].peak == drawn.peak
    assert maps[CLASSES[other]].method == "hires_cam"
    assert engine.calls == [("mobilenet", 1), *[("mobilenet backward", 1)] * 2]
    fine = engine.attribute("mobilenet", prepared.image, [first])[0]
    assert drawn.peak == pytest.approx(max(0.0, fine.max()))


def test_several_maps_share_a_backward_pass_and_are_those_that_come_alone():
    engine, alone = FakeEngine(), FakeEngine()
    asked, expected = [], []
    for radius, label in ((14.0, "glioma"), (30.0, "pituitary"), (14.0, "no_tumor")):
        for used, found in ((engine, asked), (alone, expected)):
            picture = disc_picture(radius=radius)
            prepared = prepare(picture, 96)
            output = used.classify("mobilenet", prepared.image)
            one = type(output)(output.logits[0], output.features[0])
            maps = network_heatmaps(
                "mobilenet", prepared, one, used, shape=(128, 128), method="hires_cam"
            )
            found.append((maps, label))
    draw_together(asked)
    (taken,) = [size for name, size in engine.calls if name == "mobilenet backward"]
    for (maps, label), (single, _) in zip(asked, expected, strict=True):
        drawn, lone = maps[label], single[label]
        assert (drawn.peak, drawn.empty) == (pytest.approx(lone.peak), lone.empty)
        np.testing.assert_allclose(drawn.values, lone.values, atol=1e-6)
    assert taken == sum(name == "mobilenet backward" for name, _ in alone.calls) > 3
    draw_together([*asked, (maps_of(np.ones((4, 4, 4))), "glioma"), ({}, "glioma")])
    assert sum(name == "mobilenet backward" for name, _ in engine.calls) == 1, "made again"


def test_a_class_is_scaled_with_the_one_that_the_network_put_first():
    small = {0: np.full((4, 4), 2.0, np.float32), 1: np.full((4, 4), 0.5, np.float32)}
    maps = NetworkHeatmaps(
        "mobilenet", small.__getitem__, beside=[0], place=(WHOLE, (64, 64)), method="hires_cam"
    )
    assert maps[CLASSES[1]].values.max() == pytest.approx(0.25)
    assert maps[CLASSES[0]].values.max() == pytest.approx(1.0)


def toy_model():
    import keras

    keras.utils.set_random_seed(7)
    image = keras.Input((None, None, 1), name="image")
    features = keras.layers.Conv2D(12, 3, strides=2, activation="relu")(image)
    features = keras.layers.Conv2D(16, 3, strides=2, activation="relu", name="last")(features)
    pooled = keras.layers.GlobalAveragePooling2D(name="gap")(features)
    return keras.Model(image, keras.layers.Dense(4, name="logits")(pooled)), "last", 64


def calibrated_classifier(name: str):
    import keras

    from ml.models.classifiers import BACKBONES, build_classifier

    keras.utils.set_random_seed(11)
    model = build_classifier(name, size=96)
    calibrate_at_once(model, 96)
    return model, BACKBONES[name].feature_layer, 96


def assert_equals_tf_keras_vis(model, layer: str, images, labels=EVERY) -> None:
    import keras
    from scipy.ndimage import zoom
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    size = images.shape[1]
    both = keras.Model(model.inputs, [model.get_layer(layer).output, model.outputs[0]])
    features, _ = (np.asarray(output) for output in both(images, training=False))
    kernel = np.asarray(model.get_layer("logits").kernel)
    # keep the score linear, explain the layer that the average pooling reads, and do not let the
    # library look for the last Conv2D, which is another layer in Xception and ResNet50
    reference = Gradcam(model, model_modifier=ReplaceToLinear(), clone=True)
    compared = 0
    for index in labels:
        theirs = reference(
            CategoricalScore([index] * len(images)),
            images,
            penultimate_layer=layer,
            seek_penultimate_conv_layer=False,
        )
        for picture in range(len(images)):
            small = np.maximum(contributions(features[picture], kernel)[..., index], 0.0)
            if not small.any():
                assert not np.nan_to_num(theirs[picture]).any()
                continue
            ours = zoom(small, size / small.shape[0], order=1)
            ours = (ours - ours.min()) / np.ptp(ours)
            assert np.abs(ours - theirs[picture]).max() <= 5e-3
            assert np.corrcoef(ours.ravel(), theirs[picture].ravel())[0, 1] > 0.999
            compared += 1
    assert (
        compared > len(labels) / 2
    )  # maps with something in them, so that the comparison means something


def test_closed_form_equals_grad_cam_on_a_small_network():
    model, layer, size = toy_model()
    assert_equals_tf_keras_vis(model, layer, pictures(2, size, seed=99))


@pytest.mark.slow
def test_closed_form_equals_grad_cam_on_a_registered_network():
    model, layer, size = calibrated_classifier("mobilenet")
    assert_equals_tf_keras_vis(model, layer, pictures(2, size, seed=99))


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_closed_form_equals_grad_cam_on_the_shipped_networks(name: str):
    """A simulated scan at the size that the network was trained at, for the class that it names."""
    from ml.models import weights
    from ml.models.classifiers import BACKBONES

    try:
        model = weights.load(name)
    except WeightsError as error:
        pytest.skip(f"assets/weights is not complete: {error}")
    scan = draw("glioma", seed=5, size=256, plane="axial")
    image = prepare(scan.pixels, spec(name).input_size).image
    label = int(np.asarray(model(image, training=False))[0].argmax())
    assert_equals_tf_keras_vis(model, BACKBONES[name].feature_layer, image, [label])
