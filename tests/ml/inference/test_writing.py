"""Letters in a picture: found where they stand, not where there are none."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from ml import phantom
from ml.errors import WritingError
from ml.evaluation.letters import FONTS
from ml.inference import writing
from ml.inference.writing import MOST_SLICES, Detector, in_slices, load, load_letters, look
from ml.io import read_scan
from ml.io.series import find_series

SAMPLES = Path(__file__).resolve().parents[3] / "assets" / "samples"
BRIGHT = 230


@cache
def head() -> np.ndarray:
    return phantom.draw("glioma", seed=3).pixels


def written(picture: np.ndarray, words: str, size: int, at: tuple[int, int]) -> np.ndarray:
    """The picture with words whose upper left corner is given as (row, column)."""
    inked, done = FONTS["simplex"](words, size), picture.astype(np.float32)
    part = done[at[0] : at[0] + inked.shape[0], at[1] : at[1] + inked.shape[1]]
    part += inked * (BRIGHT - part)
    return done


@pytest.mark.parametrize(
    ("size", "at", "third"), [(9, (6, 4), (0, 0)), (12, (236, 150), (2, 2)), (20, (4, 60), (0, 1))]
)
def test_a_name_is_found_where_it_stands(
    size: int, at: tuple[int, int], third: tuple[int, int]
) -> None:
    scan = read_scan((SAMPLES / "simulated_glioma_1.png").read_bytes())
    with_name = replace(scan, pixels=written(head(), "MILLER^J", size, at))
    detector = load()
    boxes = detector.find(with_name.pixels)
    assert boxes
    assert all(0 <= top < bottom <= 256 + 4 for top, _, bottom, _ in boxes)
    assert third in in_slices([with_name], detector)[1]
    assert detector.find(head()) == ()


def test_units_and_range_of_the_pixels_do_not_matter() -> None:
    picture = written(head(), "MILLER^J", 12, (6, 4))
    detector = load()
    assert detector.find(picture * 16 + 1000) == detector.find(picture) != ()


def test_a_large_picture_is_looked_at_smaller_and_a_tiny_one_not_at_all() -> None:
    enlarged = cv2.resize(head(), (1024, 1024), interpolation=cv2.INTER_CUBIC)
    large = written(enlarged, "MILLER^JANE", 30, (10, 10))
    (first, *_) = load().find(large)
    assert first[0] < 60
    assert list(look(np.zeros((20, 300), np.float32))) == []
    assert load().find(np.zeros((64, 64), np.float32)) == ()


def test_no_simulated_scan_is_warned_of() -> None:
    detector = load()
    for file in (*SAMPLES.glob("*.png"), *SAMPLES.glob("*.dcm")):
        assert in_slices([read_scan(file.read_bytes())], detector) == {}, file.name
    (series,) = find_series([(SAMPLES / "simulated_series.zip").read_bytes()]).series
    assert in_slices(series.read().slices, detector) == {}


def test_of_a_long_series_some_slices_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    class Marker(Detector):
        def find(self, pixels: np.ndarray) -> tuple[writing.Box, ...]:
            seen.append(float(pixels[0, 0]))
            return ((0, 0, 8, 8),) if pixels[0, 0] == 0 else ()

    scan = read_scan((SAMPLES / "simulated_glioma_1.png").read_bytes())
    slices = [replace(scan, pixels=np.full((64, 64), n, np.float32)) for n in range(100)]
    assert in_slices(slices, Marker(load_letters(), 0.0)) == {1: ((0, 0),)}
    assert len(seen) == MOST_SLICES
    assert (seen[0], seen[-1]) == (0.0, 99.0)


def test_what_is_missing_or_altered_is_said(tmp_path: Path) -> None:
    with pytest.raises(WritingError, match="missing"):
        load(tmp_path / "letters.safetensors")
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"no letters")
    with pytest.raises(WritingError, match="damaged"):
        load_letters(damaged)
    figures = tmp_path / "writing.json"
    with pytest.raises(WritingError, match="not known"):
        load(figures_file=figures)
    figures.write_text('{"limit": 1.0, "letters": {"sha256": "0"}}')
    with pytest.raises(WritingError, match="SHA-256 differs"):
        load(figures_file=figures)


def test_the_same_letters_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        writing.save_letters(load_letters(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
