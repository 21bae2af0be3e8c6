"""AlexNet for one grey channel.

As published: five convolutions (96 of 11×11 at stride 4, unpadded; 256 of 5×5; 384, 384 and
256 of 3×3), ReLU after each; local response normalisation after the first two with
k = 2, n = 5, α = 1e-4, β = 0.75; overlapping max-pools (3×3 at stride 2) after the first,
second and fifth; two dense layers of 4096 with dropout 0.5; grey levels 0..255 less their mean
over the training pictures, the range at which the normalisation's constants act.

Not as published:
    - one input channel, hence 11×11×1 kernels in the first convolution;
    - four logits instead of 1000, softmax outside;
    - no split over two cards: the second, fourth and fifth convolution see all channels;
    - Glorot-uniform kernels and no bias at the start, in place of a deviation of 0.01 and biases
      of one in five layers: of the four pairings it alone learned eight pictures by heart within
      40 steps of AdamW (one seed), and our runs are far shorter than the paper's 90 epochs;
    - the side. The paper says 224, but its grids (55, 27, 13, 6) need 227. Where the stride of 4
      and the pools come out even are 227, 195, 163, 131, 99 and 67 pixels.

Reference: Krizhevsky et al. 2012, NeurIPS 25, doi:10.1145/3065386.
"""

from typing import Any

import keras
from keras import ops

MEAN_LEVEL = 0.268
"""Mean of the prepared training pictures of the clean split, on their scale 0..1."""


@keras.saving.register_keras_serializable(package="sulcus")
class LocalResponseNorm(keras.layers.Layer):  # type: ignore[misc]
    """Divides every activation by a power of its neighbour channels' energy.

    b_c = a_c / (k + α · Σ a_j²)^β, over the n channels j around c at the same place; channels
    outside the tensor count as zero. α is not divided by n, as in the paper's section 3.3.
    """

    k, alpha, beta, neighbours = 2.0, 1e-4, 0.75, 5

    def call(self, inputs: Any) -> Any:
        """(B, H, W, C) → the same shape."""
        reach, channels = self.neighbours // 2, inputs.shape[-1]
        squares = ops.pad(ops.square(inputs), ((0, 0), (0, 0), (0, 0), (reach, reach)))
        energy = squares[..., :channels]
        for shift in range(1, self.neighbours):
            energy = energy + squares[..., shift : shift + channels]
        return inputs * ops.power(self.k + self.alpha * energy, -self.beta)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Unchanged."""
        return input_shape


def _convolve(features: Any, index: int, filters: int, kernel: int, *, stride: int = 1) -> Any:
    features = keras.layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="valid" if stride > 1 else "same",
        name=f"conv{index}",
    )(features)
    return keras.layers.Activation("relu", name=f"conv{index}_relu")(features)


def _pool(features: Any, index: int) -> Any:
    return keras.layers.MaxPooling2D(3, strides=2, name=f"pool{index}")(features)


def alexnet_features(image: Any) -> Any:
    """Grey (B, S, S, 1) in 0..1 → "pool5" (B, s, s, 256); s is 6 for the published S of 227."""
    features = keras.layers.Rescaling(255.0, offset=-255.0 * MEAN_LEVEL, name="levels_less_mean")(
        image
    )
    features = _convolve(features, 1, 96, 11, stride=4)
    features = _pool(LocalResponseNorm(name="norm1")(features), 1)
    features = _convolve(features, 2, 256, 5)
    features = _pool(LocalResponseNorm(name="norm2")(features), 2)
    features = _convolve(features, 3, 384, 3)
    features = _convolve(features, 4, 384, 3)
    features = _convolve(features, 5, 256, 3)
    return _pool(features, 5)


def alexnet_head(features: Any) -> Any:
    """Flatten and the two hidden dense layers: (B, s, s, 256) → (B, 4096)."""
    features = keras.layers.Flatten(name="flatten")(features)
    for index in (6, 7):
        features = keras.layers.Dense(4096, name=f"fc{index}")(features)
        features = keras.layers.Activation("relu", name=f"fc{index}_relu")(features)
        features = keras.layers.Dropout(0.5, name=f"fc{index}_dropout")(features)
    return features
