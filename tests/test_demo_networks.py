"""What the guided demo says of its scans, held to the networks that are shipped."""

from functools import cache

import pytest

from app import samples
from app.demo_texts import CASES
from ml import pipeline, study
from ml.inference import conflicts
from ml.io import read_scan
from ml.io.series import find_series
from ml.labels import CLASSES
from ml.phantom import stack
from ml.results import Analysis, Refused

pytestmark = pytest.mark.weights

SLICES = [case for case in CASES if case.kind != "series"]


@cache
def answers() -> dict[str, Analysis | Refused]:
    """[kind of case] → what the networks say; all slices in one batch."""
    scans = [read_scan((samples.FOLDER / case.file).read_bytes()) for case in SLICES]
    read = pipeline.analyse_many(scans, pipeline.default_engine())
    return dict(zip((case.kind for case in SLICES), read, strict=True))


def analysed(kind: str) -> Analysis:
    read = answers()[kind]
    assert isinstance(read, Analysis), f"{kind} is refused"
    return read


def contradictions(read: Analysis) -> tuple[str, ...]:
    return conflicts.conflicts(conflicts.evidence(read), conflicts.least_heat_ratio())


def truth(kind: str) -> str:
    """The class that was drawn."""
    (file,) = (case.file for case in CASES if case.kind == kind)
    (entry,) = (one for one in samples.entries() if one["file"] == file)
    return str(entry["label"])


@pytest.mark.parametrize("label", CLASSES)
def test_a_clear_case_is_read_right_by_all_networks_alike(label: str) -> None:
    read = analysed(label)
    assert truth(label) == read.mean.label == label
    assert read.agreement == len(read.classifications) == 3
    assert read.prediction_set == (label,)
    assert contradictions(read) == ()
    assert bool(read.segmentation.measurement.area_px) == (label != "no_tumor")


def test_sizes_are_in_mm_where_the_demo_says_so() -> None:
    assert analysed("meningioma").scan.spacing_mm is not None
    assert analysed("glioma").scan.spacing_mm is None
    assert analysed("pituitary").scan.spacing_mm is None


def test_the_refusal_has_no_class() -> None:
    assert isinstance(answers()["refusal"], Refused)


def test_the_networks_of_the_disagreement_name_two_classes() -> None:
    read = analysed("disagreement")
    assert truth("disagreement") == "glioma"
    assert len({one.label for one in read.classifications}) == 2
    assert len(read.prediction_set or ()) != 1, "the answer is indeterminate"
    assert conflicts.NETWORKS_DISAGREE in contradictions(read)


def test_the_known_failure_is_wrong_in_all_networks_and_unwarned() -> None:
    read = analysed("failure")
    assert truth("failure") == "no_tumor"
    assert {one.label for one in read.classifications} == {"pituitary"}
    assert read.prediction_set == ("pituitary",)
    assert read.segmentation.measurement.area_px > 0
    assert contradictions(read) == ()


def test_the_series_shows_its_tumour_where_it_was_drawn() -> None:
    (series,) = find_series([(samples.FOLDER / stack.FILE).read_bytes()]).series
    found = study.read_study(series.read(), pipeline.default_engine())
    assert found.answer is not None
    assert found.answer.label == "glioma"
    first, last = stack.record()["tumour_slices"]
    high = [one.number for one in found.slices if (one.tumour or 0) >= 0.5]
    assert high == list(range(first, last + 1))
    assert found.highest + 1 in high


def test_the_demo_has_one_case_of_each_kind() -> None:
    kinds = [case.kind for case in CASES]
    assert sorted(kinds[:4]) == sorted(CLASSES)
    assert kinds[4:] == ["refusal", "disagreement", "failure", "series"]
