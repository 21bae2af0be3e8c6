"""A run that trains the detector: its own loss, batches and validation."""

from typing import Any

import numpy as np

from ml.datasets.boxes import boxes_of
from ml.evaluation.detection import DetectionRow, precisions
from ml.inference.detect import detections
from ml.labels import CLASSES
from ml.models.detector import build_detector
from ml.preprocess import Crop
from ml.training.config import Stage
from ml.training.corpus import UNKNOWN_TUMOUR, Corpus
from ml.training.detection import DetectionBatches, LearningDetector
from ml.training.runner import Run, jitted
from ml.training.validation import Validation, predict


class DetectionValidation(Validation):
    """Average precision on the validation part, one picture a near-duplicate cluster."""

    def __init__(
        self, corpus: Corpus, train: Corpus, task: Any, *, epochs: int, patience: int
    ) -> None:
        super().__init__(corpus, train, task, epochs=epochs, patience=patience)
        self.corpus = corpus.select(corpus.representative & corpus.has_mask)

    def figures(self) -> dict[str, float]:
        """Mean AP over the tumour types, and AP of any tumour."""
        assert self.at_size is not None
        rows = rows_of(self.at_size, predict(self.model, self.at_size.images))
        found = precisions(rows, np.ones((1, len(rows))))
        return {name: float(found[name][0]) for name in ("map50", "map50_95", "ap50_any")}

    def score(self, figures: dict[str, float]) -> float:
        """The bar's own figure; how well the boxes fit breaks its ties."""
        return figures["map50"] + 0.25 * figures["map50_95"]


def rows_of(corpus: Corpus, outputs: dict[str, Any]) -> list[DetectionRow]:
    """Prepared pictures (N, S, S) with the detector's outputs for them, in their own pixels."""
    side = int(corpus.images.shape[1])
    whole = Crop(0, 0, side)
    return [
        DetectionRow(
            id=str(corpus.paths[i]),
            group=str(corpus.groups[i]),
            label="tumor" if label == UNKNOWN_TUMOUR else CLASSES[label],
            split="validation",
            reference=boxes_of(corpus.masks[i] > 127),
            found=detections(
                outputs["boxes"][i], outputs["roi_logits"][i], crop=whole, shape=(side, side)
            ),
        )
        for i, label in enumerate(corpus.labels.tolist())
    ]


class DetectorRun(Run):
    """A run whose network brings its own loss, batches and validation."""

    validator = DetectionValidation

    def network_for(self, stage: Stage, classifier: Any, before: Any) -> Any:
        """The detector on the encoder, new at the first stage."""
        del stage
        if before.name == "detector":
            return before
        return build_detector(classifier, of=LearningDetector)

    def compile(self, stage: Stage, model: Any) -> None:
        """The optimiser of every run; the loss is the network's own."""
        super().compile(stage, model)
        model.label_smoothing = self.config.label_smoothing
        model.compile(model.optimizer, jit_compile=jitted())

    def batches(self, stage: Stage, model: Any, size: int) -> DetectionBatches:
        """Training batches at one size."""
        del model
        return DetectionBatches(self.train.resized(size), stage=stage, config=self.config)
