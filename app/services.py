"""The only place with Streamlit caches: networks, decoded scans, readings, drawn layers.

Cached by content hash and weights, so that a rerun never calls a network again. Caches live in
memory; no file name reaches them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import streamlit as st

from app import gate_texts, texts
from app.records import Row, Sample, Stressed
from ml import corruptions, display, io, pipeline
from ml.comparison import published as compared
from ml.errors import SulcusError
from ml.evaluation import gate_published, membership_published, published, published_trust
from ml.evaluation import published_shortcuts as shortcuts
from ml.inference.engine import Engine
from ml.models import registry
from ml.results import Analysis, DisplayWindow, Heatmap, Refused, Scan, Segmentation

ROOT: Final = Path(__file__).resolve().parents[1]
SUMMARY_FILE: Path = ROOT / "assets" / "metrics" / "summary.json"
COMPARISON_FILE: Path = ROOT / "assets" / "metrics" / "comparison" / "comparison.json"
TRUST_FILE: Path = ROOT / "assets" / "metrics" / "trust.json"
GATE_FILE: Path = ROOT / "assets" / "metrics" / "gate.json"
MEMBERSHIP_FILE: Path = ROOT / "assets" / "metrics" / "membership.json"
SAMPLES_FOLDER: Path = ROOT / "assets" / "samples"

MAX_SIDE: Final = 1280
"""Longest side of a picture sent to the browser; a larger scan is averaged down for display."""
STRESS_SIDE: Final = 320
"""Longest side of the small picture of a corrupted scan."""


def engine() -> Engine:
    """The engine that all sessions of this process share."""
    return pipeline.default_engine()


def model_version() -> str:
    """Digests of the registered weights in one string; changes when any network does."""
    return ":".join(registry.spec(name).sha256 for name in registry.installed())


def scan(content_hash: str, data: bytes) -> Scan:
    """The decoded scan.

    Raises:
        ScanError: the bytes cannot be read as one slice.
    """
    return _decoded(content_hash, data)


def analysis(decoded: Scan) -> Analysis | Refused:
    """What the networks say about a scan; each runs once for the same bytes and weights.

    Raises:
        WeightsError: a network's weights are missing or altered.
        MembershipError: the index of training pictures is missing or altered.
        GateError: what pictures are compared with is missing or altered.
    """
    return _analysis(decoded.content_hash, model_version(), decoded)


def row(content_hash: str, data: bytes) -> Row:
    """The line of one file in the table of readings; never raises a project error."""
    try:
        decoded = _decoded(content_hash, data)  # first: a bad file fails for its own reason
        return _row(content_hash, model_version(), decoded)
    except SulcusError as error:
        return Row(reason=str(error))


def raw_layer(decoded: Scan, center: float, width: float) -> str:
    """The scan's grey levels through a display window, as a PNG data URI."""
    return _raw_layer(decoded.content_hash, center, width, decoded)


def heat_layer(read: Analysis, heatmap: Heatmap) -> str:
    """A heat map in colours (see `ml.display.heat`), as a PNG data URI."""
    return _heat_layer(_key(read), heatmap.model, heatmap.label, heatmap)


def fill_layer(read: Analysis, colour: tuple[int, int, int]) -> str:
    """The mask as a filled area in one colour, as a PNG data URI."""
    return _fill_layer(_key(read), colour, read.segmentation)


def outline(read: Analysis) -> str:
    """The mask's border as the data of an SVG path in scan pixels."""
    return _outline(_key(read), read.segmentation)


def presets(decoded: Scan) -> tuple[DisplayWindow, ...]:
    """Display windows to choose from, the scan's default first."""
    return _presets(decoded.content_hash, decoded)


def levels(decoded: Scan) -> display.Levels:
    """Grey levels that the window sliders reach."""
    return _levels(decoded.content_hash, decoded)


def summary() -> published.Summary:
    """The published held-out figures.

    Raises:
        MetricsError: they have not been computed, or their file is damaged.
    """
    return _summary(str(SUMMARY_FILE), _changed(SUMMARY_FILE))


def trust() -> published_trust.TrustFigures:
    """The published figures of calibration, prediction sets and referral.

    Raises:
        MetricsError: they have not been computed, or their file is damaged.
    """
    return _trust(str(TRUST_FILE), _changed(TRUST_FILE))


def comparison() -> compared.Comparison | None:
    """The published comparison of all networks; None where none was made.

    Raises:
        MetricsError: its file is damaged.
    """
    if not COMPARISON_FILE.exists():
        return None
    return _comparison(str(COMPARISON_FILE), COMPARISON_FILE.stat().st_mtime_ns)


def membership() -> membership_published.MembershipFigures:
    """How well copies of training pictures are found.

    Raises:
        MetricsError: it has not been measured, or the file is damaged.
    """
    return _membership(str(MEMBERSHIP_FILE), _changed(MEMBERSHIP_FILE))


def gate() -> gate_published.GateFigures:
    """How often the gate refuses what.

    Raises:
        MetricsError: it has not been measured, or the file is damaged.
    """
    return _gate(str(GATE_FILE), _changed(GATE_FILE))


def shortcut_checks() -> tuple[shortcuts.Background | None, shortcuts.Robustness | None]:
    """What the background gives away, and what corruptions do; None where not measured.

    Raises:
        MetricsError: a file is damaged.
    """
    return (
        shortcuts.load_background(SUMMARY_FILE.with_name("background.json")),
        shortcuts.load_robustness(SUMMARY_FILE.with_name("robustness.json")),
    )


