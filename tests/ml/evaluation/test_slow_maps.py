"""The slow maps against their formulas, and weights drawn anew that must change the map."""

import keras
import numpy as np
import pytest

from ml.evaluation import randomised as drawing
from ml.evaluation.explanation_rows import STEPS
from ml.evaluation.explanation_scores import rank_correlation
from ml.evaluation.randomised import Drawn, randomised
from ml.evaluation.slow_maps import CHANNELS, score_cam
from ml.inference.attribution import hires_cam
from ml.inference.engine import NetworkOutput
from ml.inference.explain import evidence
from ml.models import registry, weights
from tests.ml.inference.test_explain import toy_model
from tests.ml.networks import calibrate, pictures

SIDE = 128


@pytest.fixture(scope="module")
def toy():
    model, layer, size = toy_model()
    both = keras.Model(model.inputs, [model.get_layer(layer).output, model.outputs[0]])
    image = pictures(1, size, seed=3)
    features, logits = (np.asarray(output)[0] for output in both(image, training=False))
    kernel = np.asarray(model.get_layer("logits").kernel)
    return model, layer, image, features, logits, kernel


def test_hires_cam_before_the_average_is_the_log_odds_map(toy):
    model, layer, image, features, logits, kernel = toy
    closed = evidence("log_odds", features, kernel, logits)
    found = hires_cam(model, layer)(np.repeat(image, 4, axis=0), range(4))
    np.testing.assert_allclose(found, np.moveaxis(closed, -1, 0), rtol=1e-3, atol=1e-5)


def test_score_cam_equals_tf_keras_vis(toy):
    from tf_keras_vis.scorecam import Scorecam
    from tf_keras_vis.utils.scores import CategoricalScore

    model, layer, image, features, _, _ = toy
    keras.utils.disable_interactive_logging()

    def read(batch):
        return NetworkOutput(np.asarray(model(batch, training=False)), np.empty(0, np.float32))

    for label in (1, 3):
        found = Scorecam(model)(
            CategoricalScore([label]),
            image,
            penultimate_layer=layer,
            seek_penultimate_conv_layer=False,
            max_N=CHANNELS,
            expand_cam=False,
            normalize_cam=False,
        )
        theirs = np.asarray(found)[0]
        assert theirs.max() > 0
        ours = score_cam(features, image[0], label, read)
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


@pytest.fixture(scope="module")
def trained():
    """A MobileNet that stands for the trained one, read from no file."""

    entry = {"input_size": SIDE, "parameters": 1, "file": "none", "sha256": ""}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "published", lambda: {"mobilenet": entry})
        keras.utils.set_random_seed(2)
        model = weights.build(registry.spec("mobilenet"))
        calibrate(model, SIDE)
        values = model.get_weights()

        def load(name):
            copy = weights.build(registry.spec(name))
            copy.set_weights(values)
            return copy

        patch.setattr(drawing.weights, "load", load)
        yield load("mobilenet")


def test_weights_are_drawn_from_the_head_down_and_the_map_changes(trained):
    batch = pictures(2, SIDE, seed=50)
    layers = [layer for layer in trained.layers if layer.weights]
    changed = []
    for step in (STEPS[0], STEPS[2], STEPS[-1]):
        drawn = randomised("mobilenet", step, pictures(4, SIDE, seed=60))
        others = [layer for layer in drawn.model.layers if layer.weights]
        same = [
            all(map(np.array_equal, one.get_weights(), other.get_weights()))
            for one, other in zip(layers, others, strict=True)
        ]
        first = same.index(False)
        assert all(same[:first])
        assert not any(same[first:])
        changed.append(first)
        output = drawn.read(batch)
        assert np.isfinite(output.features).all()
        assert output.features.std() > 1e-3  # alive: the statistics were set anew
    assert changed[0] > changed[1] > changed[2] == 0


def test_maps_of_drawn_weights_are_other_maps(trained):
    batch = pictures(6, SIDE, seed=50)
    both = keras.Model(
        trained.inputs, [trained.get_layer("conv_pw_13_relu").output, trained.outputs[0]]
    )
    itself = Drawn(both, hires_cam(trained, "conv_pw_13_relu"))
    assert _correlations(itself, itself, batch) == pytest.approx(np.ones(6))
    for step in (STEPS[0], STEPS[-1]):
        drawn = randomised("mobilenet", step, batch)
        assert np.mean(_correlations(itself, drawn, batch)) < 0.9, step


def _correlations(trained, drawn, batch):
    before, after = trained.read(batch), drawn.read(batch)
    found = []
    for at, label in enumerate(before.logits.argmax(axis=1)):
        maps = [
            evidence("grad_cam", one.features[at], network.kernel, one.logits[at])[..., label]
            for network, one in ((trained, before), (drawn, after))
        ]
        found.append(rank_correlation(*maps))
    return np.array(found)


def test_another_head_changes_prediction_and_fine_map(trained):
    drawn = randomised("mobilenet", STEPS[-1], pictures(4, SIDE, seed=60))
    batch = pictures(2, SIDE, seed=50)
    before = drawn.attribute(batch, [0, 0])
    assert before.shape == (2, SIDE // 4, SIDE // 4)
    drawn.give(drawn.kernel[:, ::-1].copy())
    after = drawn.attribute(batch, [0, 0])
    assert np.abs(after - before).max() > 1e-3 * np.abs(before).max()
    np.testing.assert_allclose(drawn.attribute(batch, [3, 3]), before, rtol=1e-2, atol=1e-5)
