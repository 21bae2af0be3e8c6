"""The one door: a decoded scan goes through every network once and comes out as an `Analysis`.

Or as `Refused`, where the gate stops it: then there is nothing of an answer to show.

Steps, in order:
    1. one network input for each distinct input size;
    2. one forward pass a classifier: logits → probabilities, and the last feature map; a heat map
       that takes a backward pass is made when somebody looks at it (`ml.inference.heatmaps`);
    3. the gate, which stops pictures that are no brain MRI of a kind the networks know; for them
       nothing below is done;
    4. the mean of the classifiers' probabilities, the calibration of all of them, and the set of
       classes that the mean cannot rule out;
    5. one forward pass of the segmenter, its outline on the scan's pixels unless the mean reads
       no tumour, and the measurements;
    6. where a detector is installed and asked, one forward pass of it for the scan and its mirror
       image, and the boxes that both and the outline agree on (`ml.inference.fusion`);
    7. the scan looked up among the training pictures.

Screens, reports and batch rows read what comes out; nothing else runs a network on an upload.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml.inference.chosen import shared_engine
from ml.inference.clock import StepClock
from ml.inference.detect import lowest_score, marked
from ml.inference.engine import Engine, NetworkOutput
from ml.inference.explain import default_method
from ml.inference.fusion import agreed, both_views, voices
from ml.inference.gate import shipped_gate
from ml.inference.heatmaps import network_heatmaps
from ml.inference.membership import training_set
from ml.inference.segment import operating_point, segment
from ml.inference.trust import calibrate, load_trust
from ml.inference.turns import TURNS
from ml.labels import NO_TUMOR
from ml.models.registry import CLASSIFIERS, DETECTOR, SEGMENTER, installed, spec
from ml.preprocess import Framed, Prepared, fitted, framed
from ml.results import (
    Admission,
    Analysis,
    Classification,
    Detection,
    FloatArray,
    Heatmap,
    Refused,
    Scan,
    Segmentation,
)

__all__ = ["analyse", "analyse_many", "default_engine", "every_box", "read_all", "softmax"]

MEAN = "mean"
"""Name of the ensemble in `Classification.model`."""


def analyse(scan: Scan, engine: Engine) -> Analysis | Refused:
    """Read one scan with every network, one forward pass each.

    Args:
        scan: decoded slice, any size.
        engine: what runs the networks.

    Raises:
        WeightsError: a network's weights are missing or altered; no other answer replaces it.
        MetricsError: the file with the mask threshold cannot be used.
        MembershipError: the index of training pictures is missing or altered.
        GateError: what pictures are compared with is missing, altered or of other networks.
    """
    return analyse_many([scan], engine)[0]


@TURNS.first()
def analyse_many(
    scans: Sequence[Scan],
    engine: Engine,
    *,
    boxes: bool = True,
    frames: Sequence[Framed] = (),
) -> list[Analysis | Refused]:
    """Read several scans with one forward pass a network for all of them, in their turn.

    The answers are those of `analyse`, up to the rounding of float32 sums. Times are the
    batch's, divided by the number of scans.

    Args:
        scans: decoded slices, each of any size; none gives an empty list.
        engine: what runs the networks.
        boxes: let the detector look too; tables and whole series do not tell what it finds.
        frames: of the scans (`ml.preprocess.framed`), where they were made already.

    Raises:
        SulcusError: for the reasons of `analyse`.
    """
    if not scans:
        return []
    clock = StepClock(len(scans))
    classified = _classified(scans, engine, clock, frames)
    weights = {name: engine.fingerprint(name) for name in installed()}
    with clock("gate"):
        gate = shipped_gate()
        gate.check(weights)
        said = gate.answer(scans, list(classified.outputs.values()), classified.frames)
    passed = [i for i, answer in enumerate(said) if isinstance(answer, Admission)]
    read = _read(_only(classified, passed), engine, clock, boxes=boxes) if passed else []
    analyses = iter(read)
    return [
        replace(next(analyses), admission=answer, seconds=dict(clock.seconds), weights=weights)
        if isinstance(answer, Admission)
        else Refused(scan, answer, seconds=dict(clock.seconds), weights=weights)
        for scan, answer in zip(scans, said, strict=True)
    ]


def read_all(scans: Sequence[Scan], engine: Engine) -> list[Analysis]:
    """Read scans, one at least, without asking the gate; errors are those of `analyse_many`."""
    clock = StepClock(len(scans))
    return _read(_classified(scans, engine, clock), engine, clock)


def every_box(scans: Sequence[Scan], engine: Engine) -> list[tuple[Detection, ...]]:
    """Boxes on scans, one at least, down to a low score, for a precision-recall curve; no gate."""
    clock = StepClock(len(scans))
    found = _classified(scans, engine, clock)
    return _boxes(found, _outlined(found, engine, clock), engine)


def default_engine() -> Engine:
    """The engine this installation reads with, one for the whole process.

    Raises:
        EngineError: the environment asks for one that is not here.
    """
    return shared_engine()


def softmax(logits: FloatArray) -> FloatArray:
    """Logits (..., classes) → probabilities of the same shape, float32, summing to 1."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    raised = np.exp(shifted)
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)


Inputs = Mapping[int, Sequence[Prepared]]
"""Side of the network input → one prepared picture a scan."""


