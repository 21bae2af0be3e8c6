"""What may lie in the repository: no picture of a patient, no file that grew too long."""

import json
import subprocess
from pathlib import Path

import pytest

from ml.io import read_scan
from ml.io.series import find_series

ROOT = Path(__file__).resolve().parents[1]
PICTURES = {
    *(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gif", ".bmp", ".webp"),
    *(".dcm", ".nii", ".gz", ".mat", ".npy", ".npz", ".h5", ".zip", ".tar"),
}
SCREENS = {Path("docs/screens/read.png"), Path("docs/screens/accuracy.png")}
"""Taken by `make screens` of one of the simulated samples (tests/e2e/test_screens.py)."""
LONGEST_FILE = 300


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, timeout=60
    )
    if listed.returncode:
        pytest.skip("this is no git clone: what is committed cannot be listed")
    return [Path(name) for name in listed.stdout.decode().split("\0") if name]


def test_every_picture_in_the_repository_is_a_simulated_one() -> None:
    pictures = [file for file in tracked() if file.suffix.lower() in PICTURES]
    index = json.loads((ROOT / "assets/samples/index.json").read_text())
    samples = {Path("assets/samples") / entry["file"] for entry in index["samples"]}
    stack = Path("assets/samples") / index["series"]["file"]
    assert set(pictures) == samples | SCREENS | {stack}
    for file in samples:
        assert read_scan((ROOT / file).read_bytes()).simulated, file
    (series,) = find_series([(ROOT / stack).read_bytes()]).series
    assert all(one.simulated for one in series.read().slices)


def test_no_data_file_hides_a_picture() -> None:
    """Embedded pictures would be long lines of base64 in a text file."""
    texts = [file for file in tracked() if file.suffix in {".json", ".csv", ".md", ".py", ".html"}]
    assert texts
    for file in texts:
        content = (ROOT / file).read_text(encoding="utf-8")
        assert "base64," + "iVBOR" not in content, file
        assert "base64," + "/9j/" not in content, file


def test_source_files_stay_short() -> None:
    sources = [
        file
        for file in tracked()
        if file.suffix in (".py", ".ts") and file.parts[0] in ("ml", "app", "tests")
    ]
    assert sources
    lengths = {
        str(file): len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in sources
    }
    assert {file: n for file, n in lengths.items() if n > LONGEST_FILE} == {}