def stressed(decoded: Scan, corruption: str, strength: int) -> Stressed:
    """What the networks say of a scan corrupted on purpose; kept apart from the real readings.

    Raises:
        WeightsError: a network's weights are missing or altered.
    """
    digest, version = decoded.content_hash, model_version()
    return _stressed(digest, version, corruption=corruption, strength=strength, _scan=decoded)


def samples() -> tuple[Sample, ...]:
    """The simulated scans that ship with the project; none when the index is absent."""
    index = SAMPLES_FOLDER / "index.json"
    if not index.exists():
        return ()
    entries: list[Mapping[str, object]] = json.loads(index.read_text(encoding="utf-8"))["samples"]
    return tuple(
        Sample(texts.sample(entry), SAMPLES_FOLDER / Path(str(entry["file"])).name)
        for entry in entries
    )


def _changed(file: Path) -> int:
    """When a file was written, 0 without one: a rewritten file is read again."""
    return file.stat().st_mtime_ns if file.exists() else 0


def _key(read: Analysis) -> str:
    return ":".join((read.scan.content_hash, *sorted(read.weights.values())))


@st.cache_resource(show_spinner=False, max_entries=64)
def _decoded(content_hash: str, _data: bytes) -> Scan:  # noqa: ARG001  the hash is the key
    return io.read_scan(_data)


@st.cache_resource(show_spinner=False, max_entries=24)
def _analysis(content_hash: str, version: str, _scan: Scan) -> Analysis | Refused:  # noqa: ARG001
    return pipeline.analyse(_scan, engine())


@st.cache_data(show_spinner=False, max_entries=256)
def _stressed(
    content_hash: str,
    version: str,
    *,
    corruption: str,
    strength: int,
    _scan: Scan,
) -> Stressed:
    worse = corruptions.corrupted(_scan, corruption, strength=strength)
    read = (
        pipeline.analyse(worse, engine()) if strength else _analysis(content_hash, version, worse)
    )
    small = display.reduce(worse.pixels, STRESS_SIDE)
    grey = display.window(small, worse.window.center, worse.window.width)
    shown = None if isinstance(read, Refused) else tuple(read.mean.shown.tolist())
    return Stressed(shown, display.data_uri(grey))


@st.cache_data(show_spinner=False, max_entries=4096)
def _row(content_hash: str, version: str, _scan: Scan) -> Row:
    read = _analysis(content_hash, version, _scan)
    if isinstance(read, Refused):
        return Row(reason=gate_texts.sentence(read.refusal), refused=True)
    return Row(
        label=read.mean.label,
        confidence=read.mean.confidence,
        agreement=read.agreement,
        networks=len(read.classifications),
        size=texts.diameter(read.segmentation.measurement),
    )


@st.cache_data(show_spinner=False, max_entries=64)
def _raw_layer(content_hash: str, center: float, width: float, _scan: Scan) -> str:  # noqa: ARG001
    small = display.reduce(_scan.pixels, MAX_SIDE)
    return display.data_uri(display.window(small, center, width))


@st.cache_data(show_spinner=False, max_entries=128)
def _heat_layer(key: str, model: str, label: str, _heatmap: Heatmap) -> str:  # noqa: ARG001
    small = display.reduce(_heatmap.values, MAX_SIDE)
    return display.data_uri(display.heat(small))


@st.cache_data(show_spinner=False, max_entries=64)
def _fill_layer(key: str, colour: tuple[int, int, int], _found: Segmentation) -> str:  # noqa: ARG001
    small = display.reduce_mask(_found.mask, MAX_SIDE)
    return display.data_uri(display.fill(small, colour))


@st.cache_data(show_spinner=False, max_entries=64)
def _outline(key: str, _found: Segmentation) -> str:  # noqa: ARG001
    return display.svg_path(display.outline(_found.mask))


@st.cache_data(show_spinner=False, max_entries=64)
def _presets(content_hash: str, _scan: Scan) -> tuple[DisplayWindow, ...]:  # noqa: ARG001
    return display.presets(_scan)


@st.cache_data(show_spinner=False, max_entries=64)
def _levels(content_hash: str, _scan: Scan) -> display.Levels:  # noqa: ARG001
    return display.levels(_scan)


@st.cache_resource(show_spinner=False, max_entries=4)
def _comparison(path: str, changed: int) -> compared.Comparison:  # noqa: ARG001
    return compared.load(Path(path))


@st.cache_resource(show_spinner=False, max_entries=4)
def _trust(path: str, changed: int) -> published_trust.TrustFigures:  # noqa: ARG001
    return published_trust.load(Path(path))


@st.cache_resource(show_spinner=False, max_entries=4)
def _summary(path: str, changed: int) -> published.Summary:  # noqa: ARG001
    return published.load(Path(path))


@st.cache_resource(show_spinner=False, max_entries=4)
def _membership(path: str, changed: int) -> membership_published.MembershipFigures:  # noqa: ARG001
    return membership_published.load(Path(path))


@st.cache_resource(show_spinner=False, max_entries=4)
def _gate(path: str, changed: int) -> gate_published.GateFigures:  # noqa: ARG001
    return gate_published.load(Path(path))