@dataclass(frozen=True)
class _Classified:
    """Scans with what the classifiers gave; `frames` are for the gate, which comes next."""

    scans: Sequence[Scan]
    inputs: Inputs
    outputs: Mapping[str, NetworkOutput]
    frames: Sequence[Framed] = ()


def _classified(
    scans: Sequence[Scan], engine: Engine, clock: StepClock, frames: Sequence[Framed] = ()
) -> _Classified:
    """Every scan prepared once for each distinct input size; a forward pass of each classifier."""
    with clock("preprocess"):
        frames = frames or [framed(scan.pixels) for scan in scans]
        sizes = sorted({spec(name).input_size for name in installed()})
        inputs = {size: [fitted(frame, size) for frame in frames] for size in sizes}
    outputs: dict[str, NetworkOutput] = {}
    for name in CLASSIFIERS:
        with clock(name):
            outputs[name] = engine.classify(name, _batch(inputs[spec(name).input_size]))
    return _Classified(scans, inputs, outputs, frames)


def _only(found: _Classified, kept: Sequence[int]) -> _Classified:
    """The scans at these places, with what was made of them."""
    return _Classified(
        scans=[found.scans[i] for i in kept],
        inputs={size: [prepared[i] for i in kept] for size, prepared in found.inputs.items()},
        outputs={
            name: NetworkOutput(output.logits[kept], output.features[kept])
            for name, output in found.outputs.items()
        },
    )


@dataclass(frozen=True)
class _Outlined:
    """What the classifiers and the segmenter say of each scan, before the calibration."""

    readings: Sequence[tuple[Classification, ...]]
    means: Sequence[Classification]
    outlines: Sequence[Segmentation]


def _outlined(found: _Classified, engine: Engine, clock: StepClock) -> _Outlined:
    """One forward pass of the segmenter; sizes on the scans' own pixels."""
    prepared = found.inputs[spec(SEGMENTER).input_size]
    with clock(SEGMENTER):
        tumour = engine.segment(_batch(prepared))
    logits = zip(*(found.outputs[name].logits for name in CLASSIFIERS), strict=True)
    readings = [tuple(map(_classification, CLASSIFIERS, of_scan)) for of_scan in logits]
    means = [_mean(of_scan) for of_scan in readings]
    with clock("measure"):
        point = operating_point(SEGMENTER)
        outlines = [
            segment(
                tumour[i],
                scan,
                crop=prepared[i].crop,
                model=SEGMENTER,
                point=point,
                tumour=1.0 - float(means[i].probabilities[NO_TUMOR]),
            )
            for i, scan in enumerate(found.scans)
        ]
    return _Outlined(readings, means, outlines)


def _read(
    found: _Classified, engine: Engine, clock: StepClock, *, boxes: bool = True
) -> list[Analysis]:
    """Everything after the gate: the mean, outline, boxes, heat maps, the look-up."""
    said = _outlined(found, engine, clock)
    boxed: list[tuple[Detection, ...] | None] = [None] * len(found.scans)
    if boxes and DETECTOR in installed():
        with clock(DETECTOR):
            least = lowest_score()
            boxed = [marked(all_of_it, least) for all_of_it in _boxes(found, said, engine)]
    with clock("heatmaps"):
        method = default_method()
        heatmaps = [_heatmaps(i, found, engine, method) for i in range(len(found.scans))]
    with clock("membership"):
        known = training_set()
        matches = [known.of(scan.pixels) for scan in found.scans]
    trust = load_trust()
    results = []
    for i, scan in enumerate(found.scans):
        classifications, mean, prediction_set = calibrate(said.readings[i], said.means[i], trust)
        results.append(
            Analysis(
                scan=scan,
                classifications=classifications,
                mean=mean,
                heatmaps=heatmaps[i],
                segmentation=said.outlines[i],
                membership=matches[i],
                detections=boxed[i],
                prediction_set=prediction_set,
            )
        )
    return results


def _batch(prepared: Sequence[Prepared]) -> FloatArray:
    """(N, S, S, 1) out of N prepared pictures (1, S, S, 1)."""
    return np.concatenate([one.image for one in prepared])


def _classification(name: str, logits: FloatArray) -> Classification:
    """One network's answer from its logits (4,)."""
    return Classification(model=name, probabilities=softmax(logits), logits=logits)


def _mean(readings: Sequence[Classification]) -> Classification:
    """Mean of the networks' probabilities, each with the same weight."""
    stacked = np.stack([reading.probabilities for reading in readings])
    return Classification(
        model=MEAN, probabilities=stacked.mean(axis=0, dtype=np.float64).astype(np.float32)
    )


def _heatmaps(
    index: int, found: _Classified, engine: Engine, method: str
) -> Mapping[str, Mapping[str, Heatmap]]:
    """[network][class] → heat map of scan number `index`, from the features that predicted."""
    return {
        name: network_heatmaps(
            name,
            found.inputs[spec(name).input_size][index],
            NetworkOutput(output.logits[index], output.features[index]),
            engine,
            shape=found.scans[index].shape,
            method=method,
        )
        for name, output in found.outputs.items()
    }


def _boxes(found: _Classified, said: _Outlined, engine: Engine) -> list[tuple[Detection, ...]]:
    """All boxes on every scan down to a low score, the best first."""
    prepared = found.inputs[spec(DETECTOR).input_size]
    views = both_views(_batch(prepared), engine.detect)
    return [
        agreed(voices(views, i, crop=one.crop, outline=said.outlines[i], mean=said.means[i]))
        for i, one in enumerate(prepared)
    ]
