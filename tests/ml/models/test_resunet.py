"""The Res-U-Net: grids, the order of a residual unit, what its shortcuts do, and its size."""

from typing import Any

import keras
import numpy as np
import pytest

from ml.models.classifiers import BATCH_NORM_MOMENTUM
from ml.models.resunet import CHANNELS, build_resunet
from tests.ml.networks import calibrate, pictures

THIN = dict(zip(CHANNELS, (4, 4, 6, 6, 8), strict=True))
UNITS = ("down1", "down2", "down4", "down8", "bridge16", "up8", "up4", "up2", "up1")


@pytest.fixture
def thin() -> Any:
    keras.utils.set_random_seed(5)
    return build_resunet(channels=THIN)


# 50: no multiple of 16, so the doubled grids are cut
@pytest.mark.parametrize("size", [64, 96, 50])
def test_the_outline_has_the_size_of_its_picture(thin: Any, size: int) -> None:
    mask = thin(pictures(2, size, seed=0), training=False)
    assert tuple(mask.shape) == (2, size, size, 1)
    assert np.isfinite(np.asarray(mask)).all()


def test_the_network_is_flat_named_and_ends_in_logits(thin: Any) -> None:
    assert thin.name == "resunet"
    assert tuple(thin.input.shape) == (None, None, None, 1)
    assert not [layer.name for layer in thin.layers if isinstance(layer, keras.Model)]
    prefixes = {layer.name.split("_")[0] for layer in thin.layers}
    assert prefixes == {*UNITS, "image", "mask"}
    last = thin.layers[-1]
    assert last.name == "mask_logits"
    assert last.activation is keras.activations.linear


def test_names_do_not_depend_on_what_was_built_before() -> None:
    names = [[layer.name for layer in build_resunet(channels=THIN).layers] for _ in range(2)]
    assert names[0] == names[1]


def test_batch_norm_follows_short_runs(thin: Any) -> None:
    layers = [x for x in thin.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert len(layers) == 3 * len(UNITS) - 1, "two and the shortcut's; the picture has none"
    assert {layer.momentum for layer in layers} == {BATCH_NORM_MOMENTUM}


@pytest.mark.parametrize(
    ("layer", "stride"),
    [(f"down{s}_add", s) for s in (1, 2, 4, 8)]
    + [("bridge16_add", 16)]
    + [(f"up{s}_add", s) for s in (8, 4, 2, 1)],
)
def test_every_unit_has_its_grid_and_channels(layer: str, stride: int) -> None:
    found = build_resunet(size=96, channels=THIN).get_layer(layer).output
    assert tuple(found.shape) == (None, 96 // stride, 96 // stride, THIN[stride])


def test_a_unit_is_normalised_rectified_and_convolved_twice_beside_its_shortcut(thin: Any) -> None:
    order = [x.name for x in thin.layers if x.name.startswith("up4_") and "shortcut" not in x.name]
    parts = ("double", "crop", "join", "a_bn", "a_relu", "a_conv", "b_bn", "b_relu", "b_conv")
    assert order == [f"up4_{part}" for part in (*parts, "add")]
    joined = thin.get_layer("up4_join").output
    assert thin.get_layer("up4_a_bn").input is joined
    assert thin.get_layer("up4_shortcut").input is joined
    assert thin.get_layer("down1_a_conv").input is thin.input, "the first unit takes the picture"


def test_what_goes_past_a_unit_is_its_shortcut_alone(thin: Any) -> None:
    """With its second convolution at zero a unit is a projection of what comes in."""
    calibrate(thin, 64)
    for name in ("down4", "bridge16", "up2"):
        second = thin.get_layer(f"{name}_b_conv")
        second.set_weights([np.zeros_like(w) for w in second.get_weights()])
        ends = [thin.get_layer(f"{name}_{part}").output for part in ("add", "shortcut_bn")]
        both = keras.Model(thin.input, ends)(pictures(1, 64, seed=1))
        total, shortcut = (np.asarray(x) for x in both)
        assert np.abs(total).max() > 1e-3
        np.testing.assert_array_equal(total, shortcut)


def test_the_size_is_within_what_was_planned() -> None:
    assert 3e6 < build_resunet(size=160).count_params() < 8e6


def test_a_shortcut_takes_every_second_cell(thin: Any) -> None:
    ends = [thin.get_layer(name).output for name in ("down1_add", "down2_shortcut_drop")]
    # 25 cells: the last one has no neighbour and stays
    fine, coarse = keras.Model(thin.input, ends)(pictures(1, 25, seed=1), training=False)
    np.testing.assert_array_equal(np.asarray(coarse), np.asarray(fine)[:, ::2, ::2])
    assert not [
        layer.name
        for layer in thin.layers
        if isinstance(layer, keras.layers.Conv2D)
        and layer.kernel_size == (1, 1)
        and layer.strides != (1, 1)
    ], "the gradient of such a layer writes past its memory"


def test_steps_lower_the_loss_at_every_size() -> None:
    from ml.training.losses import OutlineLoss

    keras.utils.set_random_seed(5)
    model = build_resunet(channels=THIN)
    model.compile(
        keras.optimizers.Adam(1e-2), loss=OutlineLoss(), jit_compile=False, run_eagerly=True
    )
    for size in (32, 50):
        batch = pictures(4, size, seed=0)
        truth = (batch > 0.7).astype(np.float32)
        losses = []
        for _ in range(3):
            model.reset_metrics()
            losses.append(float(model.train_on_batch(batch, truth)))
        assert losses[0] > losses[1] > losses[2]


def test_a_change_in_the_picture_changes_the_mask_there_most(thin: Any) -> None:
    calibrate(thin, 64)
    plain = pictures(1, 64, seed=3)
    changed = plain.copy()
    changed[0, 40:44, 20:24] = 1.0 - changed[0, 40:44, 20:24]
    before, after = (np.asarray(thin(x, training=False))[0, ..., 0] for x in (plain, changed))
    difference = np.abs(after - before)
    row, column = np.unravel_index(int(difference.argmax()), difference.shape)
    assert difference.max() > 1e-3
    assert 34 <= row < 50
    assert 14 <= column < 30


def test_sides_below_the_coarsest_cell_are_refused() -> None:
    with pytest.raises(ValueError, match="side of 8 px is too small; the least is 16 px"):
        build_resunet(size=8)


def test_other_strides_are_refused() -> None:
    with pytest.raises(ValueError, match="for strides 1, 2; they are needed for 1, 2, 4, 8, 16"):
        build_resunet(channels={1: 4, 2: 4})
