"""What each heat map explains, that its closed form is the published one, and which is drawn."""

import json

import numpy as np
import pytest

from ml.errors import MetricsError
from ml.inference.explain import ONE_PASS, contributions, default_method, evidence
from tests.ml.inference.test_explain import toy_model
from tests.ml.networks import pictures


def drawn(seed=0):
    random = np.random.default_rng(seed)
    features = random.random((5, 6, 16)).astype(np.float32)
    kernel = random.normal(size=(16, 4)).astype(np.float32)
    logits = features.mean(axis=(0, 1)) @ kernel + random.normal(size=4)
    return features, kernel, logits.astype(np.float32)


def test_grad_cam_is_what_each_place_adds_to_the_logit():
    features, kernel, logits = drawn()
    found = evidence("grad_cam", features, kernel, logits)
    np.testing.assert_array_equal(found, contributions(features, kernel))


def test_contrast_takes_off_the_mean_of_the_other_classes():
    features, kernel, logits = drawn()
    parts = contributions(features, kernel)
    found = evidence("contrast", features, kernel, logits)
    np.testing.assert_allclose(
        found[..., 1], parts[..., 1] - parts[..., [0, 2, 3]].mean(axis=-1), atol=1e-5
    )


def test_log_odds_is_grad_cam_of_the_log_odds():
    features, kernel, logits = drawn()

    def odds(values, label):
        p = np.exp(values - values.max())
        p /= p.sum()
        return np.log(p[label]) - np.log(1 - p[label])

    found = evidence("log_odds", features, kernel, logits)
    step = 1e-4
    for label in range(4):
        for place in ((0, 0), (3, 2)):
            more = logits + step * features[place].astype(np.float64) @ kernel
            less = logits - step * features[place].astype(np.float64) @ kernel
            slope = (odds(more, label) - odds(less, label)) / (2 * step) / 30
            assert found[(*place, label)] == pytest.approx(slope, abs=1e-4)


def test_margin_is_the_lead_over_the_strongest_other_class():
    features, kernel, logits = drawn()
    parts, found = contributions(features, kernel), evidence("margin", features, kernel, logits)
    for label in range(4):
        others = np.delete(parts, label, axis=-1).max(axis=-1)
        np.testing.assert_allclose(found[..., label], parts[..., label] - others, atol=1e-6)
    assert ((found > 0).sum(axis=-1) == 1).all()


@pytest.mark.parametrize("method", ["contrast", "log_odds", "margin"])
def test_what_moves_all_logits_alike_moves_no_map(method):
    features, kernel, logits = drawn()
    shift = np.random.default_rng(5).normal(size=(16, 1)).astype(np.float32)
    before = evidence(method, features, kernel, logits)
    np.testing.assert_allclose(
        evidence(method, features, kernel + shift, logits), before, atol=1e-5
    )
    plain = evidence("grad_cam", features, kernel + shift, logits)
    assert np.abs(plain - evidence("grad_cam", features, kernel, logits)).max() > 1e-3


def test_sure_networks_have_finite_maps_and_an_unknown_method_is_refused():
    features, kernel, _ = drawn()
    sure = np.array([900.0, -900.0, 0.0, 5.0], np.float32)
    for method in ONE_PASS:
        assert np.isfinite(evidence(method, features, kernel, sure)).all()
    with pytest.raises(ValueError, match="unknown heat map"):
        evidence("guess", features, kernel, sure)


def test_grad_cam_plus_plus_equals_tf_keras_vis():
    import keras
    from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
    from tf_keras_vis.utils.scores import CategoricalScore

    model, layer, size = toy_model()
    images = pictures(2, size, seed=99)
    both = keras.Model(model.inputs, [model.get_layer(layer).output, model.outputs[0]])
    features, logits = (np.asarray(output) for output in both(images, training=False))
    kernel = np.asarray(model.get_layer("logits").kernel)
    for label in range(4):
        found = GradcamPlusPlus(model)(
            CategoricalScore([label] * 2),
            images,
            penultimate_layer=layer,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
            normalize_cam=False,
        )
        theirs = np.asarray(found)
        for at in range(2):
            ours = evidence("grad_cam_plus_plus", features[at], kernel, logits[at])[..., label]
            assert ours.max() > 0
            np.testing.assert_allclose(
                ours / ours.max(), theirs[at] / theirs[at].max(), rtol=1e-3, atol=1e-4
            )


def test_the_method_drawn_is_the_one_that_validation_chose(tmp_path):
    file = tmp_path / "explanations.json"
    assert default_method(file) == "grad_cam"
    file.write_text(json.dumps({"default": "margin"}))
    assert default_method(file) == "margin"
    for damaged in ('{"default": "score_cam"}', "{}", "{", "[]"):
        file.write_text(damaged + " " * len(damaged))
        with pytest.raises(MetricsError, match="names no heat map"):
            default_method(file)
