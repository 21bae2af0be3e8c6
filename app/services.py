"""The only place with Streamlit caches: networks, decoded scans, readings, drawn layers.

Cached by content hash and weights, so that a rerun never calls a network again. Caches live in
memory; no file name reaches them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import streamlit as st

from app import access_session, gate_texts, texts
from app.records import Row, Stressed
from ml import corruptions, display, io, pipeline
from ml.comparison import published as compared
from ml.errors import SulcusError
from ml.evaluation import gate_published, membership_published, published, published_trust
from ml.evaluation import published_explanations as explained
from ml.evaluation.drift import Distances, Drift, drift
from ml.inference import conflicts as contradictions
from ml.inference.engine import Engine
from ml.io import kept as kept_pictures
from ml.io.archive import is_zip
from ml.models import registry
from ml.results import Analysis, DisplayWindow, Heatmap, Refused, Scan, Segmentation

ROOT: Final = Path(__file__).resolve().parents[1]
SUMMARY_FILE: Path = ROOT / "assets" / "metrics" / "summary.json"
COMPARISON_FILE: Path = ROOT / "assets" / "metrics" / "comparison" / "comparison.json"
TRUST_FILE: Path = ROOT / "assets" / "metrics" / "trust.json"
GATE_FILE: Path = ROOT / "assets" / "metrics" / "gate.json"
MEMBERSHIP_FILE: Path = ROOT / "assets" / "metrics" / "membership.json"

MAX_SIDE: Final = 1280
"""Longest side of a picture sent to the browser; a larger scan is averaged down for display."""
STRESS_SIDE: Final = 320
"""Longest side of the small picture of a corrupted scan."""

T = TypeVar("T")


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
        AccessError: this reader had too many read within the last hour.
    """
    access_session.count(decoded.content_hash)
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
    return _fill_layer(_mask_key(read), colour, read.segmentation)


def outline(read: Analysis) -> str:
    """The mask's border as the data of an SVG path in scan pixels."""
    return _outline(_mask_key(read), read.segmentation)


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
    return kept(published.load, SUMMARY_FILE)


def trust() -> published_trust.TrustFigures:
    """The published figures of calibration, prediction sets and referral.

    Raises:
        MetricsError: they have not been computed, or their file is damaged.
    """
    return kept(published_trust.load, TRUST_FILE)


def comparison() -> compared.Comparison | None:
    """The published comparison of all networks; None where none was made.

    Raises:
        MetricsError: its file is damaged.
    """
    return kept(compared.load, COMPARISON_FILE) if COMPARISON_FILE.exists() else None


def membership() -> membership_published.MembershipFigures:
    """How well copies of training pictures are found.

    Raises:
        MetricsError: it has not been measured, or the file is damaged.
    """
    return kept(membership_published.load, MEMBERSHIP_FILE)


def gate() -> gate_published.GateFigures:
    """How often the gate refuses what.

    Raises:
        MetricsError: it has not been measured, or the file is damaged.
    """
    return kept(gate_published.load, GATE_FILE)


def conflicts(read: Analysis, least_heat_ratio: float) -> tuple[str, ...]:
    """Kinds of contradiction within a reading (`ml.inference.conflicts.KINDS`)."""
    return _conflicts(_key(read), least_heat_ratio, read)


@st.cache_data(show_spinner=False, max_entries=8)
def drifted(recent: Distances, known: Distances) -> Drift | None:
    """`ml.evaluation.drift.drift`, once for the same distances: a rerun changes none."""
    return drift(recent, known)


def kept(load: Callable[[Path], T], path: Path, *others: Path) -> T:
    """What is read from files, once for each state of them.

    Args:
        load: reads it, given `path`.
        path: file or folder.
        others: further files that it is read from.
    """
    changed = tuple(one.stat().st_mtime_ns if one.exists() else 0 for one in (path, *others))
    found: T = _kept(f"{load.__module__}.{load.__qualname__}", str(path), changed, load)
    return found


def explanations() -> explained.ExplanationFigures | None:
    """How well the heat maps point at a tumour; None where nobody measured it.

    Raises:
        MetricsError: the file is damaged.
    """
    return kept(explained.load, SUMMARY_FILE.with_name("explanations.json"))


def stressed(decoded: Scan, corruption: str, strength: int) -> Stressed:
    """What the networks say of a scan corrupted on purpose; kept apart from the real readings.

    Raises:
        WeightsError: a network's weights are missing or altered.
        AccessError: this reader had too many read within the last hour.
    """
    access_session.count(f"{decoded.content_hash}.{corruption}.{strength}")
    digest, version = decoded.content_hash, model_version()
    return _stressed(digest, version, corruption=corruption, strength=strength, _scan=decoded)


def _key(read: Analysis) -> str:
    return ":".join((read.scan.content_hash, *sorted(read.weights.values())))


def _mask_key(read: Analysis) -> str:
    return f"{_key(read)}:{read.segmentation.threshold}"


@st.cache_resource(show_spinner=False, max_entries=64)
def _decoded(content_hash: str, _data: bytes) -> Scan:
    if is_zip(_data):  # what was kept: an uploaded archive is opened as a series
        return kept_pictures.unpack(_data, content_hash)
    return io.read_scan(_data, content_hash)


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
    return display.levels(_scan, presets(_scan))


@st.cache_resource(show_spinner=False, max_entries=16)
def _kept(kind: str, path: str, changed: tuple[int, ...], _load: Callable[[Path], T]) -> T:  # noqa: ARG001
    return _load(Path(path))


@st.cache_data(show_spinner=False, max_entries=256)
def _conflicts(key: str, least: float, _read: Analysis) -> tuple[str, ...]:  # noqa: ARG001
    found = contradictions.evidence(contradictions.deciding(_read))
    return contradictions.conflicts(found, least)
